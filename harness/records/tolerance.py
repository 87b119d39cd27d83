"""How far the logits of an honest build may lie from a plain computation with the same weights, by the weights' type.

The plain computation uses the values in the file as they are, in float32. An honest build differs in how it rounds the
other operand of each product: to F16 where the weights are F16, to eight bits where they are quantised, however few
bits these have. docs/explanation/quality.md has what honest builds and planted faults were measured to show.
"""

from collections.abc import Mapping

# tiny and base show up to 1.5 %, with and without flash attention; rounding adds up over the layers, of which large has
# five times as many, and a GPU also rounds sums. A softmax whose scale is wrong by a twentieth makes 6.7 %.
_FLOAT = 0.05
# tiny and base show 2 to 4 %. A wrong constant of GELU makes 11 % and more.
_QUANTISED = 0.10
# Where 256 activations share one scale instead of 32, base shows 5 to 8.5 %, most with q2_k and q3_k.
_LARGE_BLOCKS = 0.20

TOLERANCES: Mapping[str, float] = {
    **dict.fromkeys(("f32", "f16"), _FLOAT),
    **dict.fromkeys(("q8_0", "q5_0", "q5_1", "q4_0", "q4_1"), _QUANTISED),
    **dict.fromkeys(("q6_k", "q5_k", "q4_k", "q3_k", "q2_k"), _LARGE_BLOCKS),
}
