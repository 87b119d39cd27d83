// What is computed: a fixed spectrogram that looks like speech, and fixed tokens.

#ifndef REFERENCE_INPUT_H
#define REFERENCE_INPUT_H

#include "model.h"

enum { PROMPT = 4, TOKENS = 8 };

typedef struct {
    int32_t prompt[PROMPT], tokens[TOKENS];
    size_t prompted;
} Words;

// Begins a transcript without time stamps, in English where the vocabulary has several languages.
Words choose_words(int32_t vocabulary);

// `mels` x `frames` values from about -1 to 1.5, each band's after the other's.
void draw_mels(float *to, size_t mels, size_t frames);

#endif
