"""From settings to requests: the first line of each command turns the settings into one value.

In: everything that looks up a setting by name, and every refusal of bad settings.
Out: what is done with a request; below `commands` nobody sees `Settings`.
"""
