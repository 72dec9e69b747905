#ifndef _GNU_SOURCE
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE /* locks that belong to a descriptor, not to a process */
#endif
#include "store/presence.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { most_links = 40 };

/* Replaces a path that is a link by what it leads to, which need not be there. Returns how many links
 * it was: 1 or 0; -1: errno is set. */
static int follow(char path[PATH_MAX])
{
    char target[PATH_MAX];
    ssize_t size = readlink(path, target, sizeof target);
    if (size < 0)
        return 0;
    const char *slash = target[0] == '/' ? NULL : strrchr(path, '/');
    size_t kept = slash == NULL ? 0 : (size_t)(slash + 1 - path);
    if (kept + (size_t)size >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path + kept, target, (size_t)size);
    path[kept + (size_t)size] = '\0';
    return 1;
}

int cvk_presence_open(const char *path)
{
    char file[PATH_MAX], name[PATH_MAX + sizeof "-workers"];
    int links = 0, followed = 0;
    if ((size_t)snprintf(file, sizeof file, "%s", path) >= sizeof file) {
        errno = ENAMETOOLONG;
        return -1;
    }
    while (links++ < most_links && (followed = follow(file)) > 0)
        continue;
    if (followed < 0)
        return -1;
    snprintf(name, sizeof name, "%s-workers", file);
    return open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
}

#ifdef F_OFD_SETLK

static struct flock lock_of(int64_t worker)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
    lock.l_start = (off_t)worker;
    return lock;
}

bool cvk_presence_hold(int fd, int64_t worker)
{
    struct flock lock = lock_of(worker);
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool cvk_presence_is_held(int fd, int64_t worker)
{
    struct flock lock = lock_of(worker);
    return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

#else /* leases alone tell who is gone */

bool cvk_presence_hold(int fd, int64_t worker)
{
    return fd >= 0 && worker >= 0;
}

bool cvk_presence_is_held(int fd, int64_t worker)
{
    return fd >= 0 && worker >= 0;
}

#endif
