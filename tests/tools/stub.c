/*
 * A libwhisper without whisper: exports what harness/worker/library.py calls, spins instead of computing, and goes
 * wrong on demand.
 *
 * What it hears and reads becomes logits by the arithmetic that tests/stub.py repeats.
 *
 * At compile time: -DWITHOUT_ENCODE and -DWITHOUT_LOGITS leave a symbol out, -DNO_TOP=0 makes the default parameters
 * unlike any release's.
 *
 * At run time, by the environment:
 *   GGML_STUB_MS      milliseconds of an encode (2); a token of decoding takes a hundredth of that
 *   GGML_STUB_SLOW    flash attention takes so much longer (0.2: 20 %)
 *   GGML_STUB_PAGES   an encode touches so many new pages of memory (none), with flash attention more, as it takes longer
 *   GGML_STUB_FAULT   what goes wrong: refuse, empty, deaf (while weights are loaded; deaf: flash attention stays as it
 *                     was), chatty (prints to standard output), abort, hang, fail (in an encode), spin (a thread never
 *                     rests), halt (in an encode; see GGML_STUB_HALT)
 *   GGML_STUB_HALT    milliseconds for which the process is stopped; negative: the harness, too
 *   GGML_STUB_SAYS    what is logged while weights are loaded; GGML_STUB_LATER: in every encode
 *                     In logits: wrong (each stands one place further), unreal (one is no number)
 *   GGML_STUB_BLUR    logits of flash attention are off by at most so much (none)
 *   GGML_STUB_ENGLISH the weights know only English
 *   GGML_STUB_FA      only a context with this flash attention goes wrong in its encodes and logits
 *   GGML_STUB_SPARE   so many encodes of a process go well first
 *   GGML_STUB_ONCE    a file: the fault strikes where it can be removed, once
 */

#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef NO_TOP
#define NO_TOP -1
#endif

typedef void (*log_callback)(int level, const char * text, void * data);

struct params { /* struct whisper_context_params of include/whisper.h */
    bool use_gpu;
    bool flash_attn;
    int gpu_device;
    bool dtw_token_timestamps;
    int dtw_aheads_preset;
    int dtw_n_top;
    struct { size_t n_heads; const void * heads; } dtw_aheads;
    size_t dtw_mem_size;
};

/* A vocabulary of 50 tokens of text, the end of a text, and what stands before one. */
enum { VOCABULARY = 64, END = 50, START = 51, LANGUAGE = 52, TRANSCRIBE = 60, NO_TIMES = 61, POSITIONS = 448, WORDS = 6 };

struct context {
    bool flash_attn;
    int encodes;
    bool has_mel;
    uint32_t sound; /* what was heard, 0 for nothing */
    int tokens[POSITIONS];
    int count;
    float logits[VOCABULARY];
};

static log_callback logger;
static void * logger_data;

static void say(const char * text) {
    if (logger) {
        logger(2, text, logger_data);
    }
}

static double number(const char * name, double otherwise) {
    const char * word = getenv(name);
    return word ? atof(word) : otherwise;
}

static void recite(const char * name) {
    const char * text = getenv(name);
    if (text) {
        say(text);
        say("\n");
    }
}

