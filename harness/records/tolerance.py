"""How far the logits of an honest build may lie from a plain computation with the same weights, by the weights' type.

The plain computation uses the values in the file as they are, in float32. An honest build differs in how it rounds the
other operand of each product: to F16 where the weights are F16, to eight bits where they are quantised. Such errors
average out over hundreds of products, those of a wrong kernel do not.
"""

from collections.abc import Mapping

# F16 weights: the other operand of each product is rounded to 11 bits, on AMX and GPUs as well.
_F16 = 0.05
# Eight bits: blocks of 32 values of the other operand share one scale, and each is rounded to 8 bits.
_Q8 = 0.08
# Fewer bits: the same rounding of the other operand; the values that are left are coarser, so single large ones weigh
# more.
_Q5 = 0.15
_Q4 = 0.25

TOLERANCES: Mapping[str, float] = {
    "f32": _F16,
    "f16": _F16,
    "q8_0": _Q8,
    "q6_k": _Q5,
    "q5_0": _Q5,
    "q5_1": _Q5,
    "q5_k": _Q5,
    "q4_0": _Q4,
    "q4_1": _Q4,
    "q4_k": _Q4,
    "q3_k": _Q4,
    "q2_k": _Q4,
}
