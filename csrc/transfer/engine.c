#include "transfer/engine.h"

#include "base/deadlines.h"
#include "transfer/handle.h"
#include "transfer/forks.h"
#include "transfer/spin_guard.h"
#include "transfer/libcurl.h"
#include "transfer/poller.h"
#include "transfer/pool.h"
#include "transfer/queue.h"
#include "transfer/result.h"
#include "transfer/reuse.h"
#include "transfer/sockets.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ready_at_once = 32,
    fresh_at_once = 1, /* so many calls libcurl begins before anybody looks at the clock */
    slice = 2000,      /* microseconds after which others have their turn, whatever is to be done */
    look_again = 10,   /* milliseconds after which a call is looked at that could not be ended */
};

struct cvk_transport {
    cvk_transport *next_abandoned; /* see cvk_transport_abandon */
    CURLM *multi;
    cvk_poller *poller;
    cvk_guard guard;
    cvk_sockets sockets;
    cvk_list flying;
    cvk_list finished;
    cvk_deadlines deadlines; /* of all that is under way or waits for its turn */
    cvk_counters counters;
    cvk_queues queues;  /* what waits for its turn */
    size_t fresh;       /* handed to libcurl, which has not looked at them yet */
    int64_t due;        /* when libcurl wants to be called, by cvk_now(); -1: not */
    int64_t alarm;      /* when somebody above wants step() to be called; -1: not */
    int64_t armed;      /* what the poller's timer is set to; -1: nothing */
    cvk_pool pool;      /* of connections that libcurl keeps */
    bool spoilt;        /* one of the connections may be broken */
    int64_t wary_until; /* when the last call has ended that it may still carry; -1: trust */
    bool watched;       /* somebody else waits on the descriptor */
    cvk_hidden hidden;  /* libcurl's own descriptors */
    cvk_fork_watch forks;
};

/* ---- what libcurl calls (nothing here calls libcurl's multi interface) ------------------------ */

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)curl;
    (void)socket_user;
    cvk_transport *transport = user;
    bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    cvk_sockets_busy(&transport->sockets, fd, in || out);
    return cvk_guard_watch(&transport->guard, fd, in, out) ? 0 : -1;
}

/*
 * libcurl asks for 0 ms with every new transfer; remembering it is all that costs. Any other time is
 * rounded up: called too early, libcurl finds nothing to do and does not ask again.
 */
static int on_timer(CURLM *multi, long milliseconds, void *user)
{
    (void)multi;
    cvk_transport *transport = user;
    transport->due = milliseconds < 0    ? -1
                     : milliseconds == 0 ? 0
                                         : (cvk_microseconds() + 999) / 1000 + milliseconds;
    return 0;
}

/* ---- the life of an exchange ------------------------------------------------------------------ */

/* Ends an exchange that libcurl does not hold: for its owner, or for nobody. */
static void settle(cvk_transport *transport, cvk_exchange *exchange)
{
    cvk_deadlines_remove(&transport->deadlines, &exchange->due);
    exchange->transport = NULL;
    if (exchange->abandoned) {
        cvk_exchange_release(exchange);
        return;
    }
    transport->counters.in_flight--;
    transport->counters.finished++;
    transport->counters.failed += exchange->failure != CVK_FINE;
    exchange->stage = CVK_FINISHED;
    cvk_list_add(&transport->finished, exchange);
}

/*
 * A connection that others share may stand still. libcurl would give it to every new call for as long
 * as one is left on it. Until all that may be on it have ended, new calls share no connection; then
 * it is closed.
 */
static void grow_wary(cvk_transport *transport)
{
    if (transport->wary_until >= 0)
        return;
    transport->wary_until = 0;
    for (cvk_exchange *each = transport->flying.first; each != NULL; each = each->next) {
        if (!each->settings->shares)
            continue;
        cvk_easy_isolate(each->easy, true);
        if (each->deadline > transport->wary_until)
            transport->wary_until = each->deadline;
    }
}

