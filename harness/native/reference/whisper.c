#include "whisper.h"

#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A tensor of a part, such as "encoder.blocks.3" and "attn.query.weight".
static const Tensor *find(const Model *model, const char *part, const char *name, size_t rows, size_t columns) {
    char full[128];
    snprintf(full, sizeof full, "%s.%s", part, name);
    return model_tensor(model, full, rows, columns);
}

static void normalise_part(const Model *model, const char *part, const char *name, const Matrix *in, Matrix *out) {
    char weight[32], bias[32];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    normalise(in, find(model, part, weight, 1, in->columns), find(model, part, bias, 1, in->columns), out);
}

// in x weight^T + bias, if it has one.
static void apply(Workshop *shop, const Model *model, const char *part, const char *name, const Matrix *in,
                  Matrix *out, Use use) {
    char weight[48], bias[48];
    snprintf(weight, sizeof weight, "%s.weight", name);
    snprintf(bias, sizeof bias, "%s.bias", name);
    const int has_bias = !strstr(name, ".key"); // the keys of whisper have none
    multiply(shop, in, find(model, part, weight, out->columns, in->columns),
             has_bias ? find(model, part, bias, 1, out->columns) : NULL, out, use);
}

typedef struct {
    Workshop *shop;
    const Model *model;
    size_t heads, blanks;
    Matrix normal, query, key, value, mixed, wide;
} Stack;

static Stack stack_new(const Listener *listener, size_t rows, size_t heard, size_t state, size_t heads) {
    return (Stack){
        .shop = listener->shop,
        .model = listener->model,
        .heads = heads,
        .blanks = listener->blanks,
        .normal = matrix_new(rows, state),
        .query = matrix_new(rows, state),
        .key = matrix_new(heard, state),
        .value = matrix_new(heard, state),
        .mixed = matrix_new(rows, state),
        .wide = matrix_new(rows, 4 * state),
    };
}

static void stack_free(Stack *stack) {
    Matrix *all[] = {&stack->normal, &stack->query, &stack->key, &stack->value, &stack->mixed, &stack->wide};
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        matrix_free(all[n]);
    }
}

// Adds to `x` what it finds in itself, or in what was `heard`.
static void add_attention(Stack *stack, const char *part, const char *kind, Matrix *x, const Matrix *heard,
                          int causal) {
    char name[4][32];
    const char *const ends[] = {"query", "key", "value", "out"};
    for (int n = 0; n < 4; n++) {
        snprintf(name[n], sizeof name[n], "%s.%s", kind, ends[n]);
    }
    char norm[32];
    snprintf(norm, sizeof norm, "%s_ln", kind);
    normalise_part(stack->model, part, norm, x, &stack->normal);
    const Matrix *source = heard ? heard : &stack->normal;
    Matrix key = stack->key, value = stack->value;
    key.rows = value.rows = source->rows;
    apply(stack->shop, stack->model, part, name[0], &stack->normal, &stack->query, PUT);
    apply(stack->shop, stack->model, part, name[1], source, &key, PUT);
    apply(stack->shop, stack->model, part, name[2], source, &value, PUT);
    const size_t blanks = causal ? 0 : stack->blanks;
    const Attention attention = {&stack->query, &key, &value, &stack->mixed, stack->heads, blanks, causal};
    attend(stack->shop, &attention);
    apply(stack->shop, stack->model, part, name[3], &stack->mixed, x, ADD);
}

static void add_perceptron(Stack *stack, const char *part, Matrix *x) {
    normalise_part(stack->model, part, "mlp_ln", x, &stack->normal);
    apply(stack->shop, stack->model, part, "mlp.0", &stack->normal, &stack->wide, PUT_GELU);
    apply(stack->shop, stack->model, part, "mlp.2", &stack->wide, x, ADD);
}

