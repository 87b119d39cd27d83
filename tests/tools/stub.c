/*
 * A libwhisper without whisper: exports what harness/worker/library.py calls, spins instead of computing, and goes
 * wrong on demand.
 *
 * At compile time: -DWITHOUT_ENCODE leaves a symbol out, -DNO_TOP=0 makes the default parameters unlike any release's.
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
 *   GGML_STUB_FA      only a context with this flash attention goes wrong in its encodes
 *   GGML_STUB_SPARE   so many encodes of a process go well first
 *   GGML_STUB_ONCE    a file: the fault strikes where it can be removed, once
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
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

struct context { bool flash_attn; int encodes; bool has_mel; };

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

int whisper_set_mel(struct context * context, const float * data, int length, int mels) {
    context->has_mel = true;
    return data || length || mels != 80;
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
    const char * side = getenv("GGML_STUB_FA");
    bool mine = !side || (side[0] == '1') == context->flash_attn;
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
    if (tokens[0] != 0 || past < 0 || threads < 1) {
        return 7;
    }
    work(context, 0.01 * count);
    return 0;
}

const char * whisper_bench_memcpy_str(int threads) {
    return threads == 1
        ? "memcpy:   10.00 GB/s (heat-up)\nmemcpy:   11.00 GB/s ( 1 thread)\nsum: 1\n"
        : "memcpy: 12.00 GB/s\nsum: 1\n";
}

const char * whisper_bench_ggml_mul_mat_str(int threads) {
    return threads ? "  64 x   64: Q4_0    12.3 GFLOPS (128 runs) | Q4_1    13.1 GFLOPS (128 runs)\n" : "";
}
