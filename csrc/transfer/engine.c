#include "transfer/engine.h"

#include "base/clock.h"
#include "base/deadlines.h"
#include "transfer/handle.h"
#include "transfer/forks.h"
#include "transfer/guests.h"
#include "transfer/spin_guard.h"
#include "transfer/libcurl.h"
#include "transfer/pieces.h"
#include "transfer/poller.h"
#include "transfer/pool.h"
#include "transfer/queue.h"
#include "transfer/result.h"
#include "transfer/reuse.h"
#include "transfer/route.h"
#include "transfer/sent.h"
#include "transfer/sockets.h"
#include "transfer/wiping_heap.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ready_at_once = 32,
    most_new = 1, /* transfers that libcurl begins before we look at the clock again */
    slice = 2000, /* microseconds of timers and new transfers before sockets have their turn */
    recheck_after = 10, /* milliseconds until a transfer that could not be ended is tried again */
    multi_quick_exit = CURLOPTTYPE_LONG + 21, /* CURLMOPT_QUICK_EXIT */
};

struct cvk_engine {
    cvk_engine *next_abandoned; /* see cvk_engine_abandon */
    CURLM *multi;
    cvk_poller *poller;
    cvk_spin_guard guard;
    cvk_sockets sockets;
    cvk_transfer_list running;  /* libcurl has them */
    cvk_transfer_list finished; /* and are yet to be taken */
    cvk_news news;              /* of those that go by pieces */
    cvk_deadlines
        deadlines; /* of all transfers in flight, those that wait for their turn included */
    cvk_counters counters;
    cvk_spare_transfers spares;
    cvk_queues queues;        /* what waits for its turn */
    size_t new_count;         /* transfers handed to libcurl that it has not begun to work on */
    int64_t due;              /* when libcurl wants to be called, by cvk_now(); -1: not by time */
    int64_t alarm;            /* when the caller wants the descriptor to be readable; -1: never */
    int64_t armed;            /* what the poller's timer is set to; -1: nothing */
    cvk_pool pool;            /* of connections that libcurl keeps */
    bool may_be_broken;       /* one of the connections that libcurl keeps may be broken */
    int64_t distrusted_until; /* until then new calls share no connection; -1: they do */
    bool watched;             /* the caller waits on the descriptor */
    cvk_library_fds library_fds; /* libcurl's own descriptors */
    cvk_guests guests;
    cvk_fork_watch forks;
};

/* ---- what libcurl calls (nothing here calls libcurl's multi interface) ----------------------- */

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)curl;
    (void)socket_user;
    cvk_engine *engine = user;
    bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    cvk_sockets_busy(&engine->sockets, fd, in || out);
    return cvk_spin_guard_watch(&engine->guard, fd, in, out) ? 0 : -1;
}

/*
 * libcurl asks for 0 ms with every new transfer; to remember that costs nothing. Any other time is
 * rounded up: called too early, libcurl finds nothing to do and does not ask again.
 */
static int on_timer(CURLM *multi, long milliseconds, void *user)
{
    (void)multi;
    cvk_engine *engine = user;
    engine->due = milliseconds < 0    ? -1
                  : milliseconds == 0 ? 0
                                      : (cvk_microseconds() + 999) / 1000 + milliseconds;
    return 0;
}

/* ---- the life of a transfer ------------------------------------------------------------------ */

/* Ends a transfer that libcurl no longer has: it waits to be taken, or is put away if nobody does that. */
static void end_transfer(cvk_engine *engine, cvk_transfer *transfer)
{
    cvk_deadlines_remove(&engine->deadlines, &transfer->due);
    if (transfer->has_news)
        cvk_pieces_forget(transfer);
    if (!transfer->cancelled) {
        engine->counters.in_flight--;
        engine->counters.finished++;
        engine->counters.failed += transfer->exchange->failure != CVK_FINE;
        transfer->exchange->stage = CVK_FINISHED;
    }
    if (transfer->cancelled || transfer->owner == 0)
        cvk_transfer_put_away(&engine->spares, transfer);
    else
        cvk_transfer_list_add(&engine->finished, transfer);
}

/*
 * A connection that others share may stand still. libcurl would give it to every new call for as long
 * as one is left on it. Until all that may be on it have ended, new calls share no connection; then
 * it is closed.
 */
