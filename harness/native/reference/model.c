#include "model.h"

#include "failure.h"
#include "number.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t MAGIC = 0x67676d6c;
// Much larger than any model that there is, and small enough that no product of them is too large for 64 bits.
enum { MOST_STATE = 16384, MOST_CONTEXT = 8192, MOST_LAYERS = 256, MOST_VOCABULARY = 1 << 20, MOST_MELS = 256 };
enum { MOST_TENSORS = 64 + 40 * MOST_LAYERS, FILTER_BINS = 201 };

typedef struct {
    const char *path;
    const unsigned char *data;
    size_t size, at;
} Reader;

static const unsigned char *take(Reader *reader, size_t bytes) {
    if (bytes > reader->size - reader->at) {
        fail("%s ends too early: it has %zu bytes, and %zu more are needed", reader->path, reader->size,
             bytes - (reader->size - reader->at));
    }
    const unsigned char *here = reader->data + reader->at;
    reader->at += bytes;
    return here;
}

static int32_t take_number(Reader *reader) {
    int32_t number;
    memcpy(&number, take(reader, sizeof number), sizeof number);
    return number;
}

static size_t take_count(Reader *reader, const char *what, int32_t most) {
    const int32_t count = take_number(reader);
    if (count < 0 || count > most) {
        fail("%s is damaged: it says that it has %ld %s", reader->path, (long)count, what);
    }
    return (size_t)count;
}

static Reader map(const char *path) {
    const int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) {
        fail("cannot read %s", path);
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) {
        fail("%s is not a file of weights", path);
    }
    void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (data == MAP_FAILED) {
        fail("cannot read %s", path);
    }
    close(file);
    return (Reader){.path = path, .data = data, .size = (size_t)status.st_size};
}

static void require(const char *path, const char *what, int32_t number, int32_t most) {
    if (number < 1 || number > most) {
        fail("%s is damaged: it says that %s is %ld", path, what, (long)number);
    }
}

static void require_heads(const char *path, int32_t state, int32_t heads) {
    if (state % heads) {
        fail("%s is damaged: %ld heads cannot share %ld values", path, (long)heads, (long)state);
    }
}

static void require_shape(const char *path, const Shape *shape) {
    require(path, "the size of its vocabulary", shape->vocabulary, MOST_VOCABULARY);
    require(path, "its audio context", shape->audio_context, MOST_CONTEXT);
    require(path, "its audio state", shape->audio_state, MOST_STATE);
    require(path, "its number of audio heads", shape->audio_heads, MOST_STATE);
    require(path, "its number of audio layers", shape->audio_layers, MOST_LAYERS);
    require(path, "its text context", shape->text_context, MOST_CONTEXT);
    require(path, "its text state", shape->text_state, MOST_STATE);
    require(path, "its number of text heads", shape->text_heads, MOST_STATE);
    require(path, "its number of text layers", shape->text_layers, MOST_LAYERS);
    require(path, "its number of mel bands", shape->mels, MOST_MELS);
    require_heads(path, shape->audio_state, shape->audio_heads);
    require_heads(path, shape->text_state, shape->text_heads);
    if (shape->audio_state != shape->text_state) {
        fail("%s is damaged: its encoder has %ld values a position, and its decoder expects %ld", path,
             (long)shape->audio_state, (long)shape->text_state);
    }
}

static void skip_filters_and_words(Reader *reader) {
    const size_t bands = take_count(reader, "mel bands", MOST_MELS);
    const size_t bins = take_count(reader, "filter bins", FILTER_BINS * 64);
    take(reader, bands * bins * sizeof(float));
    const size_t words = take_count(reader, "words", MOST_VOCABULARY);
    for (size_t word = 0; word < words; word++) {
        take(reader, take_count(reader, "bytes in a word", 1 << 20));
    }
}

// Three dimensions at most, the fastest first; all but the last are the columns of a row. A vector is one row.
static Tensor take_tensor(Reader *reader) {
    Tensor tensor = {.columns = 1, .rows = 1};
    const size_t dimensions = take_count(reader, "dimensions in a tensor", 4);
    const size_t length = take_count(reader, "letters in the name of a tensor", sizeof tensor.name - 1);
    tensor.type = (uint32_t)take_number(reader);
    for (size_t number = 0; number < dimensions; number++) {
        const int32_t size = take_number(reader);
        require(reader->path, "the size of a tensor", size, 1 << 24);
        const int is_last = number && number + 1 == dimensions;
        size_t *part = is_last ? &tensor.rows : &tensor.columns;
        if ((size_t)size > ((size_t)1 << 32) / *part) {
            fail("%s is damaged: a tensor is too large", reader->path);
        }
        *part *= (size_t)size;
    }
    memcpy(tensor.name, take(reader, length), length);
    for (size_t letter = 0; letter < length; letter++) {
        if (tensor.name[letter] < ' ' || tensor.name[letter] > '~') {
            fail("%s is damaged: the name of a tensor is not a word", reader->path);
        }
    }
    const Block block = block_of(tensor.type);
    if (!block.values) {
        fail("%s has weights of ggml's type %lu, which this program cannot read", reader->path,
             (unsigned long)tensor.type);
    }
    if (tensor.columns % block.values) {
        fail("%s is damaged: the rows of %s are no whole number of blocks", reader->path, tensor.name);
    }
    tensor.row_bytes = tensor.columns / block.values * block.bytes;
    tensor.data = take(reader, tensor.rows * tensor.row_bytes);
    return tensor;
}

Model model_open(const char *path) {
    Reader reader = map(path);
    if ((uint32_t)take_number(&reader) != MAGIC) {
        fail("%s is not a file of weights in ggml's format", path);
    }
    Model model = {.tensors = allocate(MOST_TENSORS, sizeof(Tensor))};
    memcpy(&model.shape, take(&reader, sizeof model.shape), sizeof model.shape);
    require_shape(path, &model.shape);
    skip_filters_and_words(&reader);
    while (reader.at < reader.size) {
        if (model.count == MOST_TENSORS) {
            fail("%s is damaged: it has too many tensors", path);
        }
        model.tensors[model.count++] = take_tensor(&reader);
    }
    return model;
}

const Tensor *model_tensor(const Model *model, const char *name, size_t rows, size_t columns) {
    for (size_t number = 0; number < model->count; number++) {
        const Tensor *tensor = &model->tensors[number];
        if (!strcmp(tensor->name, name)) {
            // A bias of a convolution is a column, in the file: one value in each row.
            const int is_vector = rows == 1 && tensor->columns * tensor->rows == columns;
            if (is_vector ? block_of(tensor->type).values != 1 : tensor->rows != rows || tensor->columns != columns) {
                fail("the weights are damaged: %s has %zu x %zu values, not %zu x %zu", name, tensor->rows,
                     tensor->columns, rows, columns);
            }
            return tensor;
        }
    }
    fail("the weights are damaged: %s is missing", name);
}

void tensor_row(const Tensor *tensor, size_t row, float *to) {
    read_values(tensor->type, tensor->data + row * tensor->row_bytes, to, tensor->columns);
}
