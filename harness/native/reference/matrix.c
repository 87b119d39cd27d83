#include "matrix.h"

#include "failure.h"
#include "number.h"
#include "team.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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
typedef float Floats __attribute__((vector_size(WIDTH), may_alias));
enum { LANES = WIDTH / 4, PANEL = 2 * LANES };

// Query rows of a head that one thread takes at a time.
enum { QUERIES = 8 * ROWS };

static const float EPSILON = 1e-5f;

struct Workshop {
    Team *team;
    float **panels, **rows, **scores;
    size_t keys;
};

typedef struct {
    Workshop *shop;
    void (*work)(size_t unit, int thread, void *context);
    void *context;
    size_t units;
    atomic_size_t next;
} Round;

static size_t pad(size_t count) {
    return (count + LANES - 1) / LANES * LANES;
}

Matrix matrix_new(size_t rows, size_t columns) {
    // An odd number of cache lines: rows below each other do not compete for the same place in a cache.
    const size_t stride = (columns + 15) / 16 / 2 * 32 + 16;
    return (Matrix){.data = allocate(rows * stride, sizeof(float)), .rows = rows, .columns = columns, .stride = stride};
}

void matrix_free(Matrix *matrix) {
    free(matrix->data);
    matrix->data = NULL;
}

Workshop *workshop_new(int threads, size_t columns, size_t keys) {
    Workshop *shop = allocate(1, sizeof *shop);
    shop->team = team_new(threads);
    if (!shop->team) {
        fail("cannot start %d threads", threads);
    }
    shop->keys = pad(keys) + LANES;
    shop->panels = allocate((size_t)threads, sizeof *shop->panels);
    shop->rows = allocate((size_t)threads, sizeof *shop->rows);
    shop->scores = allocate((size_t)threads, sizeof *shop->scores);
    const size_t longest = columns > keys ? columns : keys;
    for (int thread = 0; thread < threads; thread++) {
        shop->panels[thread] = allocate(longest * PANEL, sizeof(float));
        shop->rows[thread] = allocate(longest, sizeof(float));
        shop->scores[thread] = allocate(QUERIES * shop->keys, sizeof(float));
    }
    return shop;
}

static void take_units(int thread, void *context) {
    Round *round = context;
    for (size_t unit; (unit = atomic_fetch_add(&round->next, 1)) < round->units;) {
        round->work(unit, thread, round->context);
    }
}

static void share(Workshop *shop, size_t units, void (*work)(size_t, int, void *), void *context) {
    Round round = {.shop = shop, .work = work, .context = context, .units = units};
    team_slot(shop->team, take_units, &round);
}

// sums[row][column] = the sum over n < depth of from[row * stride + n] x panel[n * PANEL + column], for ROWS x PANEL.
static void multiply_tile(const float *from, size_t stride, const float *panel, size_t depth, float *sums) {
    Floats left[ROWS], right[ROWS];
    for (int row = 0; row < ROWS; row++) {
        left[row] = right[row] = (Floats){0};
    }
    for (size_t n = 0; n < depth; n++) {
        const Floats *values = (const Floats *)(panel + n * PANEL);
        const Floats first = values[0], second = values[1];
        for (int row = 0; row < ROWS; row++) {
            const float factor = from[(size_t)row * stride + n];
            left[row] += first * factor;
            right[row] += second * factor;
        }
    }
    for (int row = 0; row < ROWS; row++) {
        memcpy(sums + row * PANEL, &left[row], WIDTH);
        memcpy(sums + row * PANEL + LANES, &right[row], WIDTH);
    }
}

// As above for `rows` <= ROWS rows; those that are missing are computed from copies of the first.
static void multiply_rows(const float *from, size_t stride, size_t rows, const float *panel, size_t depth,
                          float *sums) {
    if (rows == ROWS) {
        multiply_tile(from, stride, panel, depth, sums);
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        Floats left = {0}, right = {0};
        for (size_t n = 0; n < depth; n++) {
            const Floats *values = (const Floats *)(panel + n * PANEL);
            left += values[0] * from[row * stride + n];
            right += values[1] * from[row * stride + n];
        }
        memcpy(sums + row * PANEL, &left, WIDTH);
        memcpy(sums + row * PANEL + LANES, &right, WIDTH);
    }
}

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

typedef struct {
    Workshop *shop;
    const Attention *attention;
    size_t head_size, blocks;
} AttentionTask;

