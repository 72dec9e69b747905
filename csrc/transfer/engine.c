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

struct cvk_engine {
    cvk_engine *next_abandoned; /* see cvk_engine_abandon */
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
    cvk_engine *engine = user;
    bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    cvk_sockets_busy(&engine->sockets, fd, in || out);
    return cvk_guard_watch(&engine->guard, fd, in, out) ? 0 : -1;
}

/*
 * libcurl asks for 0 ms with every new transfer; remembering it is all that costs. Any other time is
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

/* ---- the life of an exchange ------------------------------------------------------------------ */

/* Ends an exchange that libcurl does not hold: for its owner, or for nobody. */
static void settle(cvk_engine *engine, cvk_exchange *exchange)
{
    cvk_deadlines_remove(&engine->deadlines, &exchange->due);
    exchange->engine = NULL;
    if (exchange->abandoned) {
        cvk_exchange_release(exchange);
        return;
    }
    engine->counters.in_flight--;
    engine->counters.finished++;
    engine->counters.failed += exchange->failure != CVK_FINE;
    exchange->stage = CVK_FINISHED;
    cvk_list_add(&engine->finished, exchange);
}

/*
 * A connection that others share may stand still. libcurl would give it to every new call for as long
 * as one is left on it. Until all that may be on it have ended, new calls share no connection; then
 * it is closed.
 */
static void grow_wary(cvk_engine *engine)
{
    if (engine->wary_until >= 0)
        return;
    engine->wary_until = 0;
    for (cvk_exchange *each = engine->flying.first; each != NULL; each = each->next) {
        if (!each->settings->shares)
            continue;
        cvk_easy_isolate(each->easy, true);
        if (each->deadline > engine->wary_until)
            engine->wary_until = each->deadline;
    }
}

/* Takes an exchange from libcurl, and its handle, which may be used again unless it is worn. */
static void take_back(cvk_engine *engine, cvk_exchange *exchange, bool worn)
{
    cvk_easy *easy = exchange->easy;
    curl_multi_remove_handle(engine->multi, easy->curl);
    exchange->easy = NULL;
    exchange->settings->in_flight--;
    if (worn)
        cvk_easy_free(easy);
    else
        cvk_easy_give(exchange->settings, easy);
    cvk_list_remove(&engine->flying, exchange);
}

/* Ends an exchange that libcurl holds, with libcurl's word for how it went. */
static void finish(cvk_engine *engine, cvk_exchange *exchange, CURLcode code)
{
    exchange->status = cvk_easy_status(exchange);
    exchange->sent = cvk_easy_has_sent(exchange);
    cvk_result_explain(exchange, code);
    cvk_result_count(exchange, &engine->counters);
    if (cvk_easy_spoils(exchange)) {
        engine->spoilt = true;
        if (exchange->failure == CVK_TIMEOUT && exchange->settings->shares)
            grow_wary(engine);
    }
    exchange->settings->shares |= cvk_easy_shared(exchange);
    take_back(engine, exchange, cvk_easy_is_worn(exchange));
    settle(engine, exchange);
}

/* `stop` is by cvk_microseconds(), INT64_MAX where there is all the time in the world. */
static bool is_over(int64_t stop)
{
    return stop != INT64_MAX && cvk_microseconds() >= stop;
}

static bool new_multi(cvk_engine *engine)
{
    cvk_guard_clear(&engine->guard);
    engine->due = -1; /* also where there is none: nothing is to be done then */
    cvk_hidden_before(&engine->hidden);
    engine->multi = curl_multi_init();
    cvk_hidden_after(&engine->hidden);
    if (engine->multi == NULL)
        return false;
    engine->pool = (cvk_pool){0};
    engine->spoilt = false;
    engine->wary_until = -1;
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
    return true;
}

/* Hands an exchange to libcurl. */
static bool launch(cvk_engine *engine, cvk_exchange *exchange)
{
    if (engine->spoilt && engine->flying.first == NULL) { /* nobody needs what is there */
        curl_multi_cleanup(engine->multi);
        new_multi(engine);
    }
    if (engine->wary_until >= 0 && cvk_now() > engine->wary_until + look_again)
        engine->wary_until = -1;
    cvk_easy *easy = engine->multi == NULL ? NULL : cvk_easy_take(exchange->settings);
    if (easy == NULL)
        return false;
    size_t flying = engine->counters.in_flight - engine->queues.count + 1;
    long kept = cvk_pool_launch(&engine->pool, flying);
    if (kept > 0)
        curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, kept);
    if (engine->wary_until >= 0 && exchange->settings->shares)
        cvk_easy_isolate(easy, false);
    if (!cvk_reuse_adopt(easy, &engine->sockets) || !cvk_easy_prepare(easy, exchange) ||
        curl_multi_add_handle(engine->multi, easy->curl) != CURLM_OK) {
        cvk_easy_free(easy);
        return false;
    }
    exchange->easy = easy;
    exchange->settings->in_flight++;
    engine->fresh++;
    cvk_list_add(&engine->flying, exchange);
    return true;
}