/* Takes an exchange from libcurl, and its handle, which may be used again unless it is worn. */
static void take_back(cvk_transport *transport, cvk_exchange *exchange, bool worn)
{
    cvk_easy *easy = exchange->easy;
    curl_multi_remove_handle(transport->multi, easy->curl);
    exchange->easy = NULL;
    exchange->settings->in_flight--;
    if (worn)
        cvk_easy_free(easy);
    else
        cvk_easy_give(exchange->settings, easy);
    cvk_list_remove(&transport->flying, exchange);
}

/* Ends an exchange that libcurl holds, with libcurl's word for how it went. */
static void finish(cvk_transport *transport, cvk_exchange *exchange, CURLcode code)
{
    exchange->status = cvk_easy_status(exchange);
    exchange->sent = cvk_easy_has_sent(exchange);
    cvk_result_explain(exchange, code);
    cvk_result_count(exchange, &transport->counters);
    if (cvk_easy_spoils(exchange)) {
        transport->spoilt = true;
        if (exchange->failure == CVK_TIMEOUT && exchange->settings->shares)
            grow_wary(transport);
    }
    exchange->settings->shares |= cvk_easy_shared(exchange);
    take_back(transport, exchange, cvk_easy_is_worn(exchange));
    settle(transport, exchange);
}

/* `stop` is by cvk_microseconds(), INT64_MAX where there is all the time in the world. */
static bool is_over(int64_t stop)
{
    return stop != INT64_MAX && cvk_microseconds() >= stop;
}