static bool goes_wrong(const char * fault) {
    const char * wanted = getenv("GGML_STUB_FAULT");
    const char * once = getenv("GGML_STUB_ONCE");
    return wanted && !strcmp(wanted, fault) && (!once || unlink(once) == 0);
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void work(const struct context * context, double share) {
    double slow = context->flash_attn ? 1 + number("GGML_STUB_SLOW", 0) : 1;
    double end_ms = now_ms() + number("GGML_STUB_MS", 2) * share * slow;
    while (now_ms() < end_ms) {
    }
}

static void * spin(void * unused) {
    for (double end_ms = now_ms() + 60e3; now_ms() < end_ms;) {
    }
    return unused;
}

struct params * whisper_context_default_params_by_ref(void) {
    struct params * params = calloc(1, sizeof *params);
    params->use_gpu = true;
    params->dtw_n_top = NO_TOP;
    params->dtw_mem_size = 128 * 1024 * 1024;
    return params;
}

void whisper_free_context_params(struct params * params) {
    free(params);
}

void whisper_log_set(log_callback callback, void * data) {
    logger = callback;
    logger_data = data;
}

const char * whisper_version(void) {
    return "9.9.9";
}

const char * whisper_print_system_info(void) {
    return "WHISPER : COREML = 0 | OPENVINO = 0 | CPU : SSE3 = 1 | AVX = 1 | ";
}

struct context * whisper_init_from_file_with_params(const char * path, struct params params) {
    FILE * file = fopen(path, "rb");
    if (!file || goes_wrong("refuse")) {
        say("whisper_model_load: invalid model data (bad magic)\n");
        return NULL;
    }
    fclose(file);
    struct context * context = calloc(1, sizeof *context);
    context->flash_attn = params.flash_attn != goes_wrong("deaf");
    say(context->flash_attn ? "whisper_init: flash attn = 1\n" : "whisper_init: flash attn = 0\n");
    recite("GGML_STUB_SAYS");
    if (goes_wrong("empty")) {
        say("whisper_model_load: WARN no tensors loaded from model file - assuming empty model for testing\n");
    }
    if (goes_wrong("spin")) {
        pthread_t thread;
        pthread_create(&thread, NULL, spin, NULL);
    }
    return context;
}

void whisper_free(struct context * context) {
    say("whisper_free\n");
    free(context);
}

int whisper_model_n_mels(struct context * context) {
    return context ? 80 : 0;
}

int whisper_n_text_ctx(struct context * context) {
    return context ? 448 : 0;
}

static uint32_t mix(uint32_t sum, uint32_t word) {
    return (sum ^ word) * 16777619u;
}

static uint32_t digest(const float * values, size_t count) {
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, &values[i], sizeof word);
        sum = mix(sum, word);
    }
    return sum | 1;
}

int whisper_set_mel(struct context * context, const float * data, int length, int mels) {
    context->has_mel = true;
    context->sound = data ? digest(data, (size_t) length * mels) : 0;
    return !data != !length || mels != 80;
}

int whisper_pcm_to_mel(struct context * context, const float * samples, int count, int threads) {
    context->has_mel = true;
    context->sound = digest(samples, count);
    return threads < 1;
}

static bool is_meant(const struct context * context) {
    const char * side = getenv("GGML_STUB_FA");
    return !side || (side[0] == '1') == context->flash_attn;
}

#ifndef WITHOUT_ENCODE
/* New pages are counted by the kernel, one by one, however busy the computer is. */
static void touch(const struct context * context) {
    double slow = context->flash_attn ? 1 + number("GGML_STUB_SLOW", 0) : 1;
    size_t size = sysconf(_SC_PAGESIZE), count = number("GGML_STUB_PAGES", 0) * slow;
    if (count) {
        char * memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) {
#ifdef MADV_NOHUGEPAGE
            madvise(memory, count * size, MADV_NOHUGEPAGE);
#endif
            for (size_t i = 0; i < count; i++) {
                ((volatile char *) memory)[i * size] = 1;
            }
            munmap(memory, count * size);
        }
    }
}

/* A helper lets everybody go on who is stopped. */
static void halt(double ms) {
    pid_t whom[] = {getpid(), ms < 0 ? getppid() : getpid()};
    pid_t helper = fork();
    if (helper == 0) {
        setsid();
        for (int i = 0; i < 2; i++) {
            kill(whom[i], SIGSTOP);
        }
        usleep(1e3 * (ms < 0 ? -ms : ms));
        for (int i = 0; i < 2; i++) {
            kill(whom[i], SIGCONT);
        }
        _exit(0);
    }
    while (waitpid(helper, NULL, 0) < 0) {
    }
}

