#include "transfer/handle.h"

#include "transfer/reuse.h"
#include "transfer/sockets.h"
#include "base/uri.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    most_header_bytes = 256 * 1024, /* of one exchange, interim answers included */
    most_idle_handles = 256,        /* kept by one client */
    least_expecting = 1000,         /* bytes of a body from which libcurl would wait for "100" */
    idle_connection_seconds = 20,   /* older ones are likely to be dead at the other end */
};

/* The file of certificates that libcurl trusts of itself, or NULL. */
static const char *default_trust(void)
{
#if LIBCURL_VERSION_NUM >= 0x075400 /* 7.84.0 */
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_TENTH ? info->cainfo : NULL;
#else
    return NULL;
#endif
}

const char *cvk_easy_trust(const cvk_settings *settings)
{
    if (settings->ca_file != NULL)
        return settings->ca_file;
    const char *file = default_trust();
    return file == NULL ? "libcurl's default certificates" : file;
}

/* ---- what libcurl calls ------------------------------------------------------------------ */

static cvk_exchange *exchange_of(const void *user)
{
    return ((const cvk_easy *)user)->exchange;
}

static bool begins_head(const char *data, size_t size)
{
    return size > 5 && memcmp(data, "HTTP/", 5) == 0;
}

/*
 * libcurl from 7.83.0 to 8.0.1 adds a header line that begins with a space to the header before it,
 * and takes one that it has freed, of the answer before, where there is none in this answer. It shows
 * a line first to the body's callback, if asked to, which lets none such pass.
 */
static bool is_foldable(cvk_easy *easy, const char *data, size_t size)
{
    bool folded = !easy->amid_line && size > 0 && (data[0] == ' ' || data[0] == '\t');
    easy->amid_line = size > 0 && data[size - 1] != '\n';
    if (folded) {
        easy->exchange->failure = CVK_NETWORK;
        easy->exchange->why = "the answer begins amid a header";
    }
    return !folded;
}

/* The first header has come: from now on there is one to add to. */
static void hide_head(cvk_easy *easy)
{
    curl_easy_setopt(easy->curl, CURLOPT_HEADER, 0L);
    easy->shows_head = false;
}

static bool remembers_headers(void)
{
    unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
    return version >= 0x075300 && version < 0x080100;
}

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    cvk_easy *easy = user;
    cvk_exchange *exchange = easy->exchange;
    if (exchange->abandoned)
        return 0;
    if (easy->shows_head && (!exchange->head_ended || begins_head(data, size)))
        return is_foldable(easy, data, size) ? size : 0;
    if (size > exchange->settings->max_response_bytes - exchange->body.size) {
        exchange->failure = CVK_TOO_LARGE;
        return 0;
    }
    cvk_buffer_add(&exchange->body, data, size);
    if (exchange->body.failed)
        exchange->failure = CVK_MEMORY;
    return exchange->body.failed ? 0 : size;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Notes the Content-Length of a header line. Returns whether it is one, and the only one: libcurl
 * reads what it can of a wrong one and believes the last of several, and so would take a part of an
 * answer for the whole.
 */
static bool learn_length(cvk_exchange *exchange, const char *line, size_t size)
{
    static const char name[] = "Content-Length:";
    size_t at = sizeof name - 1;
    if (size < at || strncasecmp(line, name, at) != 0)
        return true;
    while (at < size && is_space(line[at]))
        at++;
    while (size > at && is_space(line[size - 1]))
        size--;
    bool good = at < size && size - at <= 18; /* more digits are no number of bytes */
    int64_t length = 0;
    for (; good && at < size; at++) {
        good = line[at] >= '0' && line[at] <= '9';
        length = length * 10 + (line[at] - '0');
    }
    if (exchange->length >= 0 && exchange->length != length)
        good = false;
    exchange->length = length;
    return good;
}

