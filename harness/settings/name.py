"""Where settings are found, beside the command line. Completion imports this module, so it imports nothing."""

# The file in the current folder, unless --config or HARNESS_CONFIG names another.
FILE = "harness.toml"
# What the variables begin with.
PREFIX = "HARNESS_"
