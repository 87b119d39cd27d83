// Computes what a build of whisper.cpp must compute from the same weights, and writes it to a file.
//
//   reference MODEL OUT [--threads N]
//
// The input is fixed: a spectrogram that looks like speech, and the tokens of a sentence. OUT begins with a line of
// JSON, with blanks up to a multiple of 64 bytes; then come little-endian floats: the spectrogram, each band's values
// after the other's, and for each token of the sentence, as the decoder foresees it, a row of logits for each number in
// "blank_keys". That is 0, and the number of zero positions which whisper.cpp attends to after those of the audio if
// flash attention is on, because it fills their number up to a multiple of 256.

#include "failure.h"
#include "input.h"
#include "matrix.h"
#include "whisper.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 1024, GRAIN = 64, LINE = 1024, FLASH_GRAIN = 256, VARIANTS = 2 };

typedef struct {
    FILE *file;
    const char *path;
    char temporary[4096];
} Output;

static void abandon(const Output *output) {
    const int reason = errno;
    unlink(output->temporary);
    fail("cannot write %s: %s", output->path, strerror(reason));
}

static void put(const Output *output, const void *from, size_t bytes) {
    if (fwrite(from, 1, bytes, output->file) != bytes) {
        abandon(output);
    }
}

// A file beside the one that is meant: its name says that it is not finished.
static Output begin(const char *path) {
    Output output = {.path = path};
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash + 1 - path) : 0;
    const int length = snprintf(output.temporary, sizeof output.temporary, "%.*s.%s.partial-%ld", folder, path,
                                path + folder, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof output.temporary) {
        fail("the path %s is too long", path);
    }
    output.file = fopen(output.temporary, "wb");
    if (!output.file) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    return output;
}

static void end(const Output *output) {
    if (fflush(output->file) || fsync(fileno(output->file)) || fclose(output->file) ||
        rename(output->temporary, output->path)) {
        abandon(output);
    }
}

static size_t add_numbers(char *line, size_t at, const char *name, const int32_t *numbers, size_t count) {
    at += (size_t)snprintf(line + at, LINE - at, "\"%s\": [", name);
    for (size_t n = 0; n < count; n++) {
        at += (size_t)snprintf(line + at, LINE - at, "%s%ld", n ? ", " : "", (long)numbers[n]);
    }
    return at + (size_t)snprintf(line + at, LINE - at, "]");
}

static size_t count_blanks(const Shape *shape) {
    const size_t context = (size_t)shape->audio_context;
    return (context + FLASH_GRAIN - 1) / FLASH_GRAIN * FLASH_GRAIN - context;
}

static void put_head(const Output *output, const Shape *shape, const Words *words) {
    char line[LINE];
    size_t at = (size_t)snprintf(line, LINE,
                                 "{\"format\": 1, \"kind\": \"check\", \"vocabulary\": %ld, \"mels\": %ld, "
                                 "\"frames\": %ld, \"blank_keys\": [0, %zu], \"made_by\": \"a plain computation in float32\", "
                                 "\"windows\": [{\"start_frame\": 0, ",
                                 (long)shape->vocabulary, (long)shape->mels, 2 * (long)shape->audio_context, count_blanks(shape));
    at = add_numbers(line, at, "prompt", words->prompt, words->prompted);
    at += (size_t)snprintf(line + at, LINE - at, ", ");
    at = add_numbers(line, at, "tokens", words->tokens, TOKENS);
    at += (size_t)snprintf(line + at, LINE - at, "}]}");
    const size_t whole = (at + GRAIN) / GRAIN * GRAIN;
    memset(line + at, ' ', whole - at);
    line[whole - 1] = '\n';
    put(output, line, whole);
}

static Matrix compute(const Listener *listener, const Words *words, const float *mels) {
    int32_t tokens[PROMPT + TOKENS];
    memcpy(tokens, words->prompt, words->prompted * sizeof *tokens);
    memcpy(tokens + words->prompted, words->tokens, (TOKENS - 1) * sizeof *tokens); // nothing follows the last one
    const size_t count = words->prompted + TOKENS - 1;
    if (count > (size_t)listener->model->shape.text_context) {
        fail("the weights have room for %ld tokens alone", (long)listener->model->shape.text_context);
    }
    Matrix heard = encode(listener, mels);
    Matrix logits = decode(listener, &heard, tokens, count, words->prompted - 1);
    matrix_free(&heard);
    return logits;
}

static void require_real(const Matrix *logits) {
    for (size_t row = 0; row < logits->rows; row++) {
        for (size_t n = 0; n < logits->columns; n++) {
            if (!isfinite(matrix_row(logits, row)[n])) {
                fail("the weights are damaged: what is computed from them is no number");
            }
        }
    }
}

static long parse_threads(int argc, char **argv) {
    char *rest = "";
    const long threads = argc == 5 && !strcmp(argv[3], "--threads") ? strtol(argv[4], &rest, 10) : argc == 3;
    if (threads < 1 || threads > MOST_THREADS || *rest) {
        fputs("usage: reference MODEL OUT [--threads N]\n", stderr);
        exit(2);
    }
    return threads;
}

int main(int argc, char **argv) {
    const long threads = parse_threads(argc, argv);
    const uint16_t probe = 1;
    if (!*(const unsigned char *)&probe) {
        fail("this program needs a little-endian machine");
    }
    const Model model = model_open(argv[1]);
    const Shape *shape = &model.shape;
    const size_t state = (size_t)shape->audio_state, mels = (size_t)shape->mels, context = (size_t)shape->audio_context;
    const size_t widest = 3 * mels > 4 * state ? 3 * mels : 4 * state;
    float *spectrogram = allocate(2 * context * mels, sizeof *spectrogram);
    draw_mels(spectrogram, mels, 2 * context);
    const Words words = choose_words(shape->vocabulary);
    Workshop *shop = workshop_new((int)threads, widest, context > PROMPT + TOKENS ? context : PROMPT + TOKENS);
    Matrix logits[VARIANTS];
    for (int variant = 0; variant < VARIANTS; variant++) {
        const Listener listener = {shop, &model, variant ? count_blanks(shape) : 0};
        logits[variant] = compute(&listener, &words, spectrogram);
        require_real(&logits[variant]);
    }
    const Output output = begin(argv[2]);
    put_head(&output, shape, &words);
    put(&output, spectrogram, 2 * context * mels * sizeof *spectrogram);
    for (size_t row = 0; row < TOKENS; row++) {
        for (int variant = 0; variant < VARIANTS; variant++) {
            put(&output, matrix_row(&logits[variant], row), logits[variant].columns * sizeof(float));
        }
    }
    end(&output);
    return 0;
}
