#include "failure.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void fail(const char *format, ...) {
    va_list words;
    va_start(words, format);
    fputs("reference: ", stderr);
    vfprintf(stderr, format, words);
    fputc('\n', stderr);
    va_end(words);
    exit(1);
}

void *allocate(size_t count, size_t size) {
    void *memory = NULL;
    if (count && size > (SIZE_MAX - 63) / count) {
        fail("there is not enough memory");
    }
    const size_t bytes = (count * size + 63) / 64 * 64;
    if (posix_memalign(&memory, 64, bytes ? bytes : 64)) {
        fail("there is not enough memory: %zu bytes more are needed", bytes);
    }
    memset(memory, 0, bytes);
    return memory;
}
