#include "transfer/forks.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned forks;
static cvk_fork_watch *watches;
/* Over the list, and while the descriptors of a library are found; held across a fork. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
    pthread_mutex_unlock(&lock);
}

static void unlink_watch(cvk_fork_watch *watch)
{
    *watch->link = watch->next;
    if (watch->next != NULL)
        watch->next->link = watch->link;
    watch->link = NULL;
}

static void in_child(void)
{
    forks++;
    cvk_fork_watch *next;
    for (cvk_fork_watch *watch = watches; watch != NULL; watch = next) {
        next = watch->next;
        if (!pthread_equal(watch->thread, pthread_self()))
            continue;
        unlink_watch(watch);
        watch->close_copies(watch->owner);
    }
    pthread_mutex_unlock(&lock);
}

static void install_handlers(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}

unsigned cvk_forks(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_handlers);
    return forks;
}

void cvk_forks_watch(cvk_fork_watch *watch, void (*close_copies)(void *owner), void *owner)
{
    cvk_forks();
    pthread_mutex_lock(&lock);
    *watch = (cvk_fork_watch){.close_copies = close_copies,
                              .owner = owner,
                              .thread = pthread_self(),
                              .next = watches,
                              .link = &watches};
    if (watches != NULL)
        watches->link = &watch->next;
    watches = watch;
    pthread_mutex_unlock(&lock);
}

void cvk_forks_unwatch(cvk_fork_watch *watch)
{
    pthread_mutex_lock(&lock);
    if (watch->link != NULL)
        unlink_watch(watch);
    pthread_mutex_unlock(&lock);
}

void cvk_forks_close_copies(cvk_fork_watch *watch)
{
    if (watch->link == NULL)
        return;
    cvk_forks_unwatch(watch);
    watch->close_copies(watch->owner);
}

/* ---- descriptors that nobody tells of -------------------------------------------------------- */

/* A new descriptor gets the lowest number that is free: those that come next are tried out. The lock
 * keeps two threads from taking each other's for their own. */
void cvk_library_fds_before(cvk_library_fds *found)
{
    cvk_forks();
    pthread_mutex_lock(&lock);
    found->count = 0;
    for (int i = 0; i < 2 * CVK_MOST_LIBRARY_FDS; i++)
        found->expected[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < 2 * CVK_MOST_LIBRARY_FDS; i++)
        if (found->expected[i] >= 0)
            close(found->expected[i]);
}

/* What libraries wake themselves by: an end of a pair of sockets or of a pipe, or an eventfd. Another
 * thread may have opened something else at that moment. */
static bool is_wakeup(int fd, const struct stat *status)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (S_ISSOCK(status->st_mode))
        return getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
               address.ss_family == AF_UNIX;
    return S_ISFIFO(status->st_mode) || (status->st_mode & S_IFMT) == 0;
}

static void find_new(cvk_library_fds *found)
{
    struct stat status;
    for (int i = 0; i < 2 * CVK_MOST_LIBRARY_FDS; i++) {
        int fd = found->expected[i];
        if (fd < 0 || fstat(fd, &status) != 0 || !is_wakeup(fd, &status))
            continue;
        if (found->count == CVK_MOST_LIBRARY_FDS) { /* whose is whose cannot be told */
            found->count = 0;
            return;
        }
        found->fds[found->count] = fd;
        found->devices[found->count] = status.st_dev;
        found->nodes[found->count++] = status.st_ino;
    }
}

void cvk_library_fds_after(cvk_library_fds *found)
{
    find_new(found);
    pthread_mutex_unlock(&lock);
}

void cvk_library_fds_close(cvk_library_fds *found)
{
    struct stat status;
    for (int i = 0; i < found->count; i++)
        if (fstat(found->fds[i], &status) == 0 && status.st_dev == found->devices[i] &&
            status.st_ino == found->nodes[i])
            close(found->fds[i]);
    found->count = 0;
}