int whisper_encode(struct context * context, int offset, int threads) {
    bool mine = is_meant(context);
    if (!context->has_mel || offset || threads < 1) {
        return 7;
    }
    if (mine && ++context->encodes > (int) number("GGML_STUB_SPARE", 0)) {
        if (goes_wrong("chatty")) {
            printf("{\"ok\": true, \"command\": \"encode\", \"wall_ns\": 1}\nnot an answer\n");
            fflush(stdout);
        }
        if (goes_wrong("abort")) {
            abort();
        }
        if (goes_wrong("hang")) {
            sleep(600);
        }
        if (goes_wrong("halt")) {
            halt(number("GGML_STUB_HALT", 50));
        }
        if (goes_wrong("fail")) {
            return 3;
        }
    }
    recite("GGML_STUB_LATER");
    touch(context);
    work(context, 1);
    return 0;
}
#endif

int whisper_decode(struct context * context, const int * tokens, int count, int past, int threads) {
    if ((tokens[0] != 0 && !context->sound) || past < 0 || past + count > POSITIONS || threads < 1) {
        return 7;
    }
    memcpy(context->tokens + past, tokens, count * sizeof *tokens);
    context->count = past + count;
    work(context, 0.01 * count);
    return 0;
}

#ifndef WITHOUT_LOGITS
float * whisper_get_logits(struct context * context) {
    uint32_t sum = context->sound;
    int words = 0;
    for (int i = 0; i < context->count; i++) {
        sum = mix(sum, context->tokens[i]);
        words = context->tokens[i] == NO_TIMES ? 0 : words + 1;
    }
    int next = words < WORDS ? (int) (sum % END) : END;
    bool mine = is_meant(context), wrong = mine && goes_wrong("wrong"), unreal = mine && goes_wrong("unreal");
    for (int i = 0; i < VOCABULARY; i++) {
        uint32_t noise = mix(mix(sum, i), 40503u);
        double blur = context->flash_attn ? number("GGML_STUB_BLUR", 0) * ((noise >> 8 & 255) / 127.5 - 1) : 0;
        float logit = (noise >> 16) / 8192.0 - 4 + (i == next ? 8 : 0);
        context->logits[wrong ? (i + 1) % VOCABULARY : i] = unreal && i == 3 ? NAN : logit + blur;
    }
    return context->logits;
}
#endif

int whisper_n_vocab(struct context * context) {
    return context ? VOCABULARY : 0;
}

int whisper_is_multilingual(struct context * context) {
    return context && !getenv("GGML_STUB_ENGLISH");
}

int whisper_token_eot(struct context * context) {
    return context ? END : 0;
}

int whisper_token_sot(struct context * context) {
    return context ? START : 0;
}

int whisper_token_transcribe(struct context * context) {
    return context ? TRANSCRIBE : 0;
}

int whisper_token_not(struct context * context) {
    return context ? NO_TIMES : 0;
}

int whisper_token_lang(struct context * context, int language) {
    return context ? LANGUAGE + language : 0;
}

static const char * const languages[] = {"en", "de"};

int whisper_lang_id(const char * name) {
    for (int i = 0; i < 2; i++) {
        if (!strcmp(name, languages[i])) {
            return i;
        }
    }
    return -1;
}

const char * whisper_lang_str(int language) {
    return language < 2 ? languages[language] : NULL;
}

/* Half of all sounds are German. */
int whisper_lang_auto_detect(struct context * context, int offset_ms, int threads, float * likelihoods) {
    return context->sound && !offset_ms && threads > 0 && !likelihoods ? (int) (context->sound >> 1 & 1) : -1;
}

const char * whisper_bench_memcpy_str(int threads) {
    return threads == 1
        ? "memcpy:   10.00 GB/s (heat-up)\nmemcpy:   11.00 GB/s ( 1 thread)\nsum: 1\n"
        : "memcpy: 12.00 GB/s\nsum: 1\n";
}

const char * whisper_bench_ggml_mul_mat_str(int threads) {
    return threads ? "  64 x   64: Q4_0    12.3 GFLOPS (128 runs) | Q4_1    13.1 GFLOPS (128 runs)\n" : "";
}
