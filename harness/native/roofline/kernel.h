// What one thread does in one slot. No kernel allocates, and none reads a clock.

#ifndef ROOF_KERNEL_H
#define ROOF_KERNEL_H

#include <stddef.h>
#include <stdint.h>

// The vectors that the compiler was told to use: a name, floats per vector, and whether there is a fused multiply-add.
extern const char *const VECTOR;
extern const int FUSED;
int lanes(void);

// FP32 operations (a product and a sum are two) of `rounds` rounds of `multiply_add`.
uint64_t multiply_add_flop(uint64_t rounds);

// Independent a = a * x + y on all accumulators.
void multiply_add(uint64_t rounds);

// A chain of integer additions, each waiting for the one before: one cycle each. CHAIN of them per round.
enum { CHAIN = 64 };
void add_chain(uint64_t rounds);

// Reads every byte once. `bytes` is a multiple of BLOCK, `from` aligned to 64 bytes.
enum { BLOCK = 4096 };
void read_all(const void *from, size_t bytes);

#endif