static bool new_multi(cvk_transport *transport)
{
    cvk_guard_clear(&transport->guard);
    transport->due = -1; /* also where there is none: nothing is to be done then */
    cvk_hidden_before(&transport->hidden);
    transport->multi = curl_multi_init();
    cvk_hidden_after(&transport->hidden);
    if (transport->multi == NULL)
        return false;
    transport->pool = (cvk_pool){0};
    transport->spoilt = false;
    transport->wary_until = -1;
    curl_multi_setopt(transport->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(transport->multi, CURLMOPT_SOCKETDATA, transport);
    curl_multi_setopt(transport->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(transport->multi, CURLMOPT_TIMERDATA, transport);
    return true;
}

/* Hands an exchange to libcurl. */
static bool launch(cvk_transport *transport, cvk_exchange *exchange)
{
    if (transport->spoilt && transport->flying.first == NULL) { /* nobody needs what is there */
        curl_multi_cleanup(transport->multi);
        new_multi(transport);
    }
    if (transport->wary_until >= 0 && cvk_now() > transport->wary_until + look_again)
        transport->wary_until = -1;
    cvk_easy *easy = transport->multi == NULL ? NULL : cvk_easy_take(exchange->settings);
    if (easy == NULL)
        return false;
    size_t flying = transport->counters.in_flight - transport->queues.count + 1;
    long kept = cvk_pool_launch(&transport->pool, flying);
    if (kept > 0)
        curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, kept);
    if (transport->wary_until >= 0 && exchange->settings->shares)
        cvk_easy_isolate(easy, false);
    if (!cvk_reuse_adopt(easy, &transport->sockets) || !cvk_easy_prepare(easy, exchange) ||
        curl_multi_add_handle(transport->multi, easy->curl) != CURLM_OK) {
        cvk_easy_free(easy);
        return false;
    }
    exchange->easy = easy;
    exchange->settings->in_flight++;
    transport->fresh++;
    cvk_list_add(&transport->flying, exchange);
    return true;
}

/* ---- waiting for a turn ------------------------------------------------------------------------ */

/* New connections cost most of all: many at once would keep step() from ending in time. */
static bool has_room(const cvk_transport *transport, const cvk_settings *settings)
{
    return transport->fresh < fresh_at_once &&
           (settings->max_in_flight == 0 || settings->in_flight < settings->max_in_flight);
}

static void fail_in_queue(cvk_transport *transport, cvk_exchange *exchange, cvk_failure failure,
                          const char *message)
{
    cvk_queues_remove(&transport->queues, exchange);
    exchange->failure = failure;
    exchange->why = message;
    settle(transport, exchange);
}

/* Begins anew what has not been sent because the connection was stale, over one of its own. */
static void begin_anew(cvk_transport *transport, cvk_exchange *exchange)
{
    take_back(transport, exchange, true);
    exchange->stale = exchange->asked = exchange->connects = false;
    exchange->fresh = true;
    cvk_queues_add(&transport->queues, exchange, true);
}

/* Starts what may have its turn now. */
static void advance_queues(cvk_transport *transport)
{
    cvk_settings *next;
    for (cvk_settings *settings = transport->queues.first; settings != NULL; settings = next) {
        next = settings->next_waiting;
        for (bool more = true; more && has_room(transport, settings);) {
            cvk_exchange *exchange = settings->waiting.first;
            more = exchange != settings->waiting.last; /* else the settings may be gone by then */
            if (exchange->deadline <= cvk_now())
                return; /* expire() comes first */
            cvk_queues_remove(&transport->queues, exchange);
            if (!launch(transport, exchange)) {
                exchange->failure = CVK_MEMORY; /* all that can go wrong there */
                settle(transport, exchange);
            }
        }
    }
}

/* ---- deadlines --------------------------------------------------------------------------------- */

/* Whether a call must be left to libcurl because taking it out would wait for a name. */
static bool is_stuck(const cvk_exchange *exchange)
{
    return !exchange->easy->lets_go && cvk_easy_is_looking_up(exchange);
}

static cvk_exchange *exchange_of(cvk_deadline *due)
{
    return (cvk_exchange *)(void *)((char *)due - offsetof(cvk_exchange, due));
}

/*
 * Ends what is over its deadline, until it is time to stop; returns whether there was anything.
 * libcurl's own timeouts would do the same, but it may lose one of two times that are less than a
 * millisecond apart (seen with 7.88), and takes long where thousands fall together.
 */
static bool expire(cvk_transport *transport, int64_t now, int64_t stop)
{
    bool ended = false, over = false;
    cvk_deadline *due;
    while (!over && (due = cvk_deadlines_due(&transport->deadlines, now)) != NULL) {
        cvk_exchange *exchange = exchange_of(due);
        if (exchange->easy == NULL) {
            fail_in_queue(transport, exchange, CVK_TIMEOUT,
                          "the deadline passed while the call waited for its turn");
        } else if (is_stuck(exchange)) { /* it ends by itself */
            cvk_deadlines_remove(&transport->deadlines, due);
            cvk_deadlines_add(&transport->deadlines, due, now + look_again);
        } else {
            if (exchange->failure == CVK_FINE)
                exchange->why = cvk_result_phase(exchange);
            finish(transport, exchange, CURLE_OPERATION_TIMEDOUT);
        }
        ended = true;
        over = is_over(stop);
    }
    return ended;
}

/* ---- the multi handle -------------------------------------------------------------------------- */

/*
 * Finishes what libcurl has finished. All messages are read first: libcurl goes through those that
 * are left whenever a handle is taken out.
 */
static void collect(cvk_transport *transport)
{
    int left;
    CURLMsg *message;
    cvk_exchange *first = NULL, **end = &first;
    while ((message = curl_multi_info_read(transport->multi, &left)) != NULL) {
        cvk_easy *easy = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &easy);
        easy->code = message->data.result;
        *end = easy->exchange;
        end = &easy->exchange->ended;
    }
    *end = NULL;
    while (first != NULL) {
        cvk_exchange *exchange = first;
        first = exchange->ended;
        if (exchange->stale && !exchange->abandoned)
            begin_anew(transport, exchange);
        else
            finish(transport, exchange, exchange->easy->code);
    }
}

/* After an error of its own the multi handle is undefined: fail what is in it, build another. */
static void rebuild(cvk_transport *transport, CURLMcode code)
{
    collect(transport);
    while (transport->flying.first != NULL) {
        cvk_exchange *exchange = transport->flying.first;
        if (code == CURLM_OUT_OF_MEMORY && exchange->failure == CVK_FINE)
            exchange->failure = CVK_MEMORY;
        finish(transport, exchange, CURLE_RECV_ERROR);
    }
    curl_multi_cleanup(transport->multi);
    new_multi(transport);
}

