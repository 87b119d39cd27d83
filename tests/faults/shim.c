/*
 * Lets system calls of one process fail, or kills it there, and writes down in which order they were made.
 *
 * By the environment, which its children do not inherit:
 *   SHIM_RULES   one a line: CALL NTH COUNT ERRNO PREFIX. The NTH call (from 1) under PREFIX and the COUNT - 1 after it
 *                fail with ERRNO; COUNT 0: all that follow. ERRNO -9 sends signal 9 instead, -2 signal 2, and it goes on.
 *   SHIM_LOG     a file: CALL PATH [PATH] for every call, and STRUCK CALL PATH for one that a rule met
 *   SHIM_CLOCK   NTH SECONDS: from the NTH look at the calendar clock on it is so many seconds off
 *   SHIM_SLEEP   SECONDS PATH: as soon as there is such a file, the clock that counts suspended time is so far ahead
 *
 * Calls: create (an open that may write), open, write, fsync, rename, link, mkdir, unlink (files and folders), chmod,
 * flock, opendir.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST_RULES 32
#define LOG_FD 777

struct rule { char call[16]; long nth, count; int error; char prefix[PATH_MAX]; long seen; };

static struct rule rules[MOST_RULES];
static int rule_count;
static int logging;
static long clock_nth, clock_seconds, clock_seen;
static long sleep_seconds;
static char sleep_path[PATH_MAX];

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static void note(const char * head, const char * call, const char * path, const char * other) {
    if (logging) {
        char line[3 * PATH_MAX];
        int length = snprintf(line, sizeof line, "%s%s %s %s\n", head, call, path, other);
        syscall(SYS_write, LOG_FD, line, length);
    }
}

__attribute__((constructor)) static void begin(void) {
    char * text = getenv("SHIM_RULES");
    for (char * line = text ? strtok(strdup(text), "\n") : NULL; line && rule_count < MOST_RULES; line = strtok(NULL, "\n")) {
        struct rule * rule = &rules[rule_count];
        if (sscanf(line, "%15s %ld %ld %d %4095s", rule->call, &rule->nth, &rule->count, &rule->error, rule->prefix) == 5) {
            rule_count++;
        }
    }
    char * log = getenv("SHIM_LOG");
    if (log) {
        int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        logging = fd >= 0 && syscall(SYS_dup3, fd, LOG_FD, O_CLOEXEC) == LOG_FD;
        syscall(SYS_close, fd);
    }
    char * clock = getenv("SHIM_CLOCK");
    if (clock) {
        sscanf(clock, "%ld %ld", &clock_nth, &clock_seconds);
    }
    char * slept = getenv("SHIM_SLEEP");
    if (slept) {
        sscanf(slept, "%ld %4095s", &sleep_seconds, sleep_path);
    }
    unsetenv("LD_PRELOAD");
    unsetenv("SHIM_RULES");
    unsetenv("SHIM_LOG");
    unsetenv("SHIM_CLOCK");
    unsetenv("SHIM_SLEEP");
}

static const char * whole(int dirfd, const char * path, char * buffer) {
    char folder[PATH_MAX] = "";
    if (!path || path[0] == '/') {
        return path ? path : "";
    }
    if (dirfd == AT_FDCWD) {
        if (!getcwd(folder, sizeof folder)) {
            return path;
        }
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        ssize_t length = readlink(link, folder, sizeof folder - 1);
        folder[length > 0 ? length : 0] = 0;
    }
    snprintf(buffer, 2 * PATH_MAX, "%s/%s", folder, path);
    return buffer;
}

static const char * of_fd(int fd, char * buffer) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    buffer[length > 0 ? length : 0] = 0;
    return buffer;
}

/* Returns whether the call is to fail, with errno set. */
static int fails(const char * call, const char * path, const char * other) {
    int error = 0;
    for (int i = 0; i < rule_count; i++) {
        struct rule * rule = &rules[i];
        if (!strcmp(rule->call, call) && !strncmp(path, rule->prefix, strlen(rule->prefix))) {
            rule->seen++;
            if (rule->seen >= rule->nth && (!rule->count || rule->seen < rule->nth + rule->count)) {
                error = rule->error;
            }
        }
    }
    note(error ? "STRUCK " : "", call, path, other);
    if (error < 0) {
        kill(getpid(), -error);
        return 0;
    }
    errno = error ? error : errno;
    return error != 0;
}

static const char * kind(int flags) {
    return flags & (O_WRONLY | O_RDWR | O_CREAT) ? "create" : "open";
}

