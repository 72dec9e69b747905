/* Many calls at once: libcurl's multi interface, driven by epoll. */
#include "rival.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { most_events = 64 };

typedef struct rival_loop {
    CURLM *multi;
    int epoll;
    int64_t due; /* when libcurl wants to be called; -1: not, 0: at once */
    long started, goal, in_flight;
} rival_loop;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int on_timer(CURLM *multi, long milliseconds, void *user)
{
    (void)multi;
    rival_loop *loop = user;
    loop->due = milliseconds <= 0 ? milliseconds : now() + milliseconds;
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    static char mark;
    (void)easy;
    rival_loop *loop = user;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    epoll_ctl(loop->epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (known == NULL)
        curl_multi_assign(loop->multi, fd, &mark);
    return 0;
}

static void begin(rival_loop *loop, rival_slot *slot)
{
    rival_slot_begin(slot, ++loop->started);
    curl_multi_add_handle(loop->multi, slot->easy);
    loop->in_flight++;
}

static void collect(rival_loop *loop)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        rival_slot *slot = (rival_slot *)(void *)private;
        curl_multi_remove_handle(loop->multi, easy);
        loop->in_flight--;
        rival_slot_end(slot, code);
        if (loop->started < loop->goal)
            begin(loop, slot);
    }
}

static void act(rival_loop *loop, curl_socket_t fd, int what)
{
    int running;
    if (curl_multi_socket_action(loop->multi, fd, what, &running) != CURLM_OK)
        rival_fail("curl_multi_socket_action");
    collect(loop);
}

static int time_left(const rival_loop *loop)
{
    if (loop->due <= 0)
        return (int)loop->due;
    int64_t left = loop->due - now();
    return left > 0 ? (int)left : 0;
}

static void turn(rival_loop *loop)
{
    struct epoll_event events[most_events];
    int ready = epoll_wait(loop->epoll, events, most_events, time_left(loop));
    for (int i = 0; i < ready; i++) {
        uint32_t bits = events[i].events;
        act(loop, events[i].data.fd,
            (bits & EPOLLIN ? CURL_CSELECT_IN : 0) | (bits & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                (bits & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
    }
    if (loop->due >= 0 && time_left(loop) == 0) {
        loop->due = -1;
        act(loop, CURL_SOCKET_TIMEOUT, 0);
    }
}

static void perform(rival_loop *loop, rival_slot *slots, long width, long calls)
{
    loop->started = 0;
    loop->goal = calls;
    for (long i = 0; i < width && i < calls; i++)
        begin(loop, &slots[i]);
    while (loop->in_flight > 0)
        turn(loop);
}

/* Calls beyond the number of connections wait in a queue, which here is no more than a number. */
void rival_multi(const rival_plan *plan, bool json)
{
    long width = plan->width < plan->connections ? plan->width : plan->connections;
    rival_loop loop = {
        .multi = curl_multi_init(), .epoll = epoll_create1(EPOLL_CLOEXEC), .due = -1};
    curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(loop.multi, CURLMOPT_SOCKETDATA, &loop);
    curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(loop.multi, CURLMOPT_TIMERDATA, &loop);
    curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, width);
    rival_slot *slots = calloc((size_t)width, sizeof *slots);
    for (long i = 0; i < width; i++)
        rival_slot_open(&slots[i], plan, json);
    if (plan->hold > 0) { /* nobody answers: what does it take to wait? */
        loop.goal = width;
        for (long i = 0; i < width; i++)
            begin(&loop, &slots[i]);
        for (int64_t stop = now() + plan->hold; now() < stop;) {
            loop.due = loop.due < 0 || loop.due > stop ? stop : loop.due;
            turn(&loop);
        }
        rival_start();
        rival_stop(width);
        _exit(0);
    }
    perform(&loop, slots, 1, 1); /* whether it is HTTP/2 is known from now on */
    perform(&loop, slots, width, plan->warmup);
    rival_start();
    perform(&loop, slots, width, plan->calls);
    rival_stop(plan->calls);
    for (long i = 0; i < width; i++)
        rival_slot_close(&slots[i]);
    free(slots);
    curl_multi_cleanup(loop.multi);
    close(loop.epoll);
}
