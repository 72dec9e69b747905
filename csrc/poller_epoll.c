/*
 * The poller of Linux.
 */
#include "poller.h"

#ifdef CVK_POLLER_EPOLL

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct cvk_poller {
    int epoll;
    int timer;
    int wake;
    bool awake;
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
    free(poller);
}

int cvk_poller_fd(cvk_poller *poller)
{
    return poller->epoll;
}

bool cvk_poller_watch(cvk_poller *poller, int fd, bool readable, bool writable)
{
    struct epoll_event event = {.data.fd = fd};
    if (!readable && !writable)
        return epoll_ctl(poller->epoll, EPOLL_CTL_DEL, fd, &event) == 0 || errno == ENOENT ||
               errno == EBADF;
    event.events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);
    /* Most are new: libcurl has an idle connection watched no more. */
    if (epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    return errno == EEXIST && epoll_ctl(poller->epoll, EPOLL_CTL_MOD, fd, &event) == 0;
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
        } else if (fd != poller->wake) {
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
