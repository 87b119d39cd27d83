#include "kernel.h"

// GCC's and Clang's vector types compile to the widest instructions that the flags allow, on every architecture.
// SVE alone has vectors whose width is known only at run time.
#if defined(__ARM_FEATURE_SVE) && !defined(__APPLE__)
#include <arm_sve.h>
#define SVE 1
typedef svfloat32_t Floats;
#elif defined(__AVX512F__)
enum { WIDTH = 64 };
#elif defined(__AVX__)
enum { WIDTH = 32 };
#else
enum { WIDTH = 16 };
#endif

#if defined(SVE)
const char *const VECTOR = "sve";
#elif defined(__AVX512F__)
const char *const VECTOR = "avx512";
#elif defined(__AVX__)
const char *const VECTOR = "avx";
#elif defined(__SSE__)
const char *const VECTOR = "sse";
#elif defined(__ARM_NEON)
const char *const VECTOR = "neon";
#else
const char *const VECTOR = "16 bytes";
#endif

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__FP_FAST_FMAF)
const int FUSED = 1;
#else
const int FUSED = 0;
#endif

#ifndef SVE
typedef float Floats __attribute__((vector_size(WIDTH)));
#endif

// Latency times pipes must be in flight: 2 x 5 on x86, 4 x 4 on large Arm cores, 2 x 9 on A64FX. Twelve accumulators
// and the two operands fit into sixteen registers, twenty-four of them into thirty-two.
#if (defined(__x86_64__) || defined(__i386__)) && !defined(__AVX512F__)
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
enum { ACCUMULATORS = 12 };
#else
#define EACH(DO)                                                                                                       \
    DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)                                          \
    DO(12) DO(13) DO(14) DO(15) DO(16) DO(17) DO(18) DO(19) DO(20) DO(21) DO(22) DO(23)
enum { ACCUMULATORS = 24 };
#endif

// Volatile, so that the compiler can neither compute anything beforehand nor see that accumulators are alike.
// a = a / 2 + 1 goes to 2: no overflow, and never a subnormal number.
static volatile float start = 1.0f, factor = 0.5f, summand = 1.0f;
static _Thread_local volatile float float_sink;
static _Thread_local volatile uint64_t integer_sink;

int lanes(void) {
#ifdef SVE
    return (int)svcntw();
#else
    return WIDTH / (int)sizeof(float);
#endif
}

uint64_t multiply_add_flop(uint64_t rounds) {
    return rounds * ACCUMULATORS * 2 * (uint64_t)lanes();
}

#ifdef SVE
#define SPREAD(value) svdup_f32(value)
#define STEP(n) a##n = svmla_f32_x(svptrue_b32(), y, a##n, x);
#define SUM(n) sum += svaddv_f32(svptrue_b32(), a##n);
#else
#define SPREAD(value) ((Floats){0} + (value))
#define STEP(n) a##n = a##n * x + y;
#define SUM(n) total += a##n;
#endif
#define BEGIN(n) Floats a##n = SPREAD(start);

void multiply_add(uint64_t rounds) {
    const Floats x = SPREAD(factor), y = SPREAD(summand);
    EACH(BEGIN)
    for (uint64_t round = 0; round < rounds; round++) {
        EACH(STEP)
    }
    float sum = 0; // of every lane, or the compiler could leave the others out
#ifdef SVE
    EACH(SUM)
#else
    Floats total = {0};
    EACH(SUM)
    for (int lane = 0; lane < lanes(); lane++) {
        sum += total[lane];
    }
#endif
    float_sink = sum;
}

// The empty statement hides the sum from the compiler, which would multiply instead.
#define ADD sum += step; __asm__ volatile("" : "+r"(sum));
#define ADD8 ADD ADD ADD ADD ADD ADD ADD ADD

void add_chain(uint64_t rounds) {
    static volatile uint64_t one = 1;
    const uint64_t step = one;
    uint64_t sum = one;
    for (uint64_t round = 0; round < rounds; round++) {
        ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8 ADD8
    }
    integer_sink = sum;
}

typedef uint64_t Words __attribute__((vector_size(64)));

void read_all(const void *from, size_t bytes) {
    const Words *at = __builtin_assume_aligned(from, 64);
    const Words *const end = at + bytes / sizeof(Words);
    Words a = {0}, b = {0}, c = {0}, d = {0};
    for (; at < end; at += 4) {
        a += at[0];
        b += at[1];
        c += at[2];
        d += at[3];
    }
    const Words sum = a + b + c + d;
    integer_sink = sum[0] ^ sum[1] ^ sum[2] ^ sum[3] ^ sum[4] ^ sum[5] ^ sum[6] ^ sum[7];
}