// Three frames side by side, `step` frames apart from row to row, zero beyond both ends; a band's three lie together.
static Matrix unfold(const Matrix *in, size_t rows, size_t step) {
    Matrix out = matrix_new(rows, 3 * in->columns);
    for (size_t row = 0; row < rows; row++) {
        float *to = matrix_row(&out, row);
        for (size_t tap = 0; tap < 3; tap++) {
            const size_t frame = row * step + tap; // one later than the frame that is meant
            if (frame >= 1 && frame <= in->rows) {
                const float *from = matrix_row(in, frame - 1);
                for (size_t n = 0; n < in->columns; n++) {
                    to[3 * n + tap] = from[n];
                }
            }
        }
    }
    return out;
}

static Matrix convolve(Workshop *shop, const Model *model, const char *name, Matrix *in, size_t step) {
    const size_t rows = in->rows / step, state = (size_t)model->shape.audio_state;
    Matrix taps = unfold(in, rows, step), out = matrix_new(rows, state);
    matrix_free(in);
    apply(shop, model, "encoder", name, &taps, &out, PUT_GELU);
    matrix_free(&taps);
    return out;
}

static void add_positions(const Model *model, const char *part, size_t context, Matrix *x) {
    const Tensor *positions = find(model, part, "positional_embedding", context, x->columns);
    float *values = allocate(x->columns, sizeof *values);
    for (size_t row = 0; row < x->rows; row++) {
        tensor_row(positions, row, values);
        for (size_t n = 0; n < x->columns; n++) {
            matrix_row(x, row)[n] += values[n];
        }
    }
    free(values);
}

Matrix encode(const Listener *listener, const float *mels) {
    const Model *model = listener->model;
    const Shape *shape = &model->shape;
    const size_t context = (size_t)shape->audio_context, state = (size_t)shape->audio_state;
    Matrix frames = matrix_new(2 * context, (size_t)shape->mels);
    for (size_t frame = 0; frame < frames.rows; frame++) {
        for (size_t band = 0; band < frames.columns; band++) {
            matrix_row(&frames, frame)[band] = mels[band * frames.rows + frame];
        }
    }
    Matrix fine = convolve(listener->shop, model, "conv1", &frames, 1);
    Matrix x = convolve(listener->shop, model, "conv2", &fine, 2);
    add_positions(model, "encoder", context, &x);
    Stack stack = stack_new(listener, context, context, state, (size_t)shape->audio_heads);
    for (int layer = 0; layer < shape->audio_layers; layer++) {
        char part[32];
        snprintf(part, sizeof part, "encoder.blocks.%d", layer);
        add_attention(&stack, part, "attn", &x, NULL, 0);
        add_perceptron(&stack, part, &x);
    }
    normalise_part(model, "encoder", "ln_post", &x, &x);
    stack_free(&stack);
    return x;
}

Matrix decode(const Listener *listener, const Matrix *heard, const int32_t *tokens, size_t count, size_t first) {
    const Model *model = listener->model;
    const Shape *shape = &model->shape;
    const size_t state = (size_t)shape->text_state, vocabulary = (size_t)shape->vocabulary;
    const Tensor *embedding = find(model, "decoder", "token_embedding.weight", vocabulary, state);
    Matrix x = matrix_new(count, state);
    for (size_t n = 0; n < count; n++) {
        tensor_row(embedding, (size_t)tokens[n], matrix_row(&x, n));
    }
    add_positions(model, "decoder", (size_t)shape->text_context, &x);
    const size_t keys = heard->rows > count ? heard->rows : count;
    Stack stack = stack_new(listener, count, keys, state, (size_t)shape->text_heads);
    for (int layer = 0; layer < shape->text_layers; layer++) {
        char part[32];
        snprintf(part, sizeof part, "decoder.blocks.%d", layer);
        add_attention(&stack, part, "attn", &x, NULL, 1);
        add_attention(&stack, part, "cross_attn", &x, heard, 0);
        add_perceptron(&stack, part, &x);
    }
    normalise_part(model, "decoder", "ln", &x, &x);
    stack_free(&stack);
    const Matrix last = {matrix_row(&x, first), count - first, state, x.stride};
    Matrix logits = matrix_new(count - first, vocabulary);
    multiply(listener->shop, &last, embedding, NULL, &logits, PUT);
    matrix_free(&x);
    return logits;
}