static void distrust_shared(cvk_engine *engine)
{
    if (engine->distrusted_until >= 0)
        return;
    engine->distrusted_until = 0;
    for (cvk_transfer *each = engine->running.first; each != NULL; each = each->next) {
        if (!each->route->shares_connections)
            continue;
        cvk_handle_isolate(each->handle, true);
        if (each->deadline > engine->distrusted_until)
            engine->distrusted_until = each->deadline;
    }
}

/* Takes a transfer from libcurl, and its handle, which may be used again unless it is worn. */
static void take_back(cvk_engine *engine, cvk_transfer *transfer, bool worn)
{
    cvk_handle *handle = transfer->handle;
    curl_multi_remove_handle(engine->multi, handle->curl);
    transfer->handle = NULL;
    transfer->route->in_flight--;
    if (worn)
        cvk_handle_free(handle);
    else
        cvk_route_give_handle(transfer->route, handle);
    cvk_transfer_list_remove(&engine->running, transfer);
}

/* Ends a transfer that libcurl has; `code` is libcurl's result for it. */
static void finish(cvk_engine *engine, cvk_transfer *transfer, CURLcode code)
{
    transfer->exchange->status = cvk_handle_status(transfer);
    transfer->exchange->sent = cvk_sent_any(transfer);
    cvk_result_explain(transfer, code);
    cvk_result_count(transfer, &engine->counters);
    if (transfer->exchange->settings->times_phases)
        cvk_result_time(transfer);
    if (cvk_handle_may_break_connection(transfer)) {
        engine->may_be_broken = true;
        if (transfer->exchange->failure == CVK_TIMEOUT && transfer->route->shares_connections)
            distrust_shared(engine);
    }
    transfer->route->shares_connections |= cvk_handle_shared(transfer);
    take_back(engine, transfer, cvk_handle_is_worn(transfer));
    end_transfer(engine, transfer);
}

static bool new_multi(cvk_engine *engine)
{
    cvk_spin_guard_clear(&engine->guard);
    engine->due = -1; /* also where there is none: nothing is to be done then */
    cvk_library_fds_before(&engine->library_fds);
    engine->multi = curl_multi_init();
    cvk_library_fds_after(&engine->library_fds);
    if (engine->multi == NULL)
        return false;
    engine->pool = (cvk_pool){0};
    engine->may_be_broken = false;
    engine->distrusted_until = -1;
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
    /* libcurl 8.20 and later would wait at the end for names that are being looked up. */
    /* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange) */
    curl_multi_setopt(engine->multi, (CURLMoption)multi_quick_exit, 1L);
    return true;
}

/* Hands a transfer to libcurl. */
static bool launch(cvk_engine *engine, cvk_transfer *transfer)
{
    if (engine->may_be_broken && engine->running.first == NULL) { /* nobody needs what is there */
        curl_multi_cleanup(engine->multi);
        new_multi(engine);
    }
    if (engine->distrusted_until >= 0 && cvk_now() > engine->distrusted_until + recheck_after)
        engine->distrusted_until = -1;
    cvk_handle *handle = engine->multi == NULL ? NULL : cvk_route_take_handle(transfer->route);
    if (handle == NULL)
        return false;
    size_t running = (size_t)(engine->counters.in_flight - engine->queues.count) + 1;
    long kept = cvk_pool_launch(&engine->pool, running);
    if (kept > 0)
        curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, kept);
    if (engine->distrusted_until >= 0 && transfer->route->shares_connections)
        cvk_handle_isolate(handle, false);
    if (!cvk_reuse_adopt(handle, &engine->sockets) || !cvk_handle_prepare(handle, transfer) ||
        curl_multi_add_handle(engine->multi, handle->curl) != CURLM_OK) {
        cvk_handle_free(handle);
        return false;
    }
    transfer->handle = handle;
    transfer->route->in_flight++;
    engine->new_count++;
    cvk_transfer_list_add(&engine->running, transfer);
    return true;
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* Whether another transfer may begin. Opening connections costs more than anything else: many in a
 * row would keep a step from ending in time. */
static bool has_room(const cvk_engine *engine, const cvk_route *route)
{
    size_t most = route->settings->max_in_flight;
    return engine->new_count < most_new && (most == 0 || route->in_flight < most);
}

static void fail_in_queue(cvk_engine *engine, cvk_transfer *transfer, cvk_failure failure,
                          const char *message)
{
    cvk_queues_remove(&engine->queues, transfer);
    transfer->exchange->failure = failure;
    transfer->exchange->reason = message;
    end_transfer(engine, transfer);
}

