// A tile of a product, which stays in registers, and threads with scratch memory that compute one after the other.

#ifndef REFERENCE_TILE_H
#define REFERENCE_TILE_H

#include "matrix.h"

#include <stddef.h>

// GCC's and Clang's vector types compile to the widest instructions that the flags allow, on every architecture. A tile
// of ROWS x PANEL sums stays in registers.
#if defined(__AVX512F__)
enum { WIDTH = 64, ROWS = 12 };
#elif defined(__AVX__)
enum { WIDTH = 32, ROWS = 6 };
#elif defined(__aarch64__)
enum { WIDTH = 16, ROWS = 8 };
#else
enum { WIDTH = 16, ROWS = 6 };
#endif
enum { LANES = WIDTH / 4, PANEL = 2 * LANES };

// Query rows of a head that one thread takes at a time.
enum { QUERIES = 8 * ROWS };

// For each thread: a panel of PANEL columns, the values of a row, and the scores of QUERIES rows, `keys` apart.
struct Workshop {
    int threads;
    float **panels, **rows, **scores;
    size_t keys;
};

// Does all units of a piece of work, each on one of the threads, which live only as long: on a busy node, whoever runs
// does more, and nobody waits for a thread that has not begun.
void share(Workshop *shop, size_t units, void (*work)(size_t unit, int thread, void *context), void *context);

// sums[row * PANEL + column] = the sum over n < depth of from[row * stride + n] x panel[n * PANEL + column], for at most
// ROWS rows.
void multiply_rows(const float *from, size_t stride, size_t rows, const float *panel, size_t depth, float *sums);

#endif
