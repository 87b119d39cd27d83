// The one way to give up: a plain sentence on stderr, and exit code 1.

#ifndef REFERENCE_FAILURE_H
#define REFERENCE_FAILURE_H

#include <stddef.h>

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Zeroed memory, aligned to 64 bytes; gives up where there is none.
void *allocate(size_t count, size_t size);

#endif
