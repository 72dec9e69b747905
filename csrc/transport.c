#include "transport.h"

#include "poller.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    most_header_bytes = 256 * 1024, /* of one exchange, interim answers included */
    most_idle_handles = 64,         /* kept by one client */
    idle_connection_seconds = 20,   /* older ones are likely to be dead at the other end */
    ready_at_once = 32,
};

/* Calls in the multi interface that are not its own fault only come with these. */
#define MULTI_OK(code) ((code) == CURLM_OK || (code) == CURLM_BAD_SOCKET)

typedef struct cvk_idle {
    struct cvk_idle *next;
    CURL *easy;
} cvk_idle;

typedef struct exchange_list {
    cvk_exchange *first, *last;
} exchange_list;

struct cvk_transport {
    CURLM *multi;
    cvk_poller *poller;
    exchange_list flying;
    exchange_list finished;
    cvk_counters counters;
    int64_t due;   /* when libcurl wants to be called, by cvk_now(); -1: not */
    int64_t armed; /* what the poller's timer is set to; -1: nothing */
    bool watched;  /* somebody else waits on the descriptor */
};

int64_t cvk_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const char *cvk_transport_version(void)
{
    static const char version[] = "libcurl/" LIBCURL_VERSION;
    return version;
}

/* ---- settings and exchanges ------------------------------------------------------------------ */

cvk_settings *cvk_settings_new(void)
{
    cvk_settings *settings = calloc(1, sizeof *settings);
    if (settings != NULL)
        settings->holders = 1;
    return settings;
}

cvk_settings *cvk_settings_hold(cvk_settings *settings)
{
    settings->holders++;
    return settings;
}

/* A proxy's address may hold a password, a key file's name may tell more than it should. */
static void wipe_string(char *string)
{
    if (string == NULL)
        return;
    explicit_bzero(string, strlen(string));
    free(string);
}

void cvk_settings_release(cvk_settings *settings)
{
    if (settings == NULL || --settings->holders > 0)
        return;
    while (settings->idle != NULL) {
        cvk_idle *idle = settings->idle;
        settings->idle = idle->next;
        curl_easy_cleanup(idle->easy);
        free(idle);
    }
    wipe_string(settings->proxy);
    wipe_string(settings->ca_file);
    wipe_string(settings->cert);
    wipe_string(settings->key);
    free(settings);
}

const char *cvk_settings_trust(const cvk_settings *settings)
{
    if (settings->ca_file != NULL)
        return settings->ca_file;
#if LIBCURL_VERSION_NUM >= 0x075400 /* 7.84.0 */
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->age >= CURLVERSION_TENTH && info->cainfo != NULL)
        return info->cainfo;
#endif
    return "libcurl's default certificates";
}

cvk_exchange *cvk_exchange_new(cvk_settings *settings)
{
    cvk_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->holders = 1;
    exchange->settings = cvk_settings_hold(settings);
    return exchange;
}

cvk_exchange *cvk_exchange_hold(cvk_exchange *exchange)
{
    exchange->holders++;
    return exchange;
}

void cvk_exchange_release(cvk_exchange *exchange)
{
    if (exchange == NULL || --exchange->holders > 0)
        return;
    cvk_request_free(&exchange->request);
    cvk_buffer_free(&exchange->headers);
    cvk_buffer_free(&exchange->body);
    cvk_buffer_free(&exchange->lines);
    cvk_buffer_wipe(&exchange->address); /* a signature may be part of it */
    cvk_settings_release(exchange->settings);
    free(exchange);
}

void cvk_exchange_reset(cvk_exchange *exchange)
{
    exchange->stage = CVK_AT_REST;
    exchange->failure = CVK_FINE;
    exchange->sent = false;
    exchange->status = 0;
    exchange->message[0] = '\0';
    exchange->body_sent = 0;
    exchange->header_bytes = 0;
    cvk_buffer_clear(&exchange->headers);
    cvk_buffer_clear(&exchange->body);
}

static void append(exchange_list *list, cvk_exchange *exchange)
{
    exchange->next = NULL;
    exchange->previous = list->last;
    if (list->last != NULL)
        list->last->next = exchange;
    else
        list->first = exchange;
    list->last = exchange;
}

