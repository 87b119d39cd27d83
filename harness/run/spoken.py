"""What is said in private recordings is known while a run needs it, and is not kept in its bundle."""

import contextlib

from harness.errors import UnreadableError
from harness.plan.transcription import SAMPLE
from harness.records.run import Run
from harness.store.bundle import Bundle


def forget_texts(run: Run, bundle: Bundle) -> Run:
    """Return the run without the texts of the user's recordings, and rewrite the plan in its bundle without them.

    The sums of the recordings and digests of their texts stay, and so do the raw logs of whisper-cli.
    """
    own = {one.name for one in run.audio if one.text and one.name != SAMPLE}
    if not own:
        return run
    with contextlib.suppress(UnreadableError):
        plan = bundle.load_plan()
        steps = (step.replace(text="") if step.case and step.case.get("audio") in own else step for step in plan.steps)
        bundle.save_plan(plan.replace(steps=tuple(steps)))
    return run.replace(audio=tuple(one.replace(text="") if one.name in own else one for one in run.audio))
