#include "easy.h"

#include "uri.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    most_header_bytes = 256 * 1024, /* of one exchange, interim answers included */
    most_idle_handles = 64,         /* kept by one client */
    idle_connection_seconds = 20,   /* older ones are likely to be dead at the other end */
};

typedef struct cvk_idle {
    struct cvk_idle *next;
    CURL *easy;
} cvk_idle;

const char *cvk_easy_version(void)
{
    static const char version[] = "libcurl/" LIBCURL_VERSION;
    return version;
}

const char *cvk_easy_trust(const cvk_settings *settings)
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

/* ---- what libcurl calls ------------------------------------------------------------------ */

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
    while (at < size && (line[at] == ' ' || line[at] == '\t'))
        at++;
    while (size > at && memchr(" \t\r\n", line[size - 1], 4) != NULL)
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
    cvk_exchange *exchange = user;
    exchange->header_bytes += size;
    if (exchange->abandoned)
        return 0;
    if (exchange->header_bytes > most_header_bytes) {
        exchange->failure = CVK_TOO_LARGE;
        exchange->head_too_large = true;
        return 0;
    }
    if (size > 5 && memcmp(data, "HTTP/", 5) == 0) { /* the one before was an interim answer */
        cvk_buffer_clear(&exchange->headers);
        exchange->head_ended = false;
        exchange->length = -1;
    } else if (data[0] == '\r' || data[0] == '\n') {
        exchange->head_ended = true;
    } else if (!exchange->head_ended && !learn_length(exchange, data, size)) {
        exchange->failure = CVK_NETWORK;
        exchange->why = "the answer does not say clearly how long it is";
        return 0;
    }
    cvk_buffer_add(&exchange->headers, data, size);
    if (exchange->headers.failed)
        exchange->failure = CVK_MEMORY;
    return exchange->headers.failed ? 0 : size;
}

/*
 * When a kept connection dies before an answer has begun, libcurl sends the request again by
 * itself, and reports success. Only reading may be repeated so; whether anything else may is not for
 * libcurl to say, and what its repeat answers ("gone already") would mislead. It asks before it sends
 * since 7.80.0; with an older one the body comes through a function that nothing can wind back.
 */
#if LIBCURL_VERSION_NUM >= 0x075000
#define CVK_LIBCURL_ASKS 1

static int on_ready_to_send(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    cvk_exchange *exchange = user;
    long bytes = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &bytes);
    bool again = exchange->asked && bytes > exchange->bytes_before;
    if (!exchange->asked)
        exchange->bytes_before = bytes; /* what went to a proxy */
    exchange->asked = true;
    if (again && exchange->request.operation->method != CVK_GET) {
        exchange->failure = CVK_NETWORK;
        exchange->why = "the connection was closed before an answer came";
        return CURL_PREREQFUNC_ABORT;
    }
    return exchange->abandoned ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

#else
#define CVK_LIBCURL_ASKS 0

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

#endif

/* Programs that the caller starts have no business with our connections. */
static int on_new_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
    (void)user;
    (void)purpose;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}

/* ---- handles ----------------------------------------------------------------------------- */

static CURL *new_easy(const cvk_settings *settings)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
#if CVK_LIBCURL_ASKS
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready_to_send);
#else
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
#endif
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, settings->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)idle_connection_seconds);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0: a look-up in progress holds up no deadline */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075500 /* 7.85.0 */
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    CURLcode code =
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    long version = settings->http_version == 1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
    /* A libcurl built without HTTP/2 refuses. */
    if (curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version) != CURLE_OK)
        code |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    code |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
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

CURL *cvk_easy_take(cvk_settings *settings)
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

void cvk_easy_give(cvk_settings *settings, CURL *easy)
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
        code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
#if CVK_LIBCURL_ASKS /* with the body at hand it goes out in one piece with the head */
        code |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                                 request->body.size > 0 ? request->body.data : "");
#endif
    } else {
        code = curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    bool plain = body ? method == CVK_POST : method == CVK_GET;
    return code |
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, plain ? NULL : cvk_method_name(method));
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

bool cvk_easy_prepare(CURL *easy, cvk_exchange *exchange, long timeout)
{
    const cvk_request *request = &exchange->request;
    cvk_buffer_clear(&exchange->address);
    cvk_request_address(request, true, &exchange->address);
    const char *address = cvk_buffer_string(&exchange->address);
    if (address == NULL || !build_lines(exchange, request->operation->has_body))
        return false;
    CURLcode code = set_method(easy, request);
    code |= curl_easy_setopt(easy, CURLOPT_URL, address);
    code |= curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, request_target(exchange, address));
    code |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                             (struct curl_slist *)(void *)exchange->lines.data);
    code |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    code |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->message);
    code |= curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    code |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    code |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
#if CVK_LIBCURL_ASKS
    code |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
#else
    code |= curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
#endif
    return code == CURLE_OK;
}

void cvk_easy_drop_idle(cvk_settings *settings)
{
    while (settings->idle != NULL) {
        cvk_idle *idle = settings->idle;
        settings->idle = idle->next;
        curl_easy_cleanup(idle->easy);
        free(idle);
    }
    settings->idle_count = 0;
}

/* ---- results ----------------------------------------------------------------------------- */

/* A transfer that ends before it has properly begun leaves a handle's figures as the one before it
 * left them. What our callbacks have seen is certain to be about this one. */

bool cvk_easy_has_sent(const cvk_exchange *exchange)
{
    long bytes = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &bytes);
#if CVK_LIBCURL_ASKS
    return exchange->asked && bytes > exchange->bytes_before;
#else
    curl_off_t before = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &before);
    return bytes > 0 && before > 0;
#endif
}

int cvk_easy_status(const cvk_exchange *exchange)
{
    long status = 0;
    if (exchange->header_bytes > 0)
        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* libcurl is content with an end amid the headers, or after an interim answer. */
static cvk_failure check_head(cvk_exchange *exchange)
{
    if (exchange->head_ended && (exchange->status >= 200 || exchange->status == 101))
        return CVK_FINE;
    snprintf(exchange->message, sizeof exchange->message, "the connection ended amid the headers");
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