/* Queues a transfer again, for a new connection: the one it got was stale, and nothing was sent. */
static void start_over(cvk_engine *engine, cvk_transfer *transfer)
{
    take_back(engine, transfer, true);
    transfer->stale = transfer->prerequest_called = transfer->opened_socket = false;
    transfer->needs_new_connection = true;
    cvk_queues_add(&engine->queues, transfer, true);
}

/* Launches transfers that waited, as far as there is room for them. */
static void advance_queues(cvk_engine *engine)
{
    cvk_route *next;
    for (cvk_route *route = engine->queues.first; route != NULL; route = next) {
        next = route->next_waiting;
        for (bool more = true; more && has_room(engine, route);) {
            cvk_transfer *transfer = route->waiting.first;
            more = transfer != route->waiting.last; /* else the route may be gone by then */
            if (transfer->deadline <= cvk_now())
                return; /* expire() comes first */
            cvk_queues_remove(&engine->queues, transfer);
            if (!launch(engine, transfer)) {
                transfer->exchange->failure = CVK_MEMORY; /* all that can go wrong there */
                end_transfer(engine, transfer);
            }
        }
    }
}

/* ---- deadlines ------------------------------------------------------------------------------- */

/* Whether a call must be left to libcurl because taking it out would wait for a name. */
static bool is_stuck(const cvk_transfer *transfer)
{
    return !transfer->handle->quick_exit && cvk_handle_is_looking_up(transfer);
}

static cvk_transfer *transfer_of(cvk_deadline *due)
{
    return (cvk_transfer *)(void *)((char *)due - offsetof(cvk_transfer, due));
}

/*
 * Ends what is over its deadline, until it is time to stop; returns whether there was anything.
 * libcurl's own timeouts would do the same, but it may lose one of two times that are less than a
 * millisecond apart (seen with 7.88), and takes long where thousands fall together.
 */
static bool expire(cvk_engine *engine, int64_t now, int64_t stop)
{
    bool ended = false, over = false;
    cvk_deadline *due;
    while (!over && (due = cvk_deadlines_due(&engine->deadlines, now)) != NULL) {
        cvk_transfer *transfer = transfer_of(due);
        if (transfer->handle == NULL) {
            fail_in_queue(engine, transfer, CVK_TIMEOUT,
                          "the deadline passed while the call waited for its turn");
        } else if (is_stuck(transfer)) { /* it ends by itself */
            cvk_deadlines_remove(&engine->deadlines, due);
            cvk_deadlines_add(&engine->deadlines, due, now + recheck_after);
        } else {
            if (transfer->exchange->failure == CVK_FINE)
                transfer->exchange->reason = cvk_result_phase(transfer);
            finish(engine, transfer, CURLE_OPERATION_TIMEDOUT);
        }
        ended = true;
        over = cvk_is_time_up(stop);
    }
    return ended;
}

/* ---- the multi handle ------------------------------------------------------------------------ */

/*
 * Finishes what libcurl has finished. All messages are read first: libcurl goes through those that
 * are left whenever a handle is taken out.
 */
static void reap_done(cvk_engine *engine)
{
    int left;
    CURLMsg *message;
    cvk_transfer *first = NULL, **end = &first;
    while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
        cvk_handle *handle = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle);
        handle->code = message->data.result;
        *end = handle->transfer;
        end = &handle->transfer->next_done;
    }
    *end = NULL;
    while (first != NULL) {
        cvk_transfer *transfer = first;
        first = transfer->next_done;
        if (transfer->stale && !transfer->cancelled)
            start_over(engine, transfer);
        else
            finish(engine, transfer, transfer->handle->code);
    }
}

/* After an error of its own the multi handle is undefined: fail what is in it, build another. */
static void rebuild(cvk_engine *engine, CURLMcode code)
{
    reap_done(engine);
    while (engine->running.first != NULL) {
        cvk_transfer *transfer = engine->running.first;
        if (code == CURLM_OUT_OF_MEMORY && transfer->exchange->failure == CVK_FINE)
            transfer->exchange->failure = CVK_MEMORY;
        finish(engine, transfer, CURLE_RECV_ERROR);
    }
    curl_multi_cleanup(engine->multi);
    new_multi(engine);
}