static size_t on_header(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    cvk_exchange *exchange = exchange_of(user);
    exchange->header_bytes += size;
    if (exchange->abandoned)
        return 0;
    if (exchange->header_bytes > most_header_bytes) {
        exchange->failure = CVK_TOO_LARGE;
        exchange->head_too_large = true;
        return 0;
    }
    bool first = begins_head(data, size);
    if (first) { /* the one before was an interim answer */
        cvk_buffer_clear(&exchange->headers);
        exchange->head_ended = false;
        exchange->length = -1;
        cvk_reuse_answered(exchange, data, size);
    } else if (data[0] == '\r' || data[0] == '\n') {
        if (!exchange->head_ended)
            cvk_reuse_head_ended(exchange);
        exchange->head_ended = true;
    } else if (!exchange->head_ended && !learn_length(exchange, data, size)) {
        exchange->failure = CVK_NETWORK;
        exchange->why = "the answer does not say clearly how long it is";
        return 0;
    }
    cvk_easy *easy = user;
    if (easy->shows_head && !first && !exchange->head_ended)
        hide_head(easy);
    cvk_buffer_add(&exchange->headers, data, size);
    if (exchange->headers.failed)
        exchange->failure = CVK_MEMORY;
    return exchange->headers.failed ? 0 : size;
}

static bool is_encrypted(const cvk_exchange *exchange)
{
    return !cvk_uri_is_plain(exchange->request.url.data);
}

/*
 * When a kept connection dies before an answer has begun, libcurl sends the request again by
 * itself, and reports success. Only reading may be repeated so; whether anything else may is not for
 * libcurl to say, and what its repeat answers ("gone already") would mislead. It asks before it sends
 * since 7.80.0; with an older one the body comes through a function that nothing can wind back.
 */
#ifndef CVK_LIBCURL_ASKS
#define CVK_LIBCURL_ASKS (LIBCURL_VERSION_NUM >= 0x075000)
#endif

bool cvk_easy_has_sent(const cvk_exchange *exchange)
{
    long bytes = 0;
    if (exchange->sent)
        return true;
#if CVK_LIBCURL_ASKS
    if (!exchange->sending)
        return false;
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > exchange->bytes_before;
#else
    curl_off_t before = 0;
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_REQUEST_SIZE, &bytes);
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_PRETRANSFER_TIME_T, &before);
    return before > 0 && (bytes > 0 || is_encrypted(exchange));
#endif
}

/* Whether the request may be sent, now that libcurl wants to do so over another connection. */
static bool may_repeat(cvk_exchange *exchange)
{
    if (!exchange->sent || exchange->request.operation->method == CVK_GET)
        return true;
    exchange->failure = CVK_NETWORK;
    exchange->why = "the connection was closed before an answer came";
    return false;
}

bool cvk_easy_may_connect(cvk_exchange *exchange)
{
    exchange->connects = true;
    exchange->sent = cvk_easy_has_sent(exchange);
    exchange->sending = false; /* what goes to a proxy now is no part of the request */
    exchange->repeated |= exchange->sent;
    return may_repeat(exchange);
}

#if CVK_LIBCURL_ASKS

static int on_ready_to_send(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote;
    (void)local;
    (void)remote_port;
    cvk_exchange *exchange = exchange_of(user);
    exchange->repeated |= exchange->asked;
    exchange->sent = cvk_easy_has_sent(exchange);
    exchange->asked = true;
    exchange->sending = false;
    if (exchange->abandoned || !may_repeat(exchange))
        return CURL_PREREQFUNC_ABORT;
    if (!cvk_reuse_allowed(exchange, local_port))
        return CURL_PREREQFUNC_ABORT;
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_REQUEST_SIZE, &exchange->bytes_before);
    exchange->sending = true;
    exchange->sent |= is_encrypted(exchange);
    return CURL_PREREQFUNC_OK;
}

#else