/* Lets libcurl work on a socket, or by time. */
static void act(cvk_transport *transport, curl_socket_t fd, int what)
{
    int running;
    CURLMcode code = curl_multi_socket_action(transport->multi, fd, what, &running);
    if (code == CURLM_OK || code == CURLM_BAD_SOCKET)
        collect(transport);
    else
        rebuild(transport, code);
    advance_queues(transport);
}

/* Closes what a fork has copied. */
static void let_go(void *owner)
{
    cvk_transport *transport = owner;
    cvk_sockets_close(&transport->sockets);
    cvk_hidden_close(&transport->hidden);
    cvk_poller_let_go(transport->poller);
}

static void make_curl_ready(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

cvk_transport *cvk_transport_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!cvk_libcurl_load(NULL, 0))
        return NULL;
    pthread_once(&once, make_curl_ready);
    cvk_transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return NULL;
    transport->alarm = transport->armed = -1;
    cvk_deadlines_begin(&transport->deadlines, cvk_now());
    transport->poller = cvk_poller_new();
    cvk_guard_begin(&transport->guard, transport->poller);
    cvk_sockets_begin(&transport->sockets, transport->poller, cvk_reuse_wary());
    if (transport->poller == NULL || !new_multi(transport)) {
        cvk_poller_free(transport->poller);
        free(transport);
        return NULL;
    }
    cvk_forks_watch(&transport->forks, let_go, transport);
    return transport;
}

void cvk_transport_free(cvk_transport *transport)
{
    if (transport == NULL)
        return;
    cvk_forks_unwatch(&transport->forks);
    while (transport->queues.first != NULL)
        fail_in_queue(transport, transport->queues.first->waiting.first, CVK_CANCELLED,
                      "cancelled");
    while (transport->flying.first != NULL) {
        transport->flying.first->failure = CVK_CANCELLED;
        finish(transport, transport->flying.first, CURLE_ABORTED_BY_CALLBACK);
    }
    cvk_exchange *exchange;
    while ((exchange = transport->finished.first) != NULL) {
        cvk_list_remove(&transport->finished, exchange);
        cvk_exchange_release(exchange);
    }
    curl_multi_cleanup(transport->multi);
    cvk_guard_clear(&transport->guard);
    cvk_sockets_clear(&transport->sockets);
    cvk_poller_free(transport->poller);
    free(transport);
}

/* Whether its request has left, or will, is the parent's affair and unknown here. */
static void orphan(cvk_exchange *first)
{
    for (cvk_exchange *exchange = first; exchange != NULL; exchange = exchange->next) {
        exchange->failure = CVK_CANCELLED;
        exchange->sent = true;
        exchange->why = "left to the process that forked";
        exchange->stage = CVK_FINISHED;
        exchange->transport = NULL;
        exchange->due = (cvk_deadline){0};
        exchange->settings->in_flight = 0;
    }
}

/* In the child of a fork: what is the parent's. It is never given back, as libcurl would tell the
 * servers of that, but it is not lost either: leak checkers find it here. */
static cvk_transport *abandoned;