static void detach(exchange_list *list, cvk_exchange *exchange)
{
    if (exchange->previous != NULL)
        exchange->previous->next = exchange->next;
    else
        list->first = exchange->next;
    if (exchange->next != NULL)
        exchange->next->previous = exchange->previous;
    else
        list->last = exchange->previous;
    exchange->previous = exchange->next = NULL;
}

/* ---- what libcurl calls (nothing here calls libcurl's multi interface) ------------------------ */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    (void)easy;
    (void)socket_user;
    cvk_transport *transport = user;
    bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    return cvk_poller_watch(transport->poller, fd, in, out) ? 0 : -1;
}

/* libcurl asks for 0 ms with every new transfer; remembering it is all that costs. */
static int on_timer(CURLM *multi, long milliseconds, void *user)
{
    (void)multi;
    cvk_transport *transport = user;
    transport->due = milliseconds < 0 ? -1 : milliseconds == 0 ? 0 : cvk_now() + milliseconds;
    return 0;
}

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    cvk_exchange *exchange = user;
    if (exchange->abandoned)
        return 0;
    if (size > exchange->settings->max_response_bytes - exchange->body.size) {
        exchange->failure = CVK_TOO_LARGE;
        return 0;
    }
    cvk_buffer_add(&exchange->body, data, size);
    if (exchange->body.failed)
        exchange->failure = CVK_MEMORY;
    return exchange->body.failed ? 0 : size;
}

static size_t on_header(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    cvk_exchange *exchange = user;
    exchange->header_bytes += size;
    if (exchange->abandoned)
        return 0;
    if (exchange->header_bytes > most_header_bytes) {
        exchange->failure = CVK_TOO_LARGE;
        return 0;
    }
    if (size > 5 && memcmp(data, "HTTP/", 5) == 0) /* the one before was an interim answer */
        cvk_buffer_clear(&exchange->headers);
    cvk_buffer_add(&exchange->headers, data, size);
    if (exchange->headers.failed)
        exchange->failure = CVK_MEMORY;
    return exchange->headers.failed ? 0 : size;
}

/*
 * The body comes through this function, and there is none to wind it back: libcurl would send a
 * request a second time when a kept connection dies, and with this it cannot.
 */
static size_t on_read(char *data, size_t one, size_t room, void *user)
{
    cvk_exchange *exchange = user;
    if (exchange->abandoned)
        return CURL_READFUNC_ABORT;
    room *= one;
    size_t left = exchange->request.body.size - exchange->body_sent;
    if (left < room)
        room = left;
    if (room > 0)
        memcpy(data, exchange->request.body.data + exchange->body_sent, room);
    exchange->body_sent += room;
    return room;
}

#if LIBCURL_VERSION_NUM >= 0x075000 /* 7.80.0 */
static int on_connected(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    cvk_exchange *exchange = user;
    return exchange->abandoned ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}
#endif

/* ---- easy handles ---------------------------------------------------------------------------- */

static CURL *new_easy(const cvk_settings *settings)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, settings->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)idle_connection_seconds);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500 /* 7.85.0 */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
#endif
    long version = settings->http_version == 1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
    if (code == CURLE_UNSUPPORTED_PROTOCOL) /* a libcurl built without HTTP/2 */
        code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (settings->proxy != NULL || settings->direct)
        code |= curl_easy_setopt(easy, CURLOPT_PROXY, settings->direct ? "" : settings->proxy);
    if (settings->ca_file != NULL)
        code |= curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
    if (settings->cert != NULL)
        code |= curl_easy_setopt(easy, CURLOPT_SSLCERT, settings->cert);
    if (settings->key != NULL)
        code |= curl_easy_setopt(easy, CURLOPT_SSLKEY, settings->key);
    if (code != CURLE_OK) {
        curl_easy_cleanup(easy);
        return NULL;
    }
    return easy;
}

static CURL *take_easy(cvk_settings *settings)
{
    cvk_idle *idle = settings->idle;
    if (idle == NULL)
        return new_easy(settings);
    settings->idle = idle->next;
    settings->idle_count--;
    CURL *easy = idle->easy;
    free(idle);
    return easy;
}