static void score(const AttentionTask *task, size_t head, size_t row, size_t rows, int thread) {
    float *panel = task->shop->panels[thread], *scores = task->shop->scores[thread], sums[ROWS * PANEL];
    const Attention *attention = task->attention;
    const size_t size = task->head_size, keys = attention->key->rows;
    for (size_t first = 0; first < keys; first += PANEL) {
        const size_t columns = keys - first < PANEL ? keys - first : PANEL;
        for (size_t column = 0; column < PANEL; column++) {
            const float *key = matrix_row(attention->key, first + (column < columns ? column : 0)) + head * size;
            for (size_t n = 0; n < size; n++) {
                panel[n * PANEL + column] = key[n];
            }
        }
        for (size_t r = 0; r < rows; r += ROWS) {
            const size_t some = rows - r < ROWS ? rows - r : ROWS;
            const float *from = matrix_row(attention->query, row + r) + head * size;
            multiply_rows(from, attention->query->stride, some, panel, size, sums);
            for (size_t s = 0; s < some; s++) {
                memcpy(scores + (r + s) * task->shop->keys + first, sums + s * PANEL, columns * sizeof *sums);
            }
        }
    }
}

// The first `seen` scores become shares of one, the others nothing; blank keys have a score of zero.
static void soften(float *scores, size_t seen, const Attention *attention, float scale) {
    const size_t keys = attention->key->rows;
    float most = attention->blanks ? 0 : -INFINITY;
    for (size_t n = 0; n < seen; n++) {
        most = scores[n] > most ? scores[n] : most;
    }
    double total = attention->blanks ? (double)attention->blanks * exp((double)scale * -(double)most) : 0;
    for (size_t n = 0; n < seen; n++) {
        scores[n] = expf(scale * (scores[n] - most));
        total += (double)scores[n];
    }
    for (size_t n = 0; n < seen; n++) {
        scores[n] = (float)((double)scores[n] / total);
    }
    for (size_t n = seen; n < keys; n++) {
        scores[n] = 0;
    }
}

static void weigh(const AttentionTask *task, size_t head, size_t row, size_t rows, int thread) {
    float *panel = task->shop->panels[thread], *scores = task->shop->scores[thread], sums[ROWS * PANEL];
    const Attention *attention = task->attention;
    const size_t size = task->head_size, keys = attention->key->rows;
    for (size_t first = 0; first < size; first += PANEL) {
        const size_t columns = size - first < PANEL ? size - first : PANEL;
        for (size_t n = 0; n < keys; n++) {
            memset(panel + n * PANEL, 0, PANEL * sizeof *panel);
            memcpy(panel + n * PANEL, matrix_row(attention->value, n) + head * size + first, columns * sizeof *panel);
        }
        for (size_t r = 0; r < rows; r += ROWS) {
            const size_t some = rows - r < ROWS ? rows - r : ROWS;
            multiply_rows(scores + r * task->shop->keys, task->shop->keys, some, panel, keys, sums);
            for (size_t s = 0; s < some; s++) {
                float *to = matrix_row(attention->out, row + r + s) + head * size + first;
                memcpy(to, sums + s * PANEL, columns * sizeof *to);
            }
        }
    }
}

// A unit is a block of query rows of one head.
static void attend_block(size_t unit, int thread, void *context) {
    const AttentionTask *task = context;
    const Attention *attention = task->attention;
    const size_t head = unit / task->blocks, row = unit % task->blocks * QUERIES, keys = attention->key->rows;
    const size_t left = attention->query->rows - row, rows = left < QUERIES ? left : QUERIES;
    const float scale = 1.0f / sqrtf((float)task->head_size);
    score(task, head, row, rows, thread);
    for (size_t r = 0; r < rows; r++) {
        const size_t seen = attention->causal ? row + r + 1 : keys;
        soften(task->shop->scores[thread] + r * task->shop->keys, seen, attention, scale);
    }
    weigh(task, head, row, rows, thread);
}

void attend(Workshop *shop, const Attention *attention) {
    AttentionTask task = {.shop = shop, .attention = attention};
    task.head_size = attention->query->columns / attention->heads;
    task.blocks = (attention->query->rows + QUERIES - 1) / QUERIES;
    share(shop, attention->heads * task.blocks, attend_block, &task);
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
