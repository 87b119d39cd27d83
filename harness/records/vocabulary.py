"""What metrics and the other columns of tables mean: docs/glossary.md and `harness explain` show it."""

from collections.abc import Mapping

_WORK = {
    "encode": "one pass of the encoder",
    "decode": "one single token",
    "batchd": "one token in a batch of 5",
    "prompt": "one token of a prompt",
}
_COUNTED = {
    "instructions": "hardware counter: instructions that {} takes, all threads together, without the kernel's",
    "cycles": "hardware counter: clock cycles of all threads during {}",
    "cache_misses": "hardware counter: accesses that missed the last level of cache during {}",
}
# By the name of the metric; which metrics there are is in `harness.records.measurement`.
METRIC_MEANINGS: Mapping[str, str] = {
    "encode": "one pass of the encoder over 30 s of (empty) audio",
    "decode": "256 single tokens, one after another",
    "batchd": "64 batches of 5 tokens",
    "prompt": "16 prompts of 256 tokens",
    "load": "reading the weights",
    "window": "modelled, never measured: one window of speech, encode + 100 x decode; `tune` minimises it",
    "rtf": "whisper-cli from audio to text, without loading the weights, over the length of the audio; below 1 is "
    "faster than speech",
    "latency": "whisper-server under load: the median time of a request, from the first byte sent to the last received",
    "latency_p95": "the time that 95 % of the requests to whisper-server did not exceed; the longest of fewer than 20",
    "speech_rate": "seconds of speech that whisper-server transcribed per second, for all clients together",
    "copy_rate": "bytes copied once, decimal; real traffic is twice that or more",
    "flop_rate": "square matrices, on the CPU backend, whatever else was built",
    "peak_flop_rate": "of the node: independent FP32 multiply-adds, two operations each, all threads together",
    "read_rate": "of the node: bytes read from memory, each counted once, all threads together",
    "clock_rate": "of the node: dependent additions of one thread, one a cycle",
    **{
        f"{call}_{counter}": meaning.format(work)
        for call, work in _WORK.items()
        for counter, meaning in _COUNTED.items()
    },
}

# Of tables for people; several words that mean the same are joined by commas.
COLUMNS: Mapping[str, str] = {
    "Th, threads": "the number of threads that computed",
    "FA, fa": "flash attention: 1 on, 0 off",
    "Config": "what the binary is: build type, instruction set, backend, compiler, CMake options",
    "Model": "the name of the weights, and how they are quantised",
    "baseline": "the median of the first of two sides: the one that the other is compared with",
    "contender": "the median of the second of two sides",
    "change": "the median of the contender over that of the baseline, less one; +2 % is slower for a time and faster "
    "for a rate",
    "interval": "the range in which the true value lies, as far as these data tell",
    "p": "how often chance alone would show a difference like this one if there were none; small speaks for a "
    "difference",
    "n": "how many values stand behind a number; of a comparison, blocks or days",
    "small": "behind a verdict: the difference is certain, but below the threshold, so it is not counted as relevant",
    "median": "the middle value: half of the values lie below it and half above",
    "spread": "how far apart the repetitions are: the largest less the smallest, over the median",
    "share": "a number over what this node can do at best, as its roofline was measured",
    "peak": "the most memory that a process took, in MB",
    "bits": "how much an item of a night is expected to tell, in bits; items with the most bits a minute come first",
    "fits": "whether an item of a night is expected to end within its budget",
    "points": "how many runs a series has",
    "measured": "when the newest point was measured",
    "not judged": "the two sides do not measure the same quantity, so there is no verdict",
    "counted": "what the hardware counted in the timed calls: instructions, clock cycles or cache misses",
    "instructions, cycles, cache misses, misses": "what a CPU counts while a program runs; only the program's own, "
    "without the kernel's",
    "per cycle": "instructions for each clock cycle",
    "more, less": "of what the hardware counted: the contender certainly has more of it, or less",
    "same": "of what the hardware counted: a difference as large as the threshold would have been seen",
    "WER, CER": "errors of a text: wrong, missing and extra words (characters) over those of the known text, "
    "both normalised; above 100 % where there are more errors than words",
    "top-1": "the share of a reference's tokens that are the most likely ones here, too",
    "own": "token agreement: one minus the edits between a reference's tokens and those that a program writes without "
    "its help, over their number",
    "KL": "the divergence of Kullback and Leibler from the reference, per token, in nats: 0 where all probabilities "
    "are the same",
    "log p": "the mean logarithm of the probability that the reference's tokens get, in nats: closer to 0 is better",
    "equal": "how many processes gave the same text and tokens as the first one, of how many",
    "alpha": "the chance of any false difference among all comparisons of one question",
}
