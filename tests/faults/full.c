/* A disk that is full from write number LOWBAND_FULL_AT on (to LOWBAND_FULL_TO, or for ever), for a preloaded process.
   Standard streams are spared. The number of writes is told in the file LOWBAND_FULL_COUNT when the process ends. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static long count;

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

static int full(int fd)
{
    struct stat about;
    if (fstat(fd, &about) || !S_ISREG(about.st_mode) || number("LOWBAND_FULL_AT", -1) < 0)
        return 0;
    count++;
    return count >= number("LOWBAND_FULL_AT", 0) && count <= number("LOWBAND_FULL_TO", 1L << 40);
}

#define REFUSE(fd) if (full(fd)) { errno = ENOSPC; return -1; }

ssize_t write(int fd, const void *data, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    REFUSE(fd)
    return real(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite");
    REFUSE(fd)
    return real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    REFUSE(fd)
    return real(fd, data, size, at);
}

int fsync(int fd)
{
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    REFUSE(fd)
    return real(fd);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("LOWBAND_FULL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    unsetenv("LOWBAND_FULL_AT");
    fprintf(file, "%ld", count);
    fclose(file);
}