static size_t on_read(char *data, size_t one, size_t room, void *user)
{
    cvk_exchange *exchange = exchange_of(user);
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

#endif

/* ---- handles ----------------------------------------------------------------------------- */

static void set_callbacks(cvk_easy *easy)
{
    CURL *curl = easy->curl;
    curl_easy_setopt(curl, CURLOPT_PRIVATE, easy);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, easy->message);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, easy);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, easy);
#if CVK_LIBCURL_ASKS
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_ready_to_send);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, easy);
#else
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, easy);
#endif
}

/*
 * With a folder of certificates beside the file, libcurl reads all of the file for each connection:
 * some 20 ms for the hundreds that systems trust. The systems' folders hold the same ones.
 */
static void forget_folder(CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
}

/* The options that stay. */
static bool set_up(cvk_easy *easy, const cvk_settings *settings)
{
    CURL *curl = easy->curl;
    set_callbacks(easy);
    CURLcode code = cvk_reuse_set_up(easy);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, settings->connect_timeout);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)idle_connection_seconds);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM < 0x080900 /* it frees twice what there is no memory to keep */
    curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0 */
    easy->lets_go = curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
#endif
#if LIBCURL_VERSION_NUM >= 0x075500 /* 7.85.0 */
    code |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    code |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    long version = settings->http_version == 1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
    /* A libcurl built without HTTP/2 refuses. */
    if (curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, version) != CURLE_OK)
        code |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* This has libcurl decode; the header itself is among our lines, which costs it less. */
    easy->unzips = (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ) != 0;
    if (easy->unzips)
        code |= curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    if (settings->proxy != NULL || settings->direct)
        code |= curl_easy_setopt(curl, CURLOPT_PROXY, settings->direct ? "" : settings->proxy);
    if (settings->ca_file != NULL)
        code |= curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca_file);
    const char *file = default_trust();
    if (file != NULL && strcmp(cvk_easy_trust(settings), file) == 0)
        forget_folder(curl);
    if (settings->cert != NULL)
        code |= curl_easy_setopt(curl, CURLOPT_SSLCERT, settings->cert);
    if (settings->key != NULL)
        code |= curl_easy_setopt(curl, CURLOPT_SSLKEY, settings->key);
    return code == CURLE_OK;
}

static cvk_easy *new_easy(const cvk_settings *settings)
{
    cvk_easy *easy = calloc(1, sizeof *easy);
    if (easy == NULL)
        return NULL;
    easy->remembers = remembers_headers();
    easy->curl = curl_easy_init();
    if (easy->curl != NULL && set_up(easy, settings))
        return easy;
    cvk_easy_free(easy);
    return NULL;
}

void cvk_easy_free(cvk_easy *easy)
{
    curl_easy_cleanup(easy->curl);
    free(easy);
}

cvk_easy *cvk_easy_take(cvk_settings *settings)
{
    cvk_easy *easy = settings->idle;
    if (easy == NULL)
        return new_easy(settings);
    settings->idle = easy->next;
    settings->idle_count--;
    return easy;
}

void cvk_easy_give(cvk_settings *settings, cvk_easy *easy)
{
    easy->exchange = NULL;
    if (settings->idle_count >= most_idle_handles) {
        cvk_easy_free(easy);
        return;
    }
    easy->used = true;
    easy->next = settings->idle;
    settings->idle = easy;
    settings->idle_count++;
}

