"""From settings to requests: what a user asks for becomes a value here, in the first line of a command.

In: everything that looks a setting up by its name, and every refusal of what cannot be asked for.
Out: what is done with a request; below `commands` nobody sees `Settings`.
"""