/* Lets libcurl work on a socket, or on what is due by time (CURL_SOCKET_TIMEOUT). */
static void drive(cvk_engine *engine, curl_socket_t fd, int what)
{
    int running;
    CURLMcode code = curl_multi_socket_action(engine->multi, fd, what, &running);
    if (code == CURLM_OK || code == CURLM_BAD_SOCKET)
        reap_done(engine);
    else
        rebuild(engine, code);
    advance_queues(engine);
}

/* In the child of a fork: closes the copies of our descriptors. */
static void close_copies(void *owner)
{
    cvk_engine *engine = owner;
    cvk_sockets_close(&engine->sockets);
    cvk_library_fds_close(&engine->library_fds);
    cvk_poller_close_copies(engine->poller);
}

cvk_engine *cvk_engine_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!cvk_libcurl_load(NULL, 0))
        return NULL;
    pthread_once(&once, cvk_wiping_heap_begin);
    cvk_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->alarm = engine->armed = -1;
    cvk_deadlines_begin(&engine->deadlines, cvk_now());
    engine->poller = cvk_poller_new();
    cvk_spin_guard_begin(&engine->guard, engine->poller);
    cvk_sockets_begin(&engine->sockets, engine->poller, cvk_reuse_may_miss_end());
    if (engine->poller == NULL || !new_multi(engine)) {
        cvk_poller_free(engine->poller);
        free(engine);
        return NULL;
    }
    cvk_forks_watch(&engine->forks, close_copies, engine);
    return engine;
}

void cvk_engine_free(cvk_engine *engine)
{
    if (engine == NULL)
        return;
    cvk_forks_unwatch(&engine->forks);
    while (engine->queues.first != NULL)
        fail_in_queue(engine, engine->queues.first->waiting.first, CVK_CANCELLED, "cancelled");
    while (engine->running.first != NULL) {
        engine->running.first->exchange->failure = CVK_CANCELLED;
        finish(engine, engine->running.first, CURLE_ABORTED_BY_CALLBACK);
    }
    cvk_transfer *transfer;
    while ((transfer = engine->finished.first) != NULL) {
        cvk_transfer_list_remove(&engine->finished, transfer);
        cvk_transfer_put_away(&engine->spares, transfer);
    }
    curl_multi_cleanup(engine->multi);
    cvk_spin_guard_clear(&engine->guard);
    cvk_sockets_clear(&engine->sockets);
    cvk_poller_free(engine->poller);
    cvk_transfer_free_spares(&engine->spares);
    free(engine);
}

/* In the child of a fork: the parent's engines. They are never freed, as libcurl would then tell the
 * servers that the connections end. They are kept in a list so that leak checkers find them. */
static cvk_engine *abandoned;

void cvk_engine_abandon(cvk_engine *engine)
{
    cvk_forks_close_copies(&engine->forks);
    cvk_route_orphan(engine->running.first);
    cvk_route_orphan(engine->finished.first);
    for (cvk_route *route = engine->queues.first; route; route = route->next_waiting) {
        cvk_route_orphan(route->waiting.first);
        route->waiting = (cvk_transfer_list){0};
    }
    engine->next_abandoned = abandoned;
    abandoned = engine;
}

/* When there is work by time; -1: not. */
static int64_t next_due(const cvk_engine *engine)
{
    if (engine->new_count >= most_new)
        return 0;
    int64_t due = cvk_earlier(engine->due, cvk_deadlines_next(&engine->deadlines));
    return cvk_earlier(due, engine->guard.due);
}

/* When the descriptor has to become readable: at next_due(), or earlier for the caller's alarm. */
static int64_t next_watched(const cvk_engine *engine)
{
    return cvk_earlier(next_due(engine), engine->alarm);
}

/* Makes the descriptor readable if there is work now, and sets its timer for work to come. */
static void update_descriptor(cvk_engine *engine)
{
    if (!engine->watched)
        return;
    if (engine->running.first == NULL)
        cvk_poller_rest(engine->poller);
    int64_t due = next_watched(engine);
    cvk_poller_wake(engine->poller,
                    (engine->finished.first != NULL || engine->news.first != NULL) || due == 0);
    if (due < 0 && engine->armed >= 0) {
        cvk_poller_arm(engine->poller, -1);
        engine->armed = -1;
    } else if (due > 0 && (engine->armed < 0 || engine->armed > due)) {
        int64_t left = due - cvk_now();
        cvk_poller_arm(engine->poller, left > 0 ? (long)left : 0);
        engine->armed = due;
    }
}