void cvk_easy_isolate(cvk_easy *easy, bool leave)
{
    if (leave)
        curl_easy_setopt(easy->curl, CURLOPT_FORBID_REUSE, 1L);
    else
        curl_easy_setopt(easy->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    easy->last = true;
}

void cvk_easy_drop_idle(cvk_settings *settings)
{
    while (settings->idle != NULL) {
        cvk_easy *easy = settings->idle;
        settings->idle = easy->next;
        cvk_easy_free(easy);
    }
    settings->idle_count = 0;
}

/* Adds a node for each line. `next` is set when all are there: the block may move until then. */
static void add_nodes(cvk_buffer *nodes, char *lines, size_t size)
{
    for (size_t i = 0; i < size; i += strlen(lines + i) + 1)
        cvk_buffer_add(nodes, &(struct curl_slist){.data = lines + i}, sizeof(struct curl_slist));
}

/* libcurl's list of header lines, whose nodes lie in one block and point to the lines where they
 * are. */
static struct curl_slist *build_lines(cvk_exchange *exchange, bool unzips)
{
    static char no_expect[] = "Expect:", no_type[] = "Content-Type:",
                gzip[] = "Accept-Encoding: gzip";
    const cvk_request *request = &exchange->request;
    cvk_buffer *nodes = &exchange->lines;
    cvk_buffer_clear(nodes);
    if (request->base != NULL)
        add_nodes(nodes, request->base->data, request->base->size);
    add_nodes(nodes, request->headers.data, request->headers.size);
    if (request->credential != NULL)
        add_nodes(nodes, request->credential->lines.data, request->credential->lines.size);
    if (unzips && !cvk_lines_have(&request->headers, "Accept-Encoding"))
        add_nodes(nodes, gzip, sizeof gzip);
    if (!request->operation->has_body)
        add_nodes(nodes, no_type, sizeof no_type);
    else if (request->body.size > least_expecting)
        add_nodes(nodes, no_expect, sizeof no_expect);
    if (nodes->failed)
        return NULL;
    struct curl_slist *first = (struct curl_slist *)(void *)nodes->data;
    size_t count = nodes->size / sizeof *first;
    for (size_t i = 0; i + 1 < count; i++)
        first[i].next = &first[i + 1];
    return first;
}

static CURLcode set_method(CURL *curl, const cvk_operation *operation)
{
    cvk_method method = operation->method;
    bool body = operation->has_body || method == CVK_POST;
    bool plain = body ? method == CVK_POST : method == CVK_GET;
    return curl_easy_setopt(curl, body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L) |
           curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, plain ? NULL : cvk_method_name(method));
}

static CURLcode set_body(CURL *curl, const cvk_buffer *body)
{
    return curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size)
#if CVK_LIBCURL_ASKS /* with the body at hand it goes out in one piece with the head */
           | curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->size > 0 ? body->data : "")
#endif
        ;
}

/*
 * What the request line names, where there is a query; NULL: as libcurl reads the address. libcurl
 * before 8.18 forgets the query when there is no memory for its copy, sends the rest and says
 * nothing: a list without its filter, an invitation to another organisation. A proxy for plain http
 * needs the whole address, which libcurl writes; and libcurl tidies an address that is unusual.
 */
static const char *request_target(const cvk_exchange *exchange, const char *address)
{
    const char *target = address + cvk_uri_origin_length(address);
    if (strchr(target, '?') == NULL || (cvk_uri_is_plain(address) && !exchange->settings->direct))
        return NULL;
    for (const char *c = target; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80 || (c[0] == '/' && c[1] == '.'))
            return NULL;
    return target;
}

/* The address with the credential's part, if it has one; NULL: out of memory. */
static const char *address_of(cvk_exchange *exchange)
{
    if (!cvk_request_has_secret_address(&exchange->request))
        return cvk_buffer_string(&exchange->request.url);
    cvk_buffer_clear(&exchange->address);
    cvk_request_address(&exchange->request, true, &exchange->address);
    return cvk_buffer_string(&exchange->address);
}

static long time_left(const cvk_exchange *exchange)
{
    int64_t left = exchange->deadline - cvk_now();
    return left > 1 ? (long)left : 1;
}

