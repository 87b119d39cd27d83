// Threads that begin a slot together; a slot lasts from the first beginning to the last end.

#ifndef ROOF_TEAM_H
#define ROOF_TEAM_H

#include <stdint.h>

typedef struct Team Team;
typedef void (*Work)(int thread, void *context);

// Nanoseconds that passed, and those of CPU time that all threads got together.
typedef struct {
    uint64_t wall_ns, cpu_ns;
} Slot;

// Returns NULL where the threads cannot be started.
Team *team_new(int threads);
void team_free(Team *team);

// Does `work` on every thread at once, the caller being thread 0.
Slot team_slot(Team *team, Work work, void *context);

// Monotonic nanoseconds.
uint64_t now_ns(void);

#endif