#define OPEN(name) \
    int name(const char * path, int flags, ...) { \
        char buffer[2 * PATH_MAX]; \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return fails(kind(flags), whole(AT_FDCWD, path, buffer), "") ? -1 : REAL(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int dirfd, const char * path, int flags, ...) { \
        char buffer[2 * PATH_MAX]; \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return fails(kind(flags), whole(dirfd, path, buffer), "") ? -1 : REAL(name)(dirfd, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

DIR * opendir(const char * path) {
    char buffer[2 * PATH_MAX];
    return fails("opendir", whole(AT_FDCWD, path, buffer), "") ? NULL : REAL(opendir)(path);
}

ssize_t write(int fd, const void * data, size_t size) {
    char buffer[PATH_MAX];
    return fails("write", of_fd(fd, buffer), "") ? -1 : REAL(write)(fd, data, size);
}

ssize_t pwrite(int fd, const void * data, size_t size, off_t offset) {
    char buffer[PATH_MAX];
    return fails("write", of_fd(fd, buffer), "") ? -1 : REAL(pwrite)(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void * data, size_t size, off64_t offset) {
    char buffer[PATH_MAX];
    return fails("write", of_fd(fd, buffer), "") ? -1 : REAL(pwrite64)(fd, data, size, offset);
}

ssize_t sendfile64(int out, int in, off64_t * offset, size_t size) {
    char buffer[PATH_MAX];
    return fails("write", of_fd(out, buffer), "") ? -1 : REAL(sendfile64)(out, in, offset, size);
}

ssize_t sendfile(int out, int in, off_t * offset, size_t size) {
    char buffer[PATH_MAX];
    return fails("write", of_fd(out, buffer), "") ? -1 : REAL(sendfile)(out, in, offset, size);
}

int fsync(int fd) {
    char buffer[PATH_MAX];
    return fails("fsync", of_fd(fd, buffer), "") ? -1 : REAL(fsync)(fd);
}

void sync(void) {
    note("", "sync", "/", "");
    REAL(sync)();
}

int rename(const char * from, const char * to) {
    char buffer[2 * PATH_MAX], other[2 * PATH_MAX];
    const char * there = whole(AT_FDCWD, to, other);
    return fails("rename", whole(AT_FDCWD, from, buffer), there) ? -1 : REAL(rename)(from, to);
}

int mkdir(const char * path, mode_t mode) {
    char buffer[2 * PATH_MAX];
    return fails("mkdir", whole(AT_FDCWD, path, buffer), "") ? -1 : REAL(mkdir)(path, mode);
}

int unlink(const char * path) {
    char buffer[2 * PATH_MAX];
    return fails("unlink", whole(AT_FDCWD, path, buffer), "") ? -1 : REAL(unlink)(path);
}

int unlinkat(int dirfd, const char * path, int flags) {
    char buffer[2 * PATH_MAX];
    return fails("unlink", whole(dirfd, path, buffer), "") ? -1 : REAL(unlinkat)(dirfd, path, flags);
}

int rmdir(const char * path) {
    char buffer[2 * PATH_MAX];
    return fails("unlink", whole(AT_FDCWD, path, buffer), "") ? -1 : REAL(rmdir)(path);
}

int linkat(int from_fd, const char * from, int to_fd, const char * to, int flags) {
    char buffer[2 * PATH_MAX], other[2 * PATH_MAX];
    const char * there = whole(to_fd, to, other);
    return fails("link", whole(from_fd, from, buffer), there) ? -1 : REAL(linkat)(from_fd, from, to_fd, to, flags);
}

int chmod(const char * path, mode_t mode) {
    char buffer[2 * PATH_MAX];
    return fails("chmod", whole(AT_FDCWD, path, buffer), "") ? -1 : REAL(chmod)(path, mode);
}

int flock(int fd, int operation) {
    char buffer[PATH_MAX];
    return fails("flock", of_fd(fd, buffer), "") ? -1 : REAL(flock)(fd, operation);
}

int clock_gettime(clockid_t id, struct timespec * now) {
    int done = REAL(clock_gettime)(id, now);
    if (id == CLOCK_REALTIME && clock_nth && ++clock_seen >= clock_nth) {
        now->tv_sec += clock_seconds;
    }
    if (id == CLOCK_BOOTTIME && sleep_seconds && !access(sleep_path, F_OK)) {
        now->tv_sec += sleep_seconds;
    }
    return done;
}
