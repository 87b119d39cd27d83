#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
    Team *team;
    int number;
    pthread_t handle;
    uint64_t begin_ns, end_ns, cpu_ns;
} Member;

struct Team {
    int threads;
    Work work; // NULL sends the threads home
    void *context;
    atomic_int waiting;
    atomic_uint turn;
    Member *members;
};

static uint64_t read_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now_ns(void) {
    return read_ns(CLOCK_MONOTONIC);
}

// macOS has no pthread_barrier; and threads that sleep would wake one after the other.
static void meet(Team *team) {
    const unsigned turn = atomic_load(&team->turn);
    if (atomic_fetch_add(&team->waiting, 1) + 1 == team->threads) {
        atomic_store(&team->waiting, 0);
        atomic_fetch_add(&team->turn, 1);
        return;
    }
    for (unsigned spins = 0; atomic_load(&team->turn) == turn; spins++) {
        if (spins > 10000) {
            sched_yield(); // more threads than CPUs
        }
    }
}

static void take_part(Member *member) {
    Team *team = member->team;
    member->begin_ns = now_ns();
    const uint64_t cpu_ns = read_ns(CLOCK_THREAD_CPUTIME_ID);
    team->work(member->number, team->context);
    member->cpu_ns = read_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
    member->end_ns = now_ns();
}

static void *live(void *argument) {
    Member *member = argument;
    for (;;) {
        meet(member->team);
        if (!member->team->work) {
            return NULL;
        }
        take_part(member);
        meet(member->team);
    }
}

Team *team_new(int threads) {
    Team *team = calloc(1, sizeof *team);
    Member *members = calloc((size_t)threads, sizeof *members);
    if (!team || !members) {
        return NULL;
    }
    team->threads = threads;
    team->members = members;
    for (int number = 0; number < threads; number++) {
        members[number] = (Member){.team = team, .number = number};
        if (number && pthread_create(&members[number].handle, NULL, live, &members[number])) {
            return NULL; // the program ends
        }
    }
    return team;
}

void team_free(Team *team) {
    team->work = NULL;
    meet(team);
    for (int number = 1; number < team->threads; number++) {
        pthread_join(team->members[number].handle, NULL);
    }
    free(team->members);
    free(team);
}

Slot team_slot(Team *team, Work work, void *context) {
    team->work = work;
    team->context = context;
    meet(team);
    take_part(&team->members[0]);
    meet(team);
    uint64_t begin_ns = team->members[0].begin_ns, end_ns = team->members[0].end_ns, cpu_ns = 0;
    for (int number = 0; number < team->threads; number++) {
        const Member *member = &team->members[number];
        begin_ns = member->begin_ns < begin_ns ? member->begin_ns : begin_ns;
        end_ns = member->end_ns > end_ns ? member->end_ns : end_ns;
        cpu_ns += member->cpu_ns;
    }
    return (Slot){.wall_ns = end_ns - begin_ns, .cpu_ns = cpu_ns};
}
