/*
 * As much of the BSDs' kqueue as the poller for them uses, on Linux, so that the specs can run it:
 * an epoll descriptor stands for the queue, with a timerfd for its timer and an eventfd for its user
 * event. One of each a queue, and no more than one file includes this.
 */
#ifndef SPEC_KQUEUE_H
#define SPEC_KQUEUE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_TIMER = -7, EVFILT_USER = -11 };
enum { EV_ADD = 1, EV_DELETE = 2, EV_ONESHOT = 16, EV_ERROR = 0x4000, EV_EOF = 0x8000 };
enum { NOTE_TRIGGER = 0x01000000 };

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned int fflags;
    intptr_t data;
    void *udata;
};

#define EV_SET(event, id, filter_, flags_, fflags_, data_, udata_) \
    (*(event) = (struct kevent){(id), (short)(filter_), (unsigned short)(flags_), \
                                (unsigned)(fflags_), (data_), (udata_)})

enum { spec_kqueue_most = 4096 };

static struct spec_kqueue {
    bool timer_set, user_there;
    int timer, user;
    uint8_t wanted[spec_kqueue_most]; /* by descriptor: 1 to read, 2 to write */
} * spec_kqueues[spec_kqueue_most];

static int kqueue(void)
{
    int kq = epoll_create1(0);
    if (kq < 0 || kq >= spec_kqueue_most)
        return -1;
    struct spec_kqueue *queue = spec_kqueues[kq];
    if (queue == NULL)
        queue = spec_kqueues[kq] = calloc(1, sizeof *queue);
    else
        close(queue->timer), close(queue->user);
    *queue = (struct spec_kqueue){
        .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
        .user = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    struct epoll_event timer = {.events = EPOLLIN, .data.fd = queue->timer};
    struct epoll_event user = {.events = EPOLLIN, .data.fd = queue->user};
    epoll_ctl(kq, EPOLL_CTL_ADD, queue->timer, &timer);
    epoll_ctl(kq, EPOLL_CTL_ADD, queue->user, &user);
    return kq;
}

static int spec_kqueue_fail(int reason)
{
    errno = reason;
    return -1;
}

/* Each filter of a descriptor comes and goes by itself; with the descriptor both are gone. */
static int spec_kqueue_socket(int kq, struct spec_kqueue *queue, const struct kevent *change)
{
    int fd = (int)change->ident;
    uint8_t bit = change->filter == EVFILT_READ ? 1 : 2;
    if (fd < 0 || fd >= spec_kqueue_most)
        return spec_kqueue_fail(EBADF);
    uint8_t before = queue->wanted[fd];
    if ((change->flags & EV_DELETE) && !(before & bit))
        return spec_kqueue_fail(ENOENT);
    uint8_t after = (uint8_t)((change->flags & EV_DELETE) ? before & ~bit : before | bit);
    struct epoll_event event = {.data.fd = fd};
    event.events = ((after & 1) ? (uint32_t)EPOLLIN : 0) | ((after & 2) ? (uint32_t)EPOLLOUT : 0);
    queue->wanted[fd] = after;
    if (after == 0)
        return epoll_ctl(kq, EPOLL_CTL_DEL, fd, &event);
    if (before != 0 && epoll_ctl(kq, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    if (before != 0) { /* the number is another descriptor's by now */
        queue->wanted[fd] = (change->flags & EV_DELETE) ? 0 : bit;
        if (change->flags & EV_DELETE)
            return spec_kqueue_fail(ENOENT);
        event.events = bit == 1 ? EPOLLIN : EPOLLOUT;
    }
    return epoll_ctl(kq, EPOLL_CTL_ADD, fd, &event);
}

static int spec_kqueue_timer(struct spec_kqueue *queue, const struct kevent *change)
{
    struct itimerspec when = {0};
    if ((change->flags & EV_DELETE) && !queue->timer_set)
        return spec_kqueue_fail(ENOENT);
    queue->timer_set = (change->flags & EV_ADD) != 0;
    if (queue->timer_set) {
        when.it_value.tv_sec = change->data / 1000;
        when.it_value.tv_nsec = change->data % 1000 * 1000000 + 1;
    }
    return timerfd_settime(queue->timer, 0, &when, NULL);
}

static int spec_kqueue_user(struct spec_kqueue *queue, const struct kevent *change)
{
    uint64_t count = 1;
    if (!(change->flags & EV_ADD) && !queue->user_there)
        return spec_kqueue_fail(ENOENT);
    if (change->fflags & NOTE_TRIGGER)
        return write(queue->user, &count, sizeof count) < 0 ? -1 : 0;
    queue->user_there = (change->flags & EV_ADD) != 0;
    if (!queue->user_there)
        (void)!read(queue->user, &count, sizeof count);
    return 0;
}

/* Fills in what one descriptor's event means; returns how many events that is. */
static int spec_kqueue_fill(struct spec_kqueue *queue, const struct epoll_event *event,
                            struct kevent *to)
{
    int fd = event->data.fd, found = 0;
    uint64_t count;
    if (fd == queue->timer) {
        queue->timer_set = false;
        if (read(fd, &count, sizeof count) < 0)
            return 0;
        EV_SET(to, 1, EVFILT_TIMER, 0, 0, 1, NULL);
        return 1;
    }
    if (fd == queue->user) {
        EV_SET(to, 2, EVFILT_USER, 0, 0, 0, NULL);
        return 1;
    }
    bool ended = (event->events & (EPOLLHUP | EPOLLERR)) != 0;
    unsigned flags = ended ? EV_EOF : 0;
    if ((queue->wanted[fd] & 1) && (ended || (event->events & EPOLLIN)))
        EV_SET(&to[found++], (uintptr_t)fd, EVFILT_READ, flags, 0, 1, NULL);
    if ((queue->wanted[fd] & 2) && (ended || (event->events & EPOLLOUT)))
        EV_SET(&to[found++], (uintptr_t)fd, EVFILT_WRITE, flags, 0, 1, NULL);
    return found;
}

static int kevent(int kq, const struct kevent *changes, int change_count, struct kevent *events,
                  int most, const struct timespec *limit)
{
    struct spec_kqueue *queue = spec_kqueues[kq];
    for (int i = 0; i < change_count; i++) {
        const struct kevent *change = &changes[i];
        int done = change->filter == EVFILT_TIMER  ? spec_kqueue_timer(queue, change)
                   : change->filter == EVFILT_USER ? spec_kqueue_user(queue, change)
                                                   : spec_kqueue_socket(kq, queue, change);
        if (done < 0)
            return -1;
    }
    if (most == 0)
        return 0;
    struct epoll_event found[32];
    int room = most / 2 < 32 ? most / 2 : 32, filled = 0;
    long wait = limit == NULL ? -1 : limit->tv_sec * 1000 + (limit->tv_nsec + 999999) / 1000000;
    int count = epoll_wait(kq, found, room, (int)wait);
    for (int i = 0; i < count; i++)
        filled += spec_kqueue_fill(queue, &found[i], &events[filled]);
    return count < 0 ? -1 : filled;
}

#endif
