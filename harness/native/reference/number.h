// Numbers as ggml's files hold them: halves, and blocks of a few bits each.

#ifndef REFERENCE_NUMBER_H
#define REFERENCE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

// Values and bytes of a block; 0 values for a type that this program cannot read.
typedef struct {
    size_t values, bytes;
} Block;

Block block_of(uint32_t type);

// Writes `count` values, a multiple of the block's; `from` need not be aligned.
void read_values(uint32_t type, const unsigned char *from, float *to, size_t count);

#endif
