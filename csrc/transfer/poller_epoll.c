/*
 * The poller of Linux.
 */
#include "transfer/poller.h"

#ifdef CVK_POLLER_EPOLL

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/*
 * What is known of a socket. libcurl lets go of a connection after each exchange and asks for it
 * again with the next; the kernel is only told of the latter.
 */
typedef struct cvk_watch {
    bool connection; /* we are told when it is closed */
    bool spare;      /* libcurl has let go of it, the kernel may still watch it */
    int place;       /* among the spare ones */
} cvk_watch;

struct cvk_poller {
    int epoll;
    int timer;
    int wake;
    bool awake;
    cvk_watch *watches; /* by descriptor */
    int *spares;        /* descriptors of the spare ones */
    int room;           /* of both */
    int spare_count;
};

static bool add(const cvk_poller *poller, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

cvk_poller *cvk_poller_new(void)
{
    cvk_poller *poller = calloc(1, sizeof *poller);
    if (poller == NULL)
        return NULL;
    poller->epoll = epoll_create1(EPOLL_CLOEXEC);
    poller->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    poller->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (poller->epoll >= 0 && poller->timer >= 0 && poller->wake >= 0 &&
        add(poller, poller->timer) && add(poller, poller->wake))
        return poller;
    int reason = errno;
    cvk_poller_free(poller);
    errno = reason;
    return NULL;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void cvk_poller_free(cvk_poller *poller)
{
    if (poller == NULL)
        return;
    close_if_open(poller->epoll);
    close_if_open(poller->timer);
    close_if_open(poller->wake);
    free(poller->watches);
    free(poller->spares);
    free(poller);
}

/* The kernel keeps what the parent watches: that belongs to the epoll itself, which lives on. */
void cvk_poller_close_copies(cvk_poller *poller)
{
    close_if_open(poller->epoll);
    close_if_open(poller->timer);
    close_if_open(poller->wake);
    poller->epoll = poller->timer = poller->wake = -1;
}

int cvk_poller_fd(cvk_poller *poller)
{
    return poller->epoll;
}

static bool is_spare(const cvk_poller *poller, int fd)
{
    return fd < poller->room && poller->watches[fd].spare;
}

static bool make_room(cvk_poller *poller, int fd)
{
    if (fd < poller->room)
        return true;
    int room = fd < 32 ? 64 : 2 * fd;
    cvk_watch *watches = realloc(poller->watches, (size_t)room * sizeof *watches);
    if (watches != NULL)
        poller->watches = watches;
    int *spares = realloc(poller->spares, (size_t)room * sizeof *spares);
    if (spares != NULL)
        poller->spares = spares;
    if (watches == NULL || spares == NULL)
        return false;
    for (int i = poller->room; i < room; i++)
        watches[i] = (cvk_watch){0};
    poller->room = room;
    return true;
}

static void add_spare(cvk_poller *poller, int fd)
{
    poller->watches[fd].spare = true;
    poller->watches[fd].place = poller->spare_count;
    poller->spares[poller->spare_count++] = fd;
}

static void take_spare(cvk_poller *poller, int fd)
{
    int place = poller->watches[fd].place, last = poller->spares[--poller->spare_count];
    poller->spares[place] = last;
    poller->watches[last].place = place;
    poller->watches[fd].spare = false;
}

/* The kernel may not know the socket any more. */
static bool forget(cvk_poller *poller, int fd)
{
    struct epoll_event event = {.data.fd = fd};
    if (is_spare(poller, fd))
        take_spare(poller, fd);
    return epoll_ctl(poller->epoll, EPOLL_CTL_DEL, fd, &event) == 0 || errno == ENOENT ||
           errno == EBADF;
}

void cvk_poller_opened(cvk_poller *poller, int fd)
{
    if (make_room(poller, fd))
        poller->watches[fd].connection = true;
}

void cvk_poller_closed(cvk_poller *poller, int fd)
{
    if (is_spare(poller, fd))
        forget(poller, fd);
    if (fd < poller->room)
        poller->watches[fd].connection = false;
}

void cvk_poller_rest(cvk_poller *poller)
{
    while (poller->spare_count > 0)
        forget(poller, poller->spares[poller->spare_count - 1]);
}

bool cvk_poller_watch(cvk_poller *poller, int fd, bool readable, bool writable)
{
    struct epoll_event event = {.data.fd = fd};
    event.events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);
    if (event.events == 0) {
        if (fd >= poller->room || !poller->watches[fd].connection)
            return forget(poller, fd);
        if (!is_spare(poller, fd))
            add_spare(poller, fd);
        return true;
    }
    if (is_spare(poller, fd))
        take_spare(poller, fd);
    /* The kernel knows a connection that is used again, but not a new one with an old number. */
    if (epoll_ctl(poller->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
        return true;
    return errno == ENOENT && epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void cvk_poller_arm(cvk_poller *poller, long milliseconds)
{
    struct itimerspec when = {0};
    if (milliseconds > 0) {
        when.it_value.tv_sec = milliseconds / 1000;
        when.it_value.tv_nsec = milliseconds % 1000 * 1000000;
    } else if (milliseconds == 0) {
        when.it_value.tv_nsec = 1;
    }
    timerfd_settime(poller->timer, 0, &when, NULL);
}

void cvk_poller_wake(cvk_poller *poller, bool awake)
{
    if (awake == poller->awake)
        return;
    uint64_t count = 1;
    ssize_t done = awake ? write(poller->wake, &count, sizeof count)
                         : read(poller->wake, &count, sizeof count);
    poller->awake = done == (ssize_t)sizeof count ? awake : poller->awake;
}

int cvk_poller_wait(cvk_poller *poller, int milliseconds, cvk_ready *ready, int most)
{
    struct epoll_event events[64];
    int room = most < 62 ? most + 2 : 64; /* the timer and the wake-up take no place of a socket */
    int count = epoll_wait(poller->epoll, events, room, milliseconds);
    int found = 0;
    for (int i = 0; i < count && found < most; i++) {
        int fd = events[i].data.fd;
        if (fd == poller->timer) {
            uint64_t fired;
            (void)!read(fd, &fired, sizeof fired);
        } else if (fd == poller->wake) {
            continue;
        } else if (is_spare(poller, fd)) {
            forget(poller, fd); /* libcurl sees by itself what became of it */
        } else {
            ready[found++] = (cvk_ready){
                .fd = fd,
                .readable = (events[i].events & EPOLLIN) != 0,
                .writable = (events[i].events & EPOLLOUT) != 0,
                .broken = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0,
            };
        }
    }
    return found;
}

#else
typedef int cvk_poller_epoll_is_not_used;
#endif
