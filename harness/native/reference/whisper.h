// Whisper's encoder and decoder.

#ifndef REFERENCE_WHISPER_H
#define REFERENCE_WHISPER_H

#include "matrix.h"

// Whose threads compute what from which weights, and how many blank positions there seem to be after what was heard.
typedef struct {
    Workshop *shop;
    const Model *model;
    size_t blanks;
} Listener;

// What the encoder makes of a spectrogram of `mels` x 2 `audio_context` values, each band's after the other's.
Matrix encode(const Listener *listener, const float *mels);

// The logits after each of `count` tokens from the `first` on, with a column for each token of the vocabulary.
Matrix decode(const Listener *listener, const Matrix *heard, const int32_t *tokens, size_t count, size_t first);

#endif