/* ---- waiting for a turn ------------------------------------------------------------------------ */

/* New connections cost most of all: many at once would keep step() from ending in time. */
static bool has_room(const cvk_engine *engine, const cvk_settings *settings)
{
    return engine->fresh < fresh_at_once &&
           (settings->max_in_flight == 0 || settings->in_flight < settings->max_in_flight);
}

static void fail_in_queue(cvk_engine *engine, cvk_exchange *exchange, cvk_failure failure,
                          const char *message)
{
    cvk_queues_remove(&engine->queues, exchange);
    exchange->failure = failure;
    exchange->why = message;
    settle(engine, exchange);
}

/* Begins anew what has not been sent because the connection was stale, over one of its own. */
static void begin_anew(cvk_engine *engine, cvk_exchange *exchange)
{
    take_back(engine, exchange, true);
    exchange->stale = exchange->asked = exchange->connects = false;
    exchange->fresh = true;
    cvk_queues_add(&engine->queues, exchange, true);
}

/* Starts what may have its turn now. */
static void advance_queues(cvk_engine *engine)
{
    cvk_settings *next;
    for (cvk_settings *settings = engine->queues.first; settings != NULL; settings = next) {
        next = settings->next_waiting;
        for (bool more = true; more && has_room(engine, settings);) {
            cvk_exchange *exchange = settings->waiting.first;
            more = exchange != settings->waiting.last; /* else the settings may be gone by then */
            if (exchange->deadline <= cvk_now())
                return; /* expire() comes first */
            cvk_queues_remove(&engine->queues, exchange);
            if (!launch(engine, exchange)) {
                exchange->failure = CVK_MEMORY; /* all that can go wrong there */
                settle(engine, exchange);
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
static bool expire(cvk_engine *engine, int64_t now, int64_t stop)
{
    bool ended = false, over = false;
    cvk_deadline *due;
    while (!over && (due = cvk_deadlines_due(&engine->deadlines, now)) != NULL) {
        cvk_exchange *exchange = exchange_of(due);
        if (exchange->easy == NULL) {
            fail_in_queue(engine, exchange, CVK_TIMEOUT,
                          "the deadline passed while the call waited for its turn");
        } else if (is_stuck(exchange)) { /* it ends by itself */
            cvk_deadlines_remove(&engine->deadlines, due);
            cvk_deadlines_add(&engine->deadlines, due, now + look_again);
        } else {
            if (exchange->failure == CVK_FINE)
                exchange->why = cvk_result_phase(exchange);
            finish(engine, exchange, CURLE_OPERATION_TIMEDOUT);
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
static void collect(cvk_engine *engine)
{
    int left;
    CURLMsg *message;
    cvk_exchange *first = NULL, **end = &first;
    while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
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
            begin_anew(engine, exchange);
        else
            finish(engine, exchange, exchange->easy->code);
    }
}

/* After an error of its own the multi handle is undefined: fail what is in it, build another. */
static void rebuild(cvk_engine *engine, CURLMcode code)
{
    collect(engine);
    while (engine->flying.first != NULL) {
        cvk_exchange *exchange = engine->flying.first;
        if (code == CURLM_OUT_OF_MEMORY && exchange->failure == CVK_FINE)
            exchange->failure = CVK_MEMORY;
        finish(engine, exchange, CURLE_RECV_ERROR);
    }
    curl_multi_cleanup(engine->multi);
    new_multi(engine);
}

/* Lets libcurl work on a socket, or by time. */
static void act(cvk_engine *engine, curl_socket_t fd, int what)
{
    int running;
    CURLMcode code = curl_multi_socket_action(engine->multi, fd, what, &running);
    if (code == CURLM_OK || code == CURLM_BAD_SOCKET)
        collect(engine);
    else
        rebuild(engine, code);
    advance_queues(engine);
}

/* Closes what a fork has copied. */
static void let_go(void *owner)
{
    cvk_engine *engine = owner;
    cvk_sockets_close(&engine->sockets);
    cvk_hidden_close(&engine->hidden);
    cvk_poller_let_go(engine->poller);
}

static void make_curl_ready(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

cvk_engine *cvk_engine_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!cvk_libcurl_load(NULL, 0))
        return NULL;
    pthread_once(&once, make_curl_ready);
    cvk_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->alarm = engine->armed = -1;
    cvk_deadlines_begin(&engine->deadlines, cvk_now());
    engine->poller = cvk_poller_new();
    cvk_guard_begin(&engine->guard, engine->poller);
    cvk_sockets_begin(&engine->sockets, engine->poller, cvk_reuse_wary());
    if (engine->poller == NULL || !new_multi(engine)) {
        cvk_poller_free(engine->poller);
        free(engine);
        return NULL;
    }
    cvk_forks_watch(&engine->forks, let_go, engine);
    return engine;
}

void cvk_engine_free(cvk_engine *engine)
{
    if (engine == NULL)
        return;
    cvk_forks_unwatch(&engine->forks);
    while (engine->queues.first != NULL)
        fail_in_queue(engine, engine->queues.first->waiting.first, CVK_CANCELLED, "cancelled");
    while (engine->flying.first != NULL) {
        engine->flying.first->failure = CVK_CANCELLED;
        finish(engine, engine->flying.first, CURLE_ABORTED_BY_CALLBACK);
    }
    cvk_exchange *exchange;
    while ((exchange = engine->finished.first) != NULL) {
        cvk_list_remove(&engine->finished, exchange);
        cvk_exchange_release(exchange);
    }
    curl_multi_cleanup(engine->multi);
    cvk_guard_clear(&engine->guard);
    cvk_sockets_clear(&engine->sockets);
    cvk_poller_free(engine->poller);
    free(engine);
}

/* Whether its request has left, or will, is the parent's affair and unknown here. */
static void orphan(cvk_exchange *first)
{
    for (cvk_exchange *exchange = first; exchange != NULL; exchange = exchange->next) {
        exchange->failure = CVK_CANCELLED;
        exchange->sent = true;
        exchange->why = "left to the process that forked";
        exchange->stage = CVK_FINISHED;
        exchange->engine = NULL;
        exchange->due = (cvk_deadline){0};
        exchange->settings->in_flight = 0;
    }
}

/* In the child of a fork: what is the parent's. It is never given back, as libcurl would tell the
 * servers of that, but it is not lost either: leak checkers find it here. */
static cvk_engine *abandoned;

void cvk_engine_abandon(cvk_engine *engine)
{
    cvk_forks_let_go(&engine->forks);
    orphan(engine->flying.first);
    orphan(engine->finished.first);
    for (cvk_settings *settings = engine->queues.first; settings;
         settings = settings->next_waiting) {
        orphan(settings->waiting.first);
        settings->waiting = (cvk_list){0};
    }
    engine->next_abandoned = abandoned;
    abandoned = engine;
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

/* When there is work by time; -1: not. */
static int64_t next_due(const cvk_engine *engine)
{
    if (engine->fresh >= fresh_at_once)
        return 0;
    int64_t due = earlier(engine->due, cvk_deadlines_next(&engine->deadlines));
    return earlier(due, engine->guard.due);
}

/* The same for those that watch the descriptor. */
static int64_t next_watched(const cvk_engine *engine)
{
    return earlier(next_due(engine), engine->alarm);
}

/* Lets the descriptor tell others that wait on it what is to be done, and when. */
static void announce(cvk_engine *engine)
{
    if (!engine->watched)
        return;
    if (engine->flying.first == NULL)
        cvk_poller_rest(engine->poller);
    int64_t due = next_watched(engine);
    cvk_poller_wake(engine->poller, engine->finished.first != NULL || due == 0);
    if (due < 0 && engine->armed >= 0) {
        cvk_poller_arm(engine->poller, -1);
        engine->armed = -1;
    } else if (due > 0 && (engine->armed < 0 || engine->armed > due)) {
        int64_t left = due - cvk_now();
        cvk_poller_arm(engine->poller, left > 0 ? (long)left : 0);
        engine->armed = due;
    }
}

bool cvk_engine_submit(cvk_engine *engine, cvk_exchange *exchange, int64_t timeout)
{
    cvk_exchange_reset(exchange);
    if (engine->multi == NULL && !new_multi(engine))
        return false;
    exchange->deadline = (cvk_microseconds() + timeout) / 1000 + 1;
    exchange->engine = engine;
    exchange->stage = CVK_IN_FLIGHT;
    if (!has_room(engine, exchange->settings)) {
        cvk_queues_add(&engine->queues, exchange, false);
    } else if (!launch(engine, exchange)) {
        exchange->engine = NULL;
        exchange->stage = CVK_AT_REST;
        return false;
    }
    cvk_deadlines_add(&engine->deadlines, &exchange->due, exchange->deadline);
    cvk_exchange_hold(exchange);
    engine->counters.in_flight++;
    engine->counters.started++;
    announce(engine);
    return true;
}

/* Does what is due by time, and begins what may have its turn, until it is time to stop or a slice
 * of time is over. */
static void run_timers(cvk_engine *engine, int64_t stop)
{
    int64_t now = cvk_microseconds();
    if (stop > now + slice)
        stop = now + slice;
    do {
        bool more = engine->fresh >= fresh_at_once;
        engine->fresh = 0;
        more |= expire(engine, now / 1000, stop); /* libcurl may not need to be called then */
        if (engine->guard.due >= 0 && engine->guard.due <= now / 1000)
            cvk_guard_resume(&engine->guard);
        if (engine->multi != NULL && engine->due >= 0 && engine->due <= now / 1000) {
            engine->due = -1;
            act(engine, CURL_SOCKET_TIMEOUT, 0);
        } else if (more) {
            advance_queues(engine);
        }
        now = cvk_microseconds();
    } while (engine->fresh >= fresh_at_once && now < stop);
}

/* A number that changes with every call that begins, ends or gets or sends some bytes. */
static uint32_t progress(const cvk_engine *engine)
{
    const cvk_counters *counters = &engine->counters;
    uint64_t sum = counters->started + counters->finished + counters->cancelled;
    for (cvk_exchange *exchange = engine->flying.first; exchange; exchange = exchange->next) {
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

static void serve(cvk_engine *engine, const cvk_ready *ready)
{
    act(engine, ready->fd,
        (ready->readable ? CURL_CSELECT_IN : 0) | (ready->writable ? CURL_CSELECT_OUT : 0) |
            (ready->broken ? CURL_CSELECT_ERR : 0));
    if (cvk_guard_fired(&engine->guard, ready->fd))
        cvk_guard_look(&engine->guard, ready->fd, progress(engine));
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
    return engine->fresh >= fresh_at_once || (due >= 0 && due <= cvk_now());
}

/* Waits for sockets, and lets libcurl work on those that are ready. Returns their number. */
static int serve_ready(cvk_engine *engine, int wait, int64_t stop)
{
    cvk_ready ready[ready_at_once];
    if (engine->finished.first != NULL)
        wait = 0;
    else if (next_due(engine) >= 0)
        wait = shorter(wait, next_due(engine));
    int found = cvk_poller_wait(engine->poller, wait, ready, ready_at_once);
    CURLM *multi = engine->multi;
    for (int i = 0; i < found && engine->multi == multi && multi != NULL; i++) {
        serve(engine, &ready[i]);
        if (is_over(stop))
            break;
    }
    return found;
}

/* After some work, or a wait: what others are told changes. */
static void end_turn(cvk_engine *engine)
{
    if (engine->armed >= 0 && engine->armed <= cvk_now())
        engine->armed = -1;
    announce(engine);
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
        if (is_over(stop))
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

cvk_exchange *cvk_engine_finished(cvk_engine *engine)
{
    return engine->finished.first;
}

void cvk_engine_take(cvk_engine *engine, cvk_exchange *exchange)
{
    cvk_list_remove(&engine->finished, exchange);
    if (engine->finished.first == NULL)
        announce(engine);
}

void cvk_engine_cancel(cvk_exchange *exchange)
{
    if (exchange->stage != CVK_IN_FLIGHT)
        return;
    cvk_engine *engine = exchange->engine;
    engine->counters.cancelled++;
    engine->counters.in_flight--;
    exchange->failure = CVK_CANCELLED;
    exchange->stage = CVK_FINISHED;
    exchange->abandoned = true;
    exchange->why = "cancelled";
    if (exchange->easy == NULL) {
        cvk_queues_remove(&engine->queues, exchange);
        settle(engine, exchange);
        return;
    }
    /* Taking a handle out while its name is being looked up would wait for that. It stays, and
     * ends by itself: no callback lets an abandoned exchange go on. */
    if (!is_stuck(exchange)) {
        finish(engine, exchange, CURLE_ABORTED_BY_CALLBACK);
        advance_queues(engine);
    }
}

int cvk_engine_fd(cvk_engine *engine)
{
    engine->watched = true;
    announce(engine);
    return cvk_poller_fd(engine->poller);
}

void cvk_engine_alarm(cvk_engine *engine, long milliseconds)
{
    engine->alarm = milliseconds < 0 ? -1 : milliseconds == 0 ? 0 : cvk_now() + milliseconds;
    announce(engine);
}

long cvk_engine_timeout(const cvk_engine *engine)
{
    if (engine->finished.first != NULL)
        return 0;
    return next_due(engine) < 0 ? -1 : (long)shorter(-1, next_due(engine));
}

const cvk_counters *cvk_engine_counters(cvk_engine *engine)
{
    engine->counters.queued = engine->queues.count;
    return &engine->counters;
}
