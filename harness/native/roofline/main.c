// Measures the roof of a node and prints it as JSON lines: every slot, for others to summarise.
//
//   roof --threads 1,4 --bytes N --seconds S [--no-copy]
//
// --threads   thread counts, each measured by itself
// --bytes     of each array; a few times the last-level cache, or the cache is measured instead of the memory
// --seconds   for everything together; arrays are filled, and all is measured a few times, however long that takes
// --no-copy   leaves out the copy, and with it the second array
//
// {"kind": "probe", ...}                                     what was compiled in
// {"kind": K, "threads": T, "work": W, "wall_ns": [...], "cpu_ns": [...]}     per slot; CPU time of all threads together
// {"kind": "end"}
//
// The work of a slot: "peak"   FP32 operations, two for each multiply-add
//                     "clock"  cycles of one thread, right after each slot of "peak"
//                     "read"   bytes, each counted once
//                     "copy"   bytes read and bytes written

#include "kernel.h"
#include "team.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Slots are long against the clock's steps and the threads' meeting, but no longer than a few turns of the scheduler:
// where something else wants the CPU, some are still undisturbed.
static const uint64_t PEAK_NS = 5000000, CLOCK_NS = 500000;

// A slot takes a quarter of the arrays, the next one the next: a quarter comes back after all the others went by.
enum { SLICES = 4 };

enum { MAX_COUNTS = 64, MAX_THREADS = 4096, ROUNDS = 4, MIN_SLOTS = SLICES, MAX_SLOTS = 4000 };

typedef struct {
    int threads, slice;
    uint64_t rounds, clock_rounds;
    char *from, *to; // `to` is NULL without a copy
    size_t bytes;    // of each array
} Job;

typedef struct {
    Slot slots[MAX_SLOTS];
    int count;
} Series;

typedef struct {
    int counts[MAX_COUNTS], count, copy;
    size_t bytes;
    double seconds;
} Wish;

static void fail(const char *what) {
    fprintf(stderr, "roof: %s\n", what);
    exit(1);
}

static void compute(int thread, void *context) {
    (void)thread;
    multiply_add(((Job *)context)->rounds);
}

static void chain(int thread, void *context) {
    (void)thread;
    add_chain(((Job *)context)->clock_rounds);
}

typedef struct {
    size_t at, bytes;
} Part;

// The part of a slice that is a thread's own, in whole blocks.
static Part own(const Job *job, int thread, int slice) {
    const size_t blocks = job->bytes / SLICES / BLOCK, count = (size_t)job->threads, number = (size_t)thread;
    const size_t first = blocks * number / count, last = blocks * (number + 1) / count;
    return (Part){.at = ((size_t)slice * blocks + first) * BLOCK, .bytes = (last - first) * BLOCK};
}

// A page lies where it was first written: with the thread that is going to use it.
static void touch(int thread, void *context) {
    const Job *job = context;
    for (int slice = 0; slice < SLICES; slice++) {
        const Part part = own(job, thread, slice);
        memset(job->from + part.at, thread + 1, part.bytes);
        if (job->to) {
            memset(job->to + part.at, 0xff, part.bytes);
        }
    }
}

static void load(int thread, void *context) {
    const Job *job = context;
    const Part part = own(job, thread, job->slice);
    read_all(job->from + part.at, part.bytes);
}

static void copy(int thread, void *context) {
    const Job *job = context;
    const Part part = own(job, thread, job->slice);
    memcpy(job->to + part.at, job->from + part.at, part.bytes);
}

static void print_numbers(const char *name, const Series *series, int cpu) {
    printf(", \"%s\": [", name);
    for (int number = 0; number < series->count; number++) {
        const Slot slot = series->slots[number];
        printf("%s%llu", number ? ", " : "", (unsigned long long)(cpu ? slot.cpu_ns : slot.wall_ns));
    }
    printf("]");
}

static void print(const char *kind, int threads, uint64_t work, const Series *series) {
    printf("{\"kind\": \"%s\", \"threads\": %d, \"work\": %llu", kind, threads, (unsigned long long)work);
    print_numbers("wall_ns", series, 0);
    print_numbers("cpu_ns", series, 1);
    printf("}\n");
    fflush(stdout);
}

static uint64_t least_wall_ns(Team *team, Work work, Job *job) {
    uint64_t least = UINT64_MAX;
    for (int slot = 0; slot < 3; slot++) { // one that was interrupted must not pass for a long one
        const uint64_t wall_ns = team_slot(team, work, job).wall_ns;
        least = wall_ns < least ? wall_ns : least;
    }
    return least;
}

// Doubles `*rounds` until a slot is long enough.
static void stretch(Team *team, Work work, Job *job, uint64_t *rounds, uint64_t slot_ns) {
    for (*rounds = 64; *rounds < (uint64_t)1 << 40; *rounds *= 2) {
        const uint64_t wall_ns = least_wall_ns(team, work, job);
        if (wall_ns > slot_ns / 4) {
            *rounds = *rounds * slot_ns / wall_ns + 1;
            return;
        }
    }
    fail("the work takes no time: it was compiled away");
}