static void give_easy(cvk_settings *settings, CURL *easy)
{
    cvk_idle *idle = settings->idle_count < most_idle_handles ? malloc(sizeof *idle) : NULL;
    if (idle == NULL) {
        curl_easy_cleanup(easy);
        return;
    }
    *idle = (cvk_idle){.next = settings->idle, .easy = easy};
    settings->idle = idle;
    settings->idle_count++;
}

static size_t count_lines(const cvk_buffer *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < lines->size; i++)
        count += lines->data[i] == '\0';
    return count;
}

static struct curl_slist *link_lines(struct curl_slist *node, const cvk_buffer *lines)
{
    for (size_t i = 0; i < lines->size; i += strlen(lines->data + i) + 1, node++)
        *node = (struct curl_slist){.data = lines->data + i, .next = node + 1};
    return node;
}

/* libcurl's list, whose nodes lie in one block and point to the lines where they are. */
static bool build_lines(cvk_exchange *exchange, bool with_body)
{
    static char no_expect[] = "Expect:", no_type[] = "Content-Type:";
    static const cvk_buffer none;
    const cvk_request *request = &exchange->request;
    const cvk_buffer *ours = &request->headers;
    const cvk_buffer *secret = request->credential == NULL ? &none : &request->credential->lines;
    size_t count = count_lines(ours) + count_lines(secret) + 1;
    cvk_buffer_clear(&exchange->lines);
    for (size_t i = 0; i < count; i++)
        cvk_buffer_add(&exchange->lines, &(struct curl_slist){0}, sizeof(struct curl_slist));
    if (exchange->lines.failed)
        return false;
    struct curl_slist *node = (struct curl_slist *)(void *)exchange->lines.data;
    node = link_lines(node, ours);
    node = link_lines(node, secret);
    *node = (struct curl_slist){.data = with_body ? no_expect : no_type};
    return true;
}

static CURLcode set_method(CURL *easy, const cvk_request *request)
{
    cvk_method method = request->operation->method;
    bool body = request->operation->has_body || method == CVK_POST;
    CURLcode code;
    if (body) {
        code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
        code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                 (curl_off_t)request->body.size);
    } else {
        code = curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    bool plain = body ? method == CVK_POST : method == CVK_GET;
    return code | curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                                   plain ? NULL : cvk_method_name(method));
}

static bool prepare_easy(CURL *easy, cvk_exchange *exchange, long timeout)
{
    const cvk_request *request = &exchange->request;
    cvk_buffer_clear(&exchange->address);
    cvk_request_address(request, true, &exchange->address);
    const char *address = cvk_buffer_string(&exchange->address);
    if (address == NULL || !build_lines(exchange, request->operation->has_body))
        return false;
    CURLcode code = set_method(easy, request);
    code |= curl_easy_setopt(easy, CURLOPT_URL, address);
    code |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                             (struct curl_slist *)(void *)exchange->lines.data);
    code |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    code |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->message);
    code |= curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    code |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    code |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    code |= curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
#if LIBCURL_VERSION_NUM >= 0x075000
    code |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
#endif
    return code == CURLE_OK;
}

/* ---- the life of an exchange ------------------------------------------------------------------ */

static cvk_failure failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return CVK_FINE;
    case CURLE_OUT_OF_MEMORY:
        return CVK_MEMORY;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_URL_MALFORMAT:
        return CVK_RESOLVE;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return CVK_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return CVK_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
        return CVK_TLS;
    case CURLE_BAD_CONTENT_ENCODING:
        return CVK_DECODE;
    case CURLE_FILESIZE_EXCEEDED:
        return CVK_TOO_LARGE;
    default:
        return CVK_NETWORK;
    }
}

static void count(cvk_transport *transport, const cvk_exchange *exchange)
{
    long opened = 0;
    curl_off_t up = 0, down = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_NUM_CONNECTS, &opened);
    curl_easy_getinfo(exchange->easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(exchange->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    cvk_counters *counters = &transport->counters;
    counters->connections_opened += (uint64_t)opened;
    counters->connections_reused += opened == 0 && exchange->sent;
    counters->bytes_sent += (uint64_t)up;
    counters->bytes_received += (uint64_t)down;
    counters->failed += exchange->failure != CVK_FINE;
}

/* Whether a part of the request may have reached the server: libcurl had come as far as sending
 * one and bytes have left. (What goes to a proxy before that does not count.) */
static bool has_been_sent(CURL *easy)
{
    long bytes = 0;
    curl_off_t before = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &before);
    return bytes > 0 && before > 0;
}

