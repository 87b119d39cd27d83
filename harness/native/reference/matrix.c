#include "matrix.h"

#include "failure.h"
#include "number.h"
#include "tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float EPSILON = 1e-5f;

static float gelu(float x) {
    const float root = 0.79788456080286535588f; // of 2 / pi
    return 0.5f * x * (1.0f + tanhf(root * x * (1.0f + 0.044715f * x * x)));
}

typedef struct {
    Workshop *shop;
    const Matrix *in;
    const Tensor *weight;
    const float *bias;
    Matrix *out;
    Use use;
} Product;

static void use_sums(const Product *product, const float *sums, size_t row, size_t rows, size_t column) {
    const size_t left = product->out->columns - column, columns = left < PANEL ? left : PANEL;
    for (size_t r = 0; r < rows; r++) {
        float *to = matrix_row(product->out, row + r) + column;
        for (size_t c = 0; c < columns; c++) {
            const float sum = sums[r * PANEL + c] + (product->bias ? product->bias[column + c] : 0);
            to[c] = product->use == ADD ? to[c] + sum : product->use == PUT_GELU ? gelu(sum) : sum;
        }
    }
}

// A unit is a panel: PANEL rows of the weights, which become its columns.
static void multiply_panel(size_t unit, int thread, void *context) {
    const Product *product = context;
    const Tensor *weight = product->weight;
    float *panel = product->shop->panels[thread], *values = product->shop->rows[thread];
    const size_t first = unit * PANEL;
    for (size_t column = 0; column < PANEL; column++) {
        if (first + column < weight->rows) {
            tensor_row(weight, first + column, values);
        } else {
            memset(values, 0, weight->columns * sizeof *values);
        }
        for (size_t n = 0; n < weight->columns; n++) {
            panel[n * PANEL + column] = values[n];
        }
    }
    float sums[ROWS * PANEL];
    for (size_t row = 0; row < product->in->rows; row += ROWS) {
        const size_t left = product->in->rows - row, rows = left < ROWS ? left : ROWS;
        multiply_rows(matrix_row(product->in, row), product->in->stride, rows, panel, weight->columns, sums);
        use_sums(product, sums, row, rows, first);
    }
}

static float *read_vector(const Tensor *tensor) {
    float *values = allocate(tensor->rows * tensor->columns, sizeof *values);
    read_values(tensor->type, tensor->data, values, tensor->rows * tensor->columns);
    return values;
}

void multiply(Workshop *shop, const Matrix *in, const Tensor *weight, const Tensor *bias, Matrix *out, Use use) {
    float *added = bias ? read_vector(bias) : NULL;
    Product product = {.shop = shop, .in = in, .weight = weight, .bias = added, .out = out, .use = use};
    share(shop, (weight->rows + PANEL - 1) / PANEL, multiply_panel, &product);
    free(added);
}

void normalise(const Matrix *in, const Tensor *weight, const Tensor *bias, Matrix *out) {
    float *factors = read_vector(weight), *summands = read_vector(bias);
    for (size_t row = 0; row < in->rows; row++) {
        const float *from = matrix_row(in, row);
        float *to = matrix_row(out, row);
        double sum = 0, squares = 0;
        for (size_t n = 0; n < in->columns; n++) {
            sum += (double)from[n];
        }
        const double mean = sum / (double)in->columns;
        for (size_t n = 0; n < in->columns; n++) {
            squares += ((double)from[n] - mean) * ((double)from[n] - mean);
        }
        const double factor = 1 / sqrt(squares / (double)in->columns + (double)EPSILON);
        for (size_t n = 0; n < in->columns; n++) {
            to[n] = (float)(((double)from[n] - mean) * factor) * factors[n] + summands[n];
        }
    }
    free(factors);
    free(summands);
}
