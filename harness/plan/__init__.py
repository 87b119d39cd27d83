"""What will be executed, and why; pure.

In: steps, their order, their placeholders, and the choices made before anything is started or between two steps.
Out: whatever judges what happened (`judge`). From floor 1 it imports `settings`, `build`, `whisper` and `stats`.
"""
