// A file of weights: what its head says, and its tensors. Every number in it is checked before it is used.

#ifndef REFERENCE_MODEL_H
#define REFERENCE_MODEL_H

#include <stddef.h>
#include <stdint.h>

// As in the file, in its order.
typedef struct {
    int32_t vocabulary, audio_context, audio_state, audio_heads, audio_layers;
    int32_t text_context, text_state, text_heads, text_layers, mels, type;
} Shape;

// `rows` of `columns` values each; the values of a row lie together.
typedef struct {
    const unsigned char *data;
    size_t columns, rows, row_bytes;
    uint32_t type;
    char name[64];
} Tensor;

typedef struct {
    Shape shape;
    Tensor *tensors;
    size_t count;
} Model;

// Gives up with a sentence if the file cannot be read or is damaged.
Model model_open(const char *path);

// The tensor of that name, which must have that many rows and columns.
const Tensor *model_tensor(const Model *model, const char *name, size_t rows, size_t columns);

// The values of one row.
void tensor_row(const Tensor *tensor, size_t row, float *to);

#endif
