#include "number.h"

#include <math.h>
#include <string.h>

// The numbers of ggml's types. IQ and ternary types are left out: whisper-quantize does not make them.
enum { F32 = 0, F16 = 1, Q4_0 = 2, Q4_1 = 3, Q5_0 = 6, Q5_1 = 7, Q8_0 = 8 };
enum { Q2_K = 10, Q3_K = 11, Q4_K = 12, Q5_K = 13, Q6_K = 14 };
enum { SMALL = 32, LARGE = 256 };

Block block_of(uint32_t type) {
    switch (type) {
    case F32: return (Block){1, 4};
    case F16: return (Block){1, 2};
    case Q4_0: return (Block){SMALL, 18};
    case Q4_1: return (Block){SMALL, 20};
    case Q5_0: return (Block){SMALL, 22};
    case Q5_1: return (Block){SMALL, 24};
    case Q8_0: return (Block){SMALL, 34};
    case Q2_K: return (Block){LARGE, 84};
    case Q3_K: return (Block){LARGE, 110};
    case Q4_K: return (Block){LARGE, 144};
    case Q5_K: return (Block){LARGE, 176};
    case Q6_K: return (Block){LARGE, 210};
    default: return (Block){0, 0};
    }
}

// The exponent of a half, shifted into that of a float, is 112 too small; subnormal halves become subnormal floats.
static float read_half(const unsigned char *from) {
    const uint32_t half = (uint32_t)from[0] | (uint32_t)from[1] << 8;
    const uint32_t bits = (half & 0x7fff) << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    value = (half & 0x7c00) == 0x7c00 ? (half & 0x3ff ? NAN : INFINITY) : value * 0x1p112f;
    return half & 0x8000 ? -value : value;
}

// Four or five bits a value: the first half of the block in the lower halves of the bytes, the second in the upper ones.
// Types with a minimum add it; the others are centred.
static void read_small(uint32_t type, const unsigned char *block, float *to) {
    const int has_minimum = type == Q4_1 || type == Q5_1, has_fifth = type == Q5_0 || type == Q5_1;
    const float scale = read_half(block), minimum = has_minimum ? read_half(block + 2) : 0;
    const unsigned char *at = block + (has_minimum ? 4 : 2), *fifth = at;
    const int centre = has_minimum ? 0 : has_fifth ? 16 : 8;
    at += has_fifth ? 4 : 0;
    for (int n = 0; n < SMALL; n++) {
        int value = n < SMALL / 2 ? at[n] & 15 : at[n - SMALL / 2] >> 4;
        if (has_fifth) {
            value += (fifth[n / 8] >> n % 8 & 1) << 4;
        }
        to[n] = scale * (float)(value - centre) + minimum;
    }
}

static void read_eight(const unsigned char *block, float *to) {
    const float scale = read_half(block);
    for (int n = 0; n < SMALL; n++) {
        to[n] = scale * (float)(int8_t)block[2 + n];
    }
}

// Two bits of value `n` of a large block: 32 bytes hold 128 values, in four layers of two bits.
static int two_bits(const unsigned char *from, int n) {
    return from[n / 128 * 32 + n % 32] >> n % 128 / 32 * 2 & 3;
}

// Bit `n / 32` of one of 32 bytes.
static int one_bit(const unsigned char *from, int n) {
    return from[n % 32] >> n / 32 & 1;
}

// Four bits: 32 bytes hold 64 values, the first 32 in the lower halves.
static int four_bits(const unsigned char *from, int n) {
    return from[n / 64 * 32 + n % 32] >> n % 64 / 32 * 4 & 15;
}

static void read_two(const unsigned char *block, float *to) {
    const unsigned char *scales = block, *low = block + 16;
    const float scale = read_half(block + 80), minimum = read_half(block + 82);
    for (int n = 0; n < LARGE; n++) {
        const unsigned char pair = scales[n / 16];
        to[n] = scale * (float)(pair & 15) * (float)two_bits(low, n) - minimum * (float)(pair >> 4);
    }
}

// Scale `n` of sixteen has four bits in one of the first eight bytes, and two in one of the last four.
static int three_scale(const unsigned char *scales, int n) {
    const int low = scales[n % 8] >> n / 8 * 4 & 15, high = scales[8 + n % 4] >> n / 4 * 2 & 3;
    return (low | high << 4) - 32;
}

static void read_three(const unsigned char *block, float *to) {
    const unsigned char *high = block, *low = block + 32, *scales = block + 96;
    const float scale = read_half(block + 108);
    for (int n = 0; n < LARGE; n++) {
        const int value = two_bits(low, n) + 4 * one_bit(high, n) - 4;
        to[n] = scale * (float)three_scale(scales, n / 16) * (float)value;
    }
}

// Eight scales and eight minima of six bits in twelve bytes: the upper two bits of the last four stand in the first.
static int six_bits(const unsigned char *packed, int n, int is_minimum) {
    if (n < 4) {
        return packed[is_minimum ? n + 4 : n] & 63;
    }
    const int low = is_minimum ? packed[n + 4] >> 4 : packed[n + 4] & 15;
    return low | packed[is_minimum ? n : n - 4] >> 6 << 4;
}

static void read_four_or_five(const unsigned char *block, float *to, int has_fifth) {
    const float scale = read_half(block), minimum = read_half(block + 2);
    const unsigned char *packed = block + 4, *fifth = block + 16, *low = block + (has_fifth ? 48 : 16);
    for (int n = 0; n < LARGE; n++) {
        const int value = four_bits(low, n) + (has_fifth ? 16 * one_bit(fifth, n) : 0);
        const int step = six_bits(packed, n / 32, 0), base = six_bits(packed, n / 32, 1);
        to[n] = scale * (float)step * (float)value - minimum * (float)base;
    }
}

static void read_six(const unsigned char *block, float *to) {
    const unsigned char *low = block, *high = block + 128, *scales = block + 192;
    const float scale = read_half(block + 208);
    for (int n = 0; n < LARGE; n++) {
        // 64 bytes hold the lower four bits of 128 values: the first 64 in the lower halves.
        const int value = (low[n / 128 * 64 + n % 64] >> n % 128 / 64 * 4 & 15) | two_bits(high, n) << 4;
        to[n] = scale * (float)(int8_t)scales[n / 16] * (float)(value - 32);
    }
}

static void read_block(uint32_t type, const unsigned char *block, float *to) {
    switch (type) {
    case Q8_0: read_eight(block, to); return;
    case Q2_K: read_two(block, to); return;
    case Q3_K: read_three(block, to); return;
    case Q4_K: read_four_or_five(block, to, 0); return;
    case Q5_K: read_four_or_five(block, to, 1); return;
    case Q6_K: read_six(block, to); return;
    default: read_small(type, block, to);
    }
}

void read_values(uint32_t type, const unsigned char *from, float *to, size_t count) {
    const Block block = block_of(type);
    if (type == F32) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    if (type == F16) {
        for (size_t n = 0; n < count; n++) {
            to[n] = read_half(from + 2 * n);
        }
        return;
    }
    for (size_t n = 0; n < count; n += block.values, from += block.bytes) {
        read_block(type, from, to + n);
    }
}