cvk_transfer *cvk_engine_submit(cvk_engine *engine, cvk_exchange *exchange, int owner,
                                int64_t timeout)
{
    cvk_exchange_reset(exchange);
    cvk_route *route = cvk_route_of(exchange->settings);
    if (route == NULL || (engine->multi == NULL && !new_multi(engine)))
        return NULL;
    cvk_transfer *transfer = cvk_transfer_new(&engine->spares, exchange);
    if (transfer == NULL)
        return NULL;
    transfer->route = route;
    transfer->owner = owner;
    transfer->news = &engine->news;
    transfer->deadline = cvk_now_and(timeout);
    if (!has_room(engine, route)) {
        cvk_queues_add(&engine->queues, transfer, false);
    } else if (!launch(engine, transfer)) {
        cvk_transfer_put_away(&engine->spares, transfer);
        return NULL;
    }
    exchange->stage = CVK_IN_FLIGHT;
    cvk_deadlines_add(&engine->deadlines, &transfer->due, transfer->deadline);
    engine->counters.in_flight++;
    engine->counters.started++;
    update_descriptor(engine);
    return transfer;
}

/* Does what is due by time, and begins what may have its turn, until it is time to stop or a slice
 * of time is over. */
static void run_timers(cvk_engine *engine, int64_t stop)
{
    int64_t now = cvk_microseconds();
    if (stop > now + slice)
        stop = now + slice;
    do {
        bool more = engine->new_count >= most_new;
        engine->new_count = 0;
        more |= expire(engine, now / 1000, stop); /* libcurl may not need to be called then */
        if (engine->guard.due >= 0 && engine->guard.due <= now / 1000)
            cvk_spin_guard_resume(&engine->guard);
        if (engine->multi != NULL && engine->due >= 0 && engine->due <= now / 1000) {
            engine->due = -1;
            drive(engine, CURL_SOCKET_TIMEOUT, 0);
        } else if (more) {
            advance_queues(engine);
        }
        now = cvk_microseconds();
    } while (engine->new_count >= most_new && now < stop);
}

/* A number that changes with every call that begins, ends or gets or sends some bytes. */
static uint32_t progress(const cvk_engine *engine)
{
    const cvk_counters *counters = &engine->counters;
    uint64_t sum = counters->started + counters->finished + counters->cancelled;
    for (cvk_transfer *transfer = engine->running.first; transfer; transfer = transfer->next)
        sum += cvk_result_progress(transfer);
    return (uint32_t)sum;
}

static void serve(cvk_engine *engine, const cvk_ready *ready)
{
    if (cvk_guests_has(&engine->guests, ready->fd))
        return;
    drive(engine, ready->fd,
          (ready->readable ? CURL_CSELECT_IN : 0) | (ready->writable ? CURL_CSELECT_OUT : 0) |
              (ready->broken ? CURL_CSELECT_ERR : 0));
    if (cvk_spin_guard_fired(&engine->guard, ready->fd))
        cvk_spin_guard_look(&engine->guard, ready->fd, progress(engine));
}

static int shorter(int wait, int64_t until)
{
    int64_t left = until - cvk_now();
    if (left < 0)
        left = 0;
    return wait < 0 || left < wait ? (int)left : wait;
}

/* Whether there is work left that needs no socket and no libcurl. */
static bool is_unfinished(const cvk_engine *engine)
{
    int64_t due = cvk_deadlines_next(&engine->deadlines);
    return engine->new_count >= most_new || (due >= 0 && due <= cvk_now());
}

/* Waits for sockets, and lets libcurl work on those that are ready. Returns their number. */
static int serve_ready(cvk_engine *engine, int wait, int64_t stop)
{
    cvk_ready ready[ready_at_once];
    if (engine->finished.first != NULL || engine->news.first != NULL)
        wait = 0;
    else if (next_due(engine) >= 0)
        wait = shorter(wait, next_due(engine));
    int found = cvk_poller_wait(engine->poller, wait, ready, ready_at_once);
    CURLM *multi = engine->multi;
    for (int i = 0; i < found && engine->multi == multi && multi != NULL; i++) {
        serve(engine, &ready[i]);
        if (cvk_is_time_up(stop))
            break;
    }
    return found;
}