bool cvk_easy_prepare(cvk_easy *easy, cvk_exchange *exchange)
{
    CURL *curl = easy->curl;
    const cvk_request *request = &exchange->request;
    const char *address = address_of(exchange);
    struct curl_slist *lines = build_lines(exchange, easy->unzips);
    if (address == NULL || lines == NULL)
        return false;
    CURLcode code = CURLE_OK;
    if (easy->operation != request->operation) {
        easy->operation = NULL;
        code = set_method(curl, request->operation);
    }
    if (request->operation->has_body || request->operation->method == CVK_POST)
        code |= set_body(curl, &request->body);
    if (!easy->lets_go) /* we do not end it, either, while its name is looked up */
        code |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, time_left(exchange));
    const char *target = request_target(exchange, address);
    if (target != NULL || easy->targeted)
        code |= curl_easy_setopt(curl, CURLOPT_REQUEST_TARGET, target);
    code |= curl_easy_setopt(curl, CURLOPT_URL, address);
    code |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    bool show_head = easy->used && easy->remembers;
    if (show_head && !easy->shows_head)
        code |= curl_easy_setopt(curl, CURLOPT_HEADER, 1L);
#if !CVK_LIBCURL_ASKS
    cvk_sockets_sweep(easy->sockets);
#endif
    if (exchange->fresh)
        code |= curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    if (easy->verbose)
        code |= curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L);
    if (code != CURLE_OK)
        return false;
    easy->last |= exchange->fresh;
    easy->verbose = false;
    easy->shows_head = show_head;
    easy->amid_line = false;
    easy->operation = request->operation;
    easy->targeted = target != NULL;
    easy->exchange = exchange;
    return true;
}

/* ---- results ----------------------------------------------------------------------------- */

/* A transfer that ends before it has properly begun leaves a handle's figures as the one before it
 * left them. What our callbacks have seen is certain to be about this one. */

bool cvk_easy_has_begun(const cvk_exchange *exchange)
{
    return exchange->asked || exchange->connects || exchange->header_bytes > 0 ||
           exchange->body_sent > 0;
}

bool cvk_easy_failed_late(const cvk_exchange *exchange)
{
    cvk_failure failure = exchange->failure;
    return exchange->sent &&
           (failure == CVK_RESOLVE || failure == CVK_CONNECT || failure == CVK_TLS);
}

bool cvk_easy_is_worn(const cvk_exchange *exchange)
{
    return exchange->easy->last || exchange->repeated || cvk_easy_failed_late(exchange);
}

bool cvk_easy_is_looking_up(const cvk_exchange *exchange)
{
    curl_off_t looked_up = 0;
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    return looked_up == 0;
}

static bool may_share(const cvk_exchange *exchange)
{
    return exchange->settings->http_version != 1 && is_encrypted(exchange);
}

bool cvk_easy_spoils(const cvk_exchange *exchange)
{
    return may_share(exchange) &&
           (exchange->failure == CVK_NETWORK || exchange->failure == CVK_MEMORY ||
            (exchange->failure == CVK_TIMEOUT && exchange->sent));
}

bool cvk_easy_shared(const cvk_exchange *exchange)
{
    long version = 0;
    if (may_share(exchange))
        curl_easy_getinfo(exchange->easy->curl, CURLINFO_HTTP_VERSION, &version);
    return version >= CURL_HTTP_VERSION_2_0;
}

int cvk_easy_status(const cvk_exchange *exchange)
{
    long status = 0;
    if (exchange->header_bytes > 0)
        curl_easy_getinfo(exchange->easy->curl, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* libcurl is content with an end amid the headers, or after an interim answer. */
static cvk_failure check_head(cvk_exchange *exchange)
{
    if (exchange->head_ended && (exchange->status >= 200 || exchange->status == 101))
        return CVK_FINE;
    exchange->why = "the connection ended amid the headers";
    return CVK_NETWORK;
}

cvk_failure cvk_easy_failure(cvk_exchange *exchange, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return check_head(exchange);
    case CURLE_OUT_OF_MEMORY:
        /* A header line over 100 KiB is this to libcurl before 8.6. */
        exchange->head_too_large = exchange->status != 0 && !exchange->head_ended;
        return exchange->head_too_large ? CVK_TOO_LARGE : CVK_MEMORY;
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
        exchange->head_too_large = !exchange->head_ended;
        return CVK_TOO_LARGE;
#endif
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
