#include "input.h"

// whisper's tables of tokens: the smallest vocabulary is English, the next has 99 languages, and larger ones more.
enum { ENGLISH = 51864, BEGIN = 50257, LANGUAGES = 99, TRANSCRIBE = 50358, NO_TIMES = 50362 };

// Words that begin a sentence of two clauses, with a comma.
static const int32_t TEXT[TOKENS] = {843, 523, 616, 5891, 3399, 11, 1265, 407};

Words choose_words(int32_t vocabulary) {
    Words words = {.prompted = 2, .prompt = {BEGIN, NO_TIMES}};
    if (vocabulary > ENGLISH) {
        const int32_t more = vocabulary - ENGLISH - 1, begin = BEGIN + 1; // languages beyond the first 99
        words = (Words){.prompted = 4, .prompt = {begin, begin + 1, TRANSCRIBE + 1 + more, NO_TIMES + 1 + more}};
    }
    for (size_t n = 0; n < TOKENS; n++) {
        words.tokens[n] = TEXT[n] % vocabulary; // small vocabularies exist in tests alone
    }
    for (size_t n = 0; n < words.prompted; n++) {
        words.prompt[n] %= vocabulary;
    }
    return words;
}

// From 0 to 1. Integers and powers of two alone: every compiler makes the same numbers.
static float draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) * 0x1p-24f;
}

// A sound between two pauses: it swells and fades, and has its strength in a few bands.
enum { FORMANTS = 4 };
typedef struct {
    float begin, end, strength, centre[FORMANTS], width[FORMANTS], part[FORMANTS];
} Sound;

static Sound draw_sound(uint64_t *state, float begin) {
    Sound sound = {.begin = begin + 2 + 12 * draw(state)};
    sound.end = sound.begin + 6 + 24 * draw(state);
    sound.strength = 0.9f + 0.9f * draw(state);
    for (int n = 0; n < FORMANTS; n++) {
        sound.centre[n] = ((float)n + draw(state)) / FORMANTS;
        sound.width[n] = 0.04f + 0.08f * draw(state);
        sound.part[n] = 1.0f - 0.2f * (float)n * draw(state);
    }
    return sound;
}

// A parabola that is 1 in the middle and 0 at a distance of 1, and farther away.
static float hump(float distance) {
    return distance > -1 && distance < 1 ? 1 - distance * distance : 0;
}

void draw_mels(float *to, size_t mels, size_t frames) {
    uint64_t state = 21;
    Sound sound = draw_sound(&state, 0);
    for (size_t frame = 0; frame < frames; frame++) {
        if ((float)frame > sound.end) {
            sound = draw_sound(&state, (float)frame);
        }
        const float middle = (sound.begin + sound.end) / 2, half = (sound.end - sound.begin) / 2;
        const float loud = sound.strength * hump(((float)frame - middle) / half);
        for (size_t band = 0; band < mels; band++) {
            float value = -0.7f + 0.2f * draw(&state);
            for (int n = 0; n < FORMANTS; n++) {
                value += loud * sound.part[n] * hump(((float)band / (float)mels - sound.centre[n]) / sound.width[n]);
            }
            to[band * frames + frame] = value;
        }
    }
}