/* After each step or wait: brings the descriptor and its timer up to date. */
static void end_turn(cvk_engine *engine)
{
    if (engine->armed >= 0 && engine->armed <= cvk_now())
        engine->armed = -1;
    update_descriptor(engine);
}

void cvk_engine_step(cvk_engine *engine, long budget)
{
    int64_t start = budget < 0 ? 0 : cvk_microseconds();
    int64_t stop = budget < 0 ? INT64_MAX : start + budget;
    bool more = true;
    /* Calls that begin leave time for answers that have come. */
    run_timers(engine, budget < 0 ? stop : start + budget / 2);
    while (more) {
        more = serve_ready(engine, 0, stop) == ready_at_once;
        if (cvk_is_time_up(stop))
            break;
        run_timers(engine, stop);
        more = more || is_unfinished(engine);
    }
    end_turn(engine);
}

void cvk_engine_wait(cvk_engine *engine, int milliseconds)
{
    enum { rounds = 8 };
    run_timers(engine, INT64_MAX);
    for (int i = 0; i < rounds; i++) {
        bool more = serve_ready(engine, i == 0 ? milliseconds : 0, INT64_MAX) == ready_at_once;
        run_timers(engine, INT64_MAX);
        if (!more)
            break;
    }
    end_turn(engine);
}

cvk_transfer *cvk_engine_finished(cvk_engine *engine)
{
    return engine->finished.first;
}

int cvk_engine_take(cvk_engine *engine, cvk_transfer *transfer)
{
    int owner = transfer->owner;
    cvk_transfer_list_remove(&engine->finished, transfer);
    cvk_transfer_put_away(&engine->spares, transfer);
    if (engine->finished.first == NULL)
        update_descriptor(engine);
    return owner;
}

cvk_transfer *cvk_engine_news(cvk_engine *engine)
{
    return engine->news.first;
}

int cvk_engine_hear(cvk_engine *engine, cvk_transfer *transfer)
{
    int owner = transfer->has_news ? transfer->owner : 0;
    if (owner == 0)
        return 0;
    cvk_pieces_forget(transfer);
    cvk_deadlines_remove(&engine->deadlines, &transfer->due);
    transfer->owner = 0;
    update_descriptor(engine);
    return owner;
}

void cvk_engine_await(cvk_engine *engine, cvk_transfer *transfer, int owner, int64_t timeout)
{
    transfer->owner = owner;
    transfer->deadline = cvk_pieces_resume(transfer) ? cvk_now_and(timeout) : cvk_now();
    cvk_deadlines_add(&engine->deadlines, &transfer->due, transfer->deadline);
    cvk_pieces_tell(transfer);
    update_descriptor(engine);
}

void cvk_engine_cancel(cvk_engine *engine, cvk_transfer *transfer)
{
    cvk_exchange *exchange = transfer->exchange;
    engine->counters.cancelled++;
    engine->counters.in_flight--;
    exchange->failure = CVK_CANCELLED;
    exchange->stage = CVK_FINISHED;
    exchange->reason = "cancelled";
    transfer->cancelled = true;
    if (transfer->handle == NULL) {
        cvk_queues_remove(&engine->queues, transfer);
        end_transfer(engine, transfer);
        return;
    }
    /* Taking a handle out while its name is being looked up would wait for that. It stays, and
     * ends by itself: no callback lets a cancelled transfer go on. */
    if (!is_stuck(transfer)) {
        finish(engine, transfer, CURLE_ABORTED_BY_CALLBACK);
        advance_queues(engine);
    }
}

int cvk_engine_fd(cvk_engine *engine)
{
    engine->watched = true;
    update_descriptor(engine);
    return cvk_poller_fd(engine->poller);
}

bool cvk_engine_watch(cvk_engine *engine, int fd, bool on)
{
    return cvk_guests_watch(&engine->guests, engine->poller, fd, on);
}

void cvk_engine_alarm(cvk_engine *engine, long milliseconds)
{
    engine->alarm = milliseconds < 0 ? -1 : milliseconds == 0 ? 0 : cvk_now() + milliseconds;
    update_descriptor(engine);
}

long cvk_engine_timeout(const cvk_engine *engine)
{
    if (engine->finished.first != NULL || engine->news.first != NULL)
        return 0;
    return next_due(engine) < 0 ? -1 : (long)shorter(-1, next_due(engine));
}

const cvk_counters *cvk_engine_counters(cvk_engine *engine)
{
    engine->counters.queued = engine->queues.count;
    return &engine->counters;
}