static void add(Series *series, Slot slot) {
    if (series->count < MAX_SLOTS) {
        series->slots[series->count++] = slot;
    }
}

// Both in turns: the clock before the core forgets how fast wide vectors let it run.
static void measure_peak(Team *team, Job *job, double seconds, Series *peak, Series *clock) {
    const uint64_t deadline_ns = now_ns() + (uint64_t)(seconds * 1e9);
    for (int done = 0; done < MIN_SLOTS || now_ns() < deadline_ns; done++) {
        add(peak, team_slot(team, compute, job));
        add(clock, team_slot(team, chain, job));
    }
}

static void measure_memory(Team *team, Job *job, double seconds, Work work, Series *series) {
    const uint64_t deadline_ns = now_ns() + (uint64_t)(seconds * 1e9);
    for (int done = 0; done < MIN_SLOTS || now_ns() < deadline_ns; done++) {
        job->slice = done % SLICES;
        add(series, team_slot(team, work, job));
    }
}

static char *map(size_t bytes) {
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (memory == MAP_FAILED) {
        fail("no memory for the arrays");
    }
#ifdef MADV_HUGEPAGE
    madvise(memory, bytes, MADV_HUGEPAGE); // the walk to a page is not what a memory can do
#endif
    return memory;
}

// Arithmetic gets a fifth of the time: its slots differ least. What disturbs comes and goes, so everything has its turn
// in every round.
static void measure(const Wish *wish, int threads) {
    static Series peak, clock, read, copied;
    peak.count = clock.count = read.count = copied.count = 0;
    double seconds = wish->seconds / wish->count;
    Team *team = team_new(threads);
    if (!team) {
        fail("cannot start the threads");
    }
    const uint64_t began_ns = now_ns();
    Job job = {.threads = threads, .bytes = wish->bytes, .from = map(wish->bytes)};
    job.to = wish->copy ? map(job.bytes) : NULL;
    team_slot(team, touch, &job);
    stretch(team, compute, &job, &job.rounds, PEAK_NS);
    stretch(team, chain, &job, &job.clock_rounds, CLOCK_NS);
    const double spent = (double)(now_ns() - began_ns) / 1e9;
    seconds = spent < seconds / 2 ? seconds - spent : seconds / 2;
    const double memory = seconds * 4 / 5 / ROUNDS / (job.to ? 2 : 1);
    for (int round = 0; round < ROUNDS; round++) {
        measure_peak(team, &job, seconds / 5 / ROUNDS, &peak, &clock);
        measure_memory(team, &job, memory, load, &read);
        if (job.to) {
            measure_memory(team, &job, memory, copy, &copied);
        }
    }
    print("peak", threads, multiply_add_flop(job.rounds) * (uint64_t)threads, &peak);
    print("clock", threads, job.clock_rounds * CHAIN, &clock);
    print("read", threads, job.bytes / SLICES, &read);
    if (job.to) {
        print("copy", threads, 2 * job.bytes / SLICES, &copied);
        munmap(job.to, job.bytes);
    }
    munmap(job.from, job.bytes);
    team_free(team);
}

static void parse_counts(Wish *wish, const char *text) {
    char *end;
    for (wish->count = 0; *text && wish->count < MAX_COUNTS; text = *end ? end + 1 : end) {
        const long count = strtol(text, &end, 10);
        if (end == text || count < 1 || count > MAX_THREADS) {
            fail("--threads: not a list of numbers");
        }
        wish->counts[wish->count++] = (int)count;
    }
}

static Wish parse(int argc, char **argv) {
    Wish wish = {.counts = {1}, .count = 1, .copy = 1, .bytes = (size_t)1 << 28, .seconds = 4};
    for (int at = 1; at < argc; at++) {
        const char *value = at + 1 < argc ? argv[at + 1] : "";
        if (!strcmp(argv[at], "--no-copy")) {
            wish.copy = 0;
        } else if (!strcmp(argv[at], "--threads")) {
            parse_counts(&wish, value);
            at++;
        } else if (!strcmp(argv[at], "--bytes")) {
            wish.bytes = (size_t)strtoull(value, NULL, 10) / (SLICES * BLOCK) * (SLICES * BLOCK);
            at++;
        } else if (!strcmp(argv[at], "--seconds")) {
            wish.seconds = strtod(value, NULL);
            at++;
        } else {
            fail("usage: roof --threads N,N --bytes N --seconds S [--no-copy]");
        }
    }
    if (!wish.count || !(wish.seconds > 0 && wish.seconds < 1e6) || wish.bytes < (size_t)1 << 20) {
        fail("--threads, --bytes (1 MiB at least) and --seconds must be positive numbers");
    }
    return wish;
}

int main(int argc, char **argv) {
    const Wish wish = parse(argc, argv);
    printf("{\"kind\": \"probe\", \"vector\": \"%s\", \"lanes\": %d, \"fused\": %s, \"bytes\": %llu}\n", VECTOR,
           lanes(), FUSED ? "true" : "false", (unsigned long long)wish.bytes);
    for (int number = 0; number < wish.count; number++) {
        measure(&wish, wish.counts[number]);
    }
    printf("{\"kind\": \"end\"}\n");
    return 0;
}
