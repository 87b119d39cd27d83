#include "tile.h"

#include "failure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef float Floats __attribute__((vector_size(WIDTH), may_alias));

typedef struct {
    void (*work)(size_t unit, int thread, void *context);
    void *context;
    size_t units;
    atomic_size_t next;
} Round;

typedef struct {
    Round *round;
    int thread;
    pthread_t handle;
} Member;

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
    shop->threads = threads;
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

static void *take_units(void *argument) {
    const Member *member = argument;
    Round *round = member->round;
    for (size_t unit; (unit = atomic_fetch_add(&round->next, 1)) < round->units;) {
        round->work(unit, member->thread, round->context);
    }
    return NULL;
}

void share(Workshop *shop, size_t units, void (*work)(size_t, int, void *), void *context) {
    Round round = {.work = work, .context = context, .units = units};
    const size_t threads = units < (size_t)shop->threads ? units : (size_t)shop->threads;
    Member *members = allocate(threads, sizeof *members);
    for (size_t thread = 0; thread < threads; thread++) {
        members[thread] = (Member){.round = &round, .thread = (int)thread};
        if (thread && pthread_create(&members[thread].handle, NULL, take_units, &members[thread])) {
            fail("cannot start %zu threads", threads);
        }
    }
    take_units(&members[0]);
    for (size_t thread = 1; thread < threads; thread++) {
        pthread_join(members[thread].handle, NULL);
    }
    free(members);
}

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

void multiply_rows(const float *from, size_t stride, size_t rows, const float *panel, size_t depth, float *sums) {
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
