"""The groups of verbs that take the same settings."""

EXCHANGE = ("import", "export")
READ = ("runs", "show", "report", "compare")
# Those that choose runs by what is in them.
INDEX = ("runs", "compare")
RUN = ("run",)
TRIAL = ("ab", "calibrate")
JUDGE = (*TRIAL, "compare")
SWEEP = ("sweep",)
TUNE = ("tune",)
REPEAT = (*RUN, *SWEEP)
MEASURE = (*REPEAT, *TUNE, *TRIAL)
BUILD = (*MEASURE, "build")
COMPILE = (*BUILD, "roof")
WORK = (*COMPILE, "models")
KEEP = ("cache",)
ALL = (*WORK, "doctor", *EXCHANGE, *READ, *KEEP)