void cvk_transport_abandon(cvk_transport *transport)
{
    cvk_forks_let_go(&transport->forks);
    orphan(transport->flying.first);
    orphan(transport->finished.first);
    for (cvk_settings *settings = transport->queues.first; settings;
         settings = settings->next_waiting) {
        orphan(settings->waiting.first);
        settings->waiting = (cvk_list){0};
    }
    transport->next_abandoned = abandoned;
    abandoned = transport;
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

/* When there is work by time; -1: not. */
static int64_t next_due(const cvk_transport *transport)
{
    if (transport->fresh >= fresh_at_once)
        return 0;
    int64_t due = earlier(transport->due, cvk_deadlines_next(&transport->deadlines));
    return earlier(due, transport->guard.due);
}

/* The same for those that watch the descriptor. */
static int64_t next_watched(const cvk_transport *transport)
{
    return earlier(next_due(transport), transport->alarm);
}

/* Lets the descriptor tell others that wait on it what is to be done, and when. */
static void announce(cvk_transport *transport)
{
    if (!transport->watched)
        return;
    if (transport->flying.first == NULL)
        cvk_poller_rest(transport->poller);
    int64_t due = next_watched(transport);
    cvk_poller_wake(transport->poller, transport->finished.first != NULL || due == 0);
    if (due < 0 && transport->armed >= 0) {
        cvk_poller_arm(transport->poller, -1);
        transport->armed = -1;
    } else if (due > 0 && (transport->armed < 0 || transport->armed > due)) {
        int64_t left = due - cvk_now();
        cvk_poller_arm(transport->poller, left > 0 ? (long)left : 0);
        transport->armed = due;
    }
}

bool cvk_transport_submit(cvk_transport *transport, cvk_exchange *exchange, int64_t timeout)
{
    cvk_exchange_reset(exchange);
    if (transport->multi == NULL && !new_multi(transport))
        return false;
    exchange->deadline = (cvk_microseconds() + timeout) / 1000 + 1;
    exchange->transport = transport;
    exchange->stage = CVK_IN_FLIGHT;
    if (!has_room(transport, exchange->settings)) {
        cvk_queues_add(&transport->queues, exchange, false);
    } else if (!launch(transport, exchange)) {
        exchange->transport = NULL;
        exchange->stage = CVK_AT_REST;
        return false;
    }
    cvk_deadlines_add(&transport->deadlines, &exchange->due, exchange->deadline);
    cvk_exchange_hold(exchange);
    transport->counters.in_flight++;
    transport->counters.started++;
    announce(transport);
    return true;
}

/* Does what is due by time, and begins what may have its turn, until it is time to stop or a slice
 * of time is over. */
static void run_timers(cvk_transport *transport, int64_t stop)
{
    int64_t now = cvk_microseconds();
    if (stop > now + slice)
        stop = now + slice;
    do {
        bool more = transport->fresh >= fresh_at_once;
        transport->fresh = 0;
        more |= expire(transport, now / 1000, stop); /* libcurl may not need to be called then */
        if (transport->guard.due >= 0 && transport->guard.due <= now / 1000)
            cvk_guard_resume(&transport->guard);
        if (transport->multi != NULL && transport->due >= 0 && transport->due <= now / 1000) {
            transport->due = -1;
            act(transport, CURL_SOCKET_TIMEOUT, 0);
        } else if (more) {
            advance_queues(transport);
        }
        now = cvk_microseconds();
    } while (transport->fresh >= fresh_at_once && now < stop);
}

/* A number that changes with every call that begins, ends or gets or sends some bytes. */
static uint32_t progress(const cvk_transport *transport)
{
    const cvk_counters *counters = &transport->counters;
    uint64_t sum = counters->started + counters->finished + counters->cancelled;
    for (cvk_exchange *exchange = transport->flying.first; exchange; exchange = exchange->next) {
        curl_off_t up = 0, down = 0;
        long request = 0, head = 0;
        curl_easy_getinfo(exchange->easy->curl, CURLINFO_SIZE_UPLOAD_T, &up);
        curl_easy_getinfo(exchange->easy->curl, CURLINFO_SIZE_DOWNLOAD_T, &down);
        curl_easy_getinfo(exchange->easy->curl, CURLINFO_REQUEST_SIZE, &request);
        curl_easy_getinfo(exchange->easy->curl, CURLINFO_HEADER_SIZE, &head);
        sum += (uint64_t)up + (uint64_t)down + (uint64_t)request + (uint64_t)head;
    }
    return (uint32_t)sum;
}

static void serve(cvk_transport *transport, const cvk_ready *ready)
{
    act(transport, ready->fd,
        (ready->readable ? CURL_CSELECT_IN : 0) | (ready->writable ? CURL_CSELECT_OUT : 0) |
            (ready->broken ? CURL_CSELECT_ERR : 0));
    if (cvk_guard_fired(&transport->guard, ready->fd))
        cvk_guard_look(&transport->guard, ready->fd, progress(transport));
}

static int shorter(int wait, int64_t until)
{
    int64_t left = until - cvk_now();
    if (left < 0)
        left = 0;
    return wait < 0 || left < wait ? (int)left : wait;
}

/* Whether there is work left that needs no socket and no libcurl. */
static bool is_unfinished(const cvk_transport *transport)
{
    int64_t due = cvk_deadlines_next(&transport->deadlines);
    return transport->fresh >= fresh_at_once || (due >= 0 && due <= cvk_now());
}

/* Waits for sockets, and lets libcurl work on those that are ready. Returns their number. */
static int serve_ready(cvk_transport *transport, int wait, int64_t stop)
{
    cvk_ready ready[ready_at_once];
    if (transport->finished.first != NULL)
        wait = 0;
    else if (next_due(transport) >= 0)
        wait = shorter(wait, next_due(transport));
    int found = cvk_poller_wait(transport->poller, wait, ready, ready_at_once);
    CURLM *multi = transport->multi;
    for (int i = 0; i < found && transport->multi == multi && multi != NULL; i++) {
        serve(transport, &ready[i]);
        if (is_over(stop))
            break;
    }
    return found;
}

/* After some work, or a wait: what others are told changes. */
static void end_turn(cvk_transport *transport)
{
    if (transport->armed >= 0 && transport->armed <= cvk_now())
        transport->armed = -1;
    announce(transport);
}

void cvk_transport_step(cvk_transport *transport, long budget)
{
    int64_t start = budget < 0 ? 0 : cvk_microseconds();
    int64_t stop = budget < 0 ? INT64_MAX : start + budget;
    bool more = true;
    /* Calls that begin leave time for answers that have come. */
    run_timers(transport, budget < 0 ? stop : start + budget / 2);
    while (more) {
        more = serve_ready(transport, 0, stop) == ready_at_once;
        if (is_over(stop))
            break;
        run_timers(transport, stop);
        more = more || is_unfinished(transport);
    }
    end_turn(transport);
}

void cvk_transport_wait(cvk_transport *transport, int milliseconds)
{
    enum { rounds = 8 };
    run_timers(transport, INT64_MAX);
    for (int i = 0; i < rounds; i++) {
        bool more = serve_ready(transport, i == 0 ? milliseconds : 0, INT64_MAX) == ready_at_once;
        run_timers(transport, INT64_MAX);
        if (!more)
            break;
    }
    end_turn(transport);
}

cvk_exchange *cvk_transport_finished(cvk_transport *transport)
{
    return transport->finished.first;
}

void cvk_transport_take(cvk_transport *transport, cvk_exchange *exchange)
{
    cvk_list_remove(&transport->finished, exchange);
    if (transport->finished.first == NULL)
        announce(transport);
}

void cvk_transport_cancel(cvk_exchange *exchange)
{
    if (exchange->stage != CVK_IN_FLIGHT)
        return;
    cvk_transport *transport = exchange->transport;
    transport->counters.cancelled++;
    transport->counters.in_flight--;
    exchange->failure = CVK_CANCELLED;
    exchange->stage = CVK_FINISHED;
    exchange->abandoned = true;
    exchange->why = "cancelled";
    if (exchange->easy == NULL) {
        cvk_queues_remove(&transport->queues, exchange);
        settle(transport, exchange);
        return;
    }
    /* Taking a handle out while its name is being looked up would wait for that. It stays, and
     * ends by itself: no callback lets an abandoned exchange go on. */
    if (!is_stuck(exchange)) {
        finish(transport, exchange, CURLE_ABORTED_BY_CALLBACK);
        advance_queues(transport);
    }
}

int cvk_transport_fd(cvk_transport *transport)
{
    transport->watched = true;
    announce(transport);
    return cvk_poller_fd(transport->poller);
}

void cvk_transport_alarm(cvk_transport *transport, long milliseconds)
{
    transport->alarm = milliseconds < 0 ? -1 : milliseconds == 0 ? 0 : cvk_now() + milliseconds;
    announce(transport);
}

long cvk_transport_timeout(const cvk_transport *transport)
{
    if (transport->finished.first != NULL)
        return 0;
    return next_due(transport) < 0 ? -1 : (long)shorter(-1, next_due(transport));
}

const cvk_counters *cvk_transport_counters(cvk_transport *transport)
{
    transport->counters.queued = transport->queues.count;
    return &transport->counters;
}
