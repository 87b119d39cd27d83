// Matrices of floats, and what whisper computes with them: products, attention, norms. All by a team of threads.

#ifndef REFERENCE_MATRIX_H
#define REFERENCE_MATRIX_H

#include "model.h"

#include <stddef.h>

// `rows` of `columns` floats, `stride` apart.
typedef struct {
    float *data;
    size_t rows, columns, stride;
} Matrix;

Matrix matrix_new(size_t rows, size_t columns);
void matrix_free(Matrix *matrix);

static inline float *matrix_row(const Matrix *matrix, size_t row) {
    return matrix->data + row * matrix->stride;
}

// Threads, each with scratch memory of its own.
typedef struct Workshop Workshop;

// `columns` is the largest number of columns of weights, `keys` the largest number of positions that are attended to.
Workshop *workshop_new(int threads, size_t columns, size_t keys);

// What becomes of a product: it is put there, put there after a GELU, or added to what is there.
typedef enum { PUT, PUT_GELU, ADD } Use;

// out = in x weight^T + bias, used as said; `bias` may be NULL.
void multiply(Workshop *shop, const Matrix *in, const Tensor *weight, const Tensor *bias, Matrix *out, Use use);

// out = softmax(query x key^T / sqrt(size of a head)) x value, for each of the heads. If `causal`, no row sees a later
// one. `blanks` is a number of further keys and values that are zero: they take a part of the attention, and add nothing.
typedef struct {
    const Matrix *query, *key, *value;
    Matrix *out;
    size_t heads, blanks;
    int causal;
} Attention;

void attend(Workshop *shop, const Attention *attention);

// Each row minus its mean, over its standard deviation, times `weight`, plus `bias`.
void normalise(const Matrix *in, const Tensor *weight, const Tensor *bias, Matrix *out);

#endif
