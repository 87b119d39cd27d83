#include "tile.h"

#include <math.h>
#include <string.h>

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