static void finish(cvk_transport *transport, cvk_exchange *exchange, CURLcode code)
{
    CURL *easy = exchange->easy;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    exchange->status = (int)status;
    exchange->sent = has_been_sent(easy);
    if (exchange->failure == CVK_FINE) /* a callback may have said why it stopped */
        exchange->failure = failure_of(code);
    if (exchange->failure != CVK_FINE && exchange->message[0] == '\0')
        snprintf(exchange->message, sizeof exchange->message, "%s", curl_easy_strerror(code));
    count(transport, exchange);
    curl_multi_remove_handle(transport->multi, easy);
    exchange->easy = NULL;
    give_easy(exchange->settings, easy);
    detach(&transport->flying, exchange);
    transport->counters.in_flight--;
    exchange->transport = NULL;
    if (exchange->abandoned) {
        cvk_exchange_release(exchange);
        return;
    }
    transport->counters.finished++;
    exchange->stage = CVK_FINISHED;
    append(&transport->finished, exchange);
}

static void collect(cvk_transport *transport)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(transport->multi, &left)) != NULL) {
        void *exchange = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        finish(transport, exchange, code);
    }
}

static bool new_multi(cvk_transport *transport)
{
    transport->multi = curl_multi_init();
    if (transport->multi == NULL)
        return false;
    transport->due = -1;
    curl_multi_setopt(transport->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(transport->multi, CURLMOPT_SOCKETDATA, transport);
    curl_multi_setopt(transport->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(transport->multi, CURLMOPT_TIMERDATA, transport);
    return true;
}

/* After an error of its own the multi handle is undefined: fail what is in it, build another. */
static void rebuild(cvk_transport *transport, CURLMcode code)
{
    CURLcode reason = code == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_RECV_ERROR;
    collect(transport);
    while (transport->flying.first != NULL)
        finish(transport, transport->flying.first, reason);
    curl_multi_cleanup(transport->multi);
    if (!new_multi(transport))
        transport->multi = NULL;
}

static void make_curl_ready(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

cvk_transport *cvk_transport_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_curl_ready);
    cvk_transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return NULL;
    transport->armed = -1;
    transport->poller = cvk_poller_new();
    if (transport->poller == NULL || !new_multi(transport)) {
        cvk_poller_free(transport->poller);
        free(transport);
        return NULL;
    }
    return transport;
}

void cvk_transport_abandon(cvk_transport *transport)
{
    for (cvk_exchange *exchange = transport->flying.first; exchange; exchange = exchange->next) {
        exchange->failure = CVK_CANCELLED;
        exchange->stage = CVK_FINISHED;
        exchange->transport = NULL;
    }
}

void cvk_transport_free(cvk_transport *transport)
{
    if (transport == NULL)
        return;
    while (transport->flying.first != NULL) {
        transport->flying.first->failure = CVK_CANCELLED;
        finish(transport, transport->flying.first, CURLE_ABORTED_BY_CALLBACK);
    }
    cvk_exchange *exchange;
    while ((exchange = cvk_transport_take(transport)) != NULL)
        cvk_exchange_release(exchange);
    curl_multi_cleanup(transport->multi);
    cvk_poller_free(transport->poller);
    free(transport);
}

/* Lets the descriptor tell others that wait on it what is to be done, and when. */
static void announce(cvk_transport *transport)
{
    if (!transport->watched)
        return;
    cvk_poller_wake(transport->poller, transport->finished.first != NULL || transport->due == 0);
    int64_t due = transport->due;
    if (due <= 0 || (transport->armed >= 0 && transport->armed <= due))
        return;
    int64_t left = due - cvk_now();
    cvk_poller_arm(transport->poller, left > 0 ? (long)left : 0);
    transport->armed = due;
}

bool cvk_transport_submit(cvk_transport *transport, cvk_exchange *exchange, long timeout)
{
    cvk_exchange_reset(exchange);
    if (transport->multi == NULL && !new_multi(transport))
        return false;
    CURL *easy = take_easy(exchange->settings);
    if (easy == NULL)
        return false;
    if (!prepare_easy(easy, exchange, timeout)) {
        curl_easy_cleanup(easy);
        return false;
    }
    exchange->easy = easy;
    exchange->transport = transport;
    exchange->stage = CVK_IN_FLIGHT;
    append(&transport->flying, cvk_exchange_hold(exchange));
    transport->counters.in_flight++;
    transport->counters.started++;
    CURLMcode code = curl_multi_add_handle(transport->multi, easy);
    if (code != CURLM_OK) {
        detach(&transport->flying, exchange);
        transport->counters.in_flight--;
        exchange->stage = CVK_AT_REST;
        exchange->transport = NULL;
        exchange->easy = NULL;
        curl_easy_cleanup(easy);
        cvk_exchange_release(exchange);
        return false;
    }
    announce(transport);
    return true;
}

/* Calls libcurl when its time has come. */
static void run_timer(cvk_transport *transport)
{
    if (transport->multi == NULL || transport->due < 0 ||
        (transport->due > 0 && transport->due > cvk_now()))
        return;
    transport->due = -1;
    int running;
    CURLMcode code =
        curl_multi_socket_action(transport->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if (!MULTI_OK(code))
        rebuild(transport, code);
    else
        collect(transport);
}

static void serve(cvk_transport *transport, const cvk_ready *ready)
{
    int what = (ready->readable ? CURL_CSELECT_IN : 0) | (ready->writable ? CURL_CSELECT_OUT : 0) |
               (ready->broken ? CURL_CSELECT_ERR : 0);
    int running;
    CURLMcode code = curl_multi_socket_action(transport->multi, ready->fd, what, &running);
    if (!MULTI_OK(code))
        rebuild(transport, code);
    else
        collect(transport);
}

static int shorter(int wait, int64_t until)
{
    int64_t left = until - cvk_now();
    if (left < 0)
        left = 0;
    return wait < 0 || left < wait ? (int)left : wait;
}

void cvk_transport_step(cvk_transport *transport, long budget, int wait)
{
    int64_t stop = budget < 0 ? INT64_MAX : microseconds() + budget;
    cvk_ready ready[ready_at_once];
    bool more = true;
    run_timer(transport);
    while (more) {
        if (transport->finished.first != NULL)
            wait = 0;
        else if (transport->due >= 0)
            wait = shorter(wait, transport->due);
        int found = cvk_poller_wait(transport->poller, wait, ready, ready_at_once);
        CURLM *multi = transport->multi;
        for (int i = 0; i < found && transport->multi == multi && multi != NULL; i++) {
            serve(transport, &ready[i]);
            if (budget >= 0 && microseconds() >= stop)
                break;
        }
        run_timer(transport);
        wait = 0;
        more = found == ready_at_once && (budget < 0 || microseconds() < stop);
    }
    if (transport->armed >= 0 && transport->armed <= cvk_now())
        transport->armed = -1;
    announce(transport);
}

cvk_exchange *cvk_transport_take(cvk_transport *transport)
{
    cvk_exchange *exchange = transport->finished.first;
    if (exchange != NULL)
        detach(&transport->finished, exchange);
    else
        announce(transport);
    return exchange;
}

void cvk_transport_cancel(cvk_exchange *exchange)
{
    if (exchange->stage != CVK_IN_FLIGHT)
        return;
    cvk_transport *transport = exchange->transport;
    transport->counters.cancelled++;
    exchange->failure = CVK_CANCELLED;
    exchange->stage = CVK_FINISHED;
    exchange->abandoned = true;
    /* Taking a handle out while its name is being looked up would wait for that. It stays, and
     * ends by itself: no callback lets an abandoned exchange go on. */
    curl_off_t looked_up = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    if (looked_up > 0)
        finish(transport, exchange, CURLE_ABORTED_BY_CALLBACK);
}

int cvk_transport_fd(cvk_transport *transport)
{
    transport->watched = true;
    announce(transport);
    return cvk_poller_fd(transport->poller);
}

long cvk_transport_timeout(const cvk_transport *transport)
{
    if (transport->finished.first != NULL)
        return 0;
    return transport->due < 0 ? -1 : (long)shorter(-1, transport->due);
}

const cvk_counters *cvk_transport_counters(const cvk_transport *transport)
{
    return &transport->counters;
}
