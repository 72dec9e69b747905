#include "transfer/handle.h"
#include "http/headers.h"

#include "base/clock.h"
#include "transfer/pieces.h"
#include "transfer/reuse.h"
#include "transfer/sent.h"
#include "transfer/sockets.h"
#include "transfer/wiping_heap.h"
#include "base/uri.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    most_header_bytes = 256 * 1024, /* of one transfer, interim answers included */
    least_expecting = 1000,         /* bytes of a body from which libcurl would wait for "100" */
    sent_at_once = 16 * 1024,       /* the least that libcurl takes; 64 KiB unless it is told */
    idle_connection_seconds = 20,   /* older ones are likely to be dead at the other end */
    too_large = 100,                /* CURLE_TOO_LARGE, since 8.6.0 */
};

/* Versions of libcurl. */
enum {
    sends_by_buffer = 0x080700, /* each handle keeps a buffer once it has sent a body */
    keeps_sessions = 0x080900,  /* and no longer frees twice those that there is no memory for */
};

/* Of the libcurl that is there at run time, which may be another one than we were compiled for. */
static unsigned loaded_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num;
}

const char *cvk_handle_default_trust(void)
{
#if LIBCURL_VERSION_NUM >= 0x075400 /* 7.84.0 */
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_TENTH ? info->cainfo : NULL;
#else
    return NULL;
#endif
}

const char *cvk_handle_trust(const cvk_settings *settings)
{
    if (settings->ca_file != NULL)
        return settings->ca_file;
    const char *file = cvk_handle_default_trust();
    return file == NULL ? "libcurl's default certificates" : file;
}

/* ---- what libcurl calls ---------------------------------------------------------------------- */

static cvk_transfer *transfer_of(const void *user)
{
    return ((const cvk_handle *)user)->transfer;
}

static bool begins_head(const char *data, size_t size)
{
    return size > 5 && memcmp(data, "HTTP/", 5) == 0;
}

/* Returns false: the callback is to end the transfer, whose answer is no good. */
static bool refuse(cvk_transfer *transfer, const char *reason)
{
    transfer->exchange->failure = CVK_NETWORK;
    transfer->exchange->reason = reason;
    return false;
}

/*
 * libcurl from 7.83.0 to 8.0.1 adds a header line that begins with a space to the header before it,
 * and takes one that it has freed, of the answer before, where there is none in this answer. It shows
 * a line first to the body's callback, if asked to, which refuses such a line.
 */
static bool accept_head(cvk_handle *handle, const char *data, size_t size)
{
    bool folded = !handle->inside_line && size > 0 && (data[0] == ' ' || data[0] == '\t');
    handle->inside_line = size > 0 && data[size - 1] != '\n';
    return !folded || refuse(handle->transfer, "the answer begins amid a header");
}

/* The first header has come: from now on there is one to add to. */
static void hide_head(cvk_handle *handle)
{
    curl_easy_setopt(handle->curl, CURLOPT_HEADER, 0L);
    handle->shows_head = false;
}

static bool libcurl_mixes_headers(void)
{
    unsigned version = loaded_version();
    return version >= 0x075300 && version < 0x080100;
}

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    cvk_handle *handle = user;
    cvk_transfer *transfer = handle->transfer;
    if (transfer->cancelled)
        return 0;
    if (handle->shows_head && (!transfer->head_ended || begins_head(data, size)))
        return accept_head(handle, data, size) ? size : 0;
    if (transfer->exchange->flow != NULL && transfer->exchange->flow->by_pieces)
        return cvk_pieces_received(transfer, data, size);
    if (size > transfer->exchange->settings->max_response_bytes - transfer->exchange->body.size) {
        transfer->exchange->failure = CVK_TOO_LARGE;
        return 0;
    }
    cvk_buffer_add(&transfer->exchange->body, data, size);
    if (transfer->exchange->body.failed)
        transfer->exchange->failure = CVK_MEMORY;
    return transfer->exchange->body.failed ? 0 : size;
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
static bool note_content_length(cvk_transfer *transfer, const char *line, size_t size)
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
    if (transfer->length >= 0 && transfer->length != length)
        good = false;
    transfer->length = length;
    return good;
}

/* Looks at a line between the status line and the end of the head. Other versions of libcurl than
 * accept_head() is for may pass a first one that begins with a space as it is. */
static bool accept_header(cvk_transfer *transfer, const char *line, size_t size)
{
    bool first = !transfer->has_header;
    transfer->has_header = true;
    if (first && (line[0] == ' ' || line[0] == '\t'))
        return refuse(transfer, "the answer begins amid a header");
    return note_content_length(transfer, line, size) ||
           refuse(transfer, "the answer does not say clearly how long it is");
}

static size_t on_header(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    cvk_transfer *transfer = transfer_of(user);
    transfer->header_bytes += size;
    if (transfer->cancelled)
        return 0;
    if (transfer->header_bytes > most_header_bytes) {
        transfer->exchange->failure = CVK_TOO_LARGE;
        transfer->exchange->head_too_large = true;
        return 0;
    }
    bool first = begins_head(data, size);
    if (first) { /* the one before was an interim answer */
        cvk_buffer_clear(&transfer->exchange->headers);
        transfer->head_ended = transfer->has_header = false;
        transfer->length = -1;
        cvk_reuse_answered(transfer, data, size);
    } else if ((data[0] == '\r' || data[0] == '\n') && data[size - 1] == '\n') {
        if (!transfer->head_ended)
            cvk_reuse_head_ended(transfer);
        if (!transfer->head_ended && transfer->exchange->flow != NULL)
            cvk_pieces_answered(transfer, cvk_handle_status(transfer));
        transfer->head_ended = true;
    } else if (!transfer->head_ended && !accept_header(transfer, data, size)) {
        return 0;
    }
    cvk_handle *handle = user;
    if (handle->shows_head && !first && !transfer->head_ended)
        hide_head(handle);
    cvk_buffer_add(&transfer->exchange->headers, data, size);
    if (transfer->exchange->headers.failed)
        transfer->exchange->failure = CVK_MEMORY;
    return transfer->exchange->headers.failed ? 0 : size;
}

#if CVK_HAS_PREREQUEST

static int on_ready_to_send(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote;
    (void)local;
    (void)remote_port;
    cvk_transfer *transfer = transfer_of(user);
    transfer->was_repeated |= transfer->prerequest_called;
    transfer->exchange->sent = cvk_sent_any(transfer);
    transfer->prerequest_called = true;
    transfer->may_send = false;
    if (transfer->cancelled || !cvk_sent_may_repeat(transfer))
        return CURL_PREREQFUNC_ABORT;
    if (!cvk_reuse_allowed(transfer, local_port))
        return CURL_PREREQFUNC_ABORT;
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_REQUEST_SIZE, &transfer->bytes_to_proxy);
    transfer->may_send = true;
    transfer->exchange->sent |= cvk_sent_is_encrypted(transfer);
    return CURL_PREREQFUNC_OK;
}

#else

static size_t on_read(char *data, size_t one, size_t room, void *user)
{
    cvk_transfer *transfer = transfer_of(user);
    if (transfer->cancelled)
        return CURL_READFUNC_ABORT;
    room *= one;
    size_t left = transfer->exchange->request.body.size - transfer->body_sent;
    if (left < room)
        room = left;
    if (room > 0)
        memcpy(data, transfer->exchange->request.body.data + transfer->body_sent, room);
    transfer->body_sent += room;
    return room;
}

#endif

static size_t on_piece_wanted(char *data, size_t one, size_t room, void *user)
{
    cvk_transfer *transfer = transfer_of(user);
    return transfer->cancelled ? CURL_READFUNC_ABORT : cvk_pieces_read(transfer, data, one * room);
}

/* ---- handles --------------------------------------------------------------------------------- */

static void set_callbacks(cvk_handle *handle)
{
    CURL *curl = handle->curl;
    curl_easy_setopt(curl, CURLOPT_PRIVATE, handle);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle->message);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, handle);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, handle);
#if CVK_HAS_PREREQUEST
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_ready_to_send);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, handle);
#else
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, handle);
#endif
}

/*
 * With a folder of certificates beside the file, libcurl reads all of the file for each connection:
 * some 20 ms for the hundreds that systems trust. The systems' folders hold the same ones.
 */
static void ignore_ca_folder(CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
}

/* The options that stay. */
static bool set_up(cvk_handle *handle, const cvk_settings *settings)
{
    CURL *curl = handle->curl;
    set_callbacks(handle);
    CURLcode code = cvk_reuse_set_up(handle);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)CVK_RECEIVED_AT_ONCE);
    if (loaded_version() >= sends_by_buffer)
        curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)sent_at_once);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, settings->connect_timeout);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)idle_connection_seconds);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    if (loaded_version() < keeps_sessions)
        curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0 */
    handle->quick_exit = curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
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
    handle->decodes_gzip = (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_LIBZ) != 0;
    if (handle->decodes_gzip)
        code |= curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    if (settings->proxy != NULL || settings->no_proxy)
        code |= curl_easy_setopt(curl, CURLOPT_PROXY, settings->no_proxy ? "" : settings->proxy);
    if (settings->ca_file != NULL)
        code |= curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca_file);
    const char *file = cvk_handle_default_trust();
    if (file != NULL && strcmp(cvk_handle_trust(settings), file) == 0)
        ignore_ca_folder(curl);
    if (settings->cert != NULL)
        code |= curl_easy_setopt(curl, CURLOPT_SSLCERT, settings->cert);
    if (settings->key != NULL)
        code |= curl_easy_setopt(curl, CURLOPT_SSLKEY, settings->key);
    return code == CURLE_OK;
}

cvk_handle *cvk_handle_new(const cvk_settings *settings)
{
    cvk_handle *handle = calloc(1, sizeof *handle);
    if (handle == NULL)
        return NULL;
    handle->mixes_headers = libcurl_mixes_headers();
    handle->curl = curl_easy_init();
    if (handle->curl != NULL && set_up(handle, settings))
        return handle;
    cvk_handle_free(handle);
    return NULL;
}

void cvk_handle_free(cvk_handle *handle)
{
    curl_easy_cleanup(handle->curl);
    free(handle);
}

void cvk_handle_isolate(cvk_handle *handle, bool leave)
{
    if (leave)
        curl_easy_setopt(handle->curl, CURLOPT_FORBID_REUSE, 1L);
    else
        curl_easy_setopt(handle->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    handle->close_after = true;
}

/* Adds a node for each line. `next` is set when all are there: the block may move until then. */
static void add_nodes(cvk_buffer *nodes, char *lines, size_t size)
{
    for (size_t i = 0; i < size; i += strlen(lines + i) + 1)
        cvk_buffer_add(nodes, &(struct curl_slist){.data = lines + i}, sizeof(struct curl_slist));
}

/* libcurl's list of header lines, whose nodes lie in one block and point to the lines where they
 * are. */
static struct curl_slist *build_lines(cvk_transfer *transfer, bool decodes_gzip)
{
    static char no_expect[] = "Expect:", no_type[] = "Content-Type:",
                gzip[] = "Accept-Encoding: gzip", chunked[] = "Transfer-Encoding: chunked";
    const cvk_request *request = &transfer->exchange->request;
    const cvk_flow *flow = transfer->exchange->flow;
    bool uploads = flow != NULL && flow->uploads;
    cvk_buffer *nodes = &transfer->lines;
    cvk_buffer_clear(nodes);
    if (request->base != NULL)
        add_nodes(nodes, request->base->data, request->base->size);
    add_nodes(nodes, request->headers.data, request->headers.size);
    if (request->credential != NULL)
        add_nodes(nodes, request->credential->lines.data, request->credential->lines.size);
    if (decodes_gzip && !cvk_header_lines_have(&request->headers, "Accept-Encoding"))
        add_nodes(nodes, gzip, sizeof gzip);
    if (!request->has_body)
        add_nodes(nodes, no_type, sizeof no_type);
    else if (request->body.size > least_expecting || uploads)
        add_nodes(nodes, no_expect, sizeof no_expect);
    if (uploads && flow->size < 0)
        add_nodes(nodes, chunked, sizeof chunked);
    if (nodes->failed || request->headers.failed)
        return NULL;
    struct curl_slist *first = (struct curl_slist *)(void *)nodes->data;
    size_t count = nodes->size / sizeof *first;
    for (size_t i = 0; i + 1 < count; i++)
        first[i].next = &first[i + 1];
    return first;
}

/* What libcurl has to be told of a request's method: the same for those that differ in no such thing. */
static int method_of(const cvk_request *request)
{
    return (int)request->operation->method * 2 + request->has_body + 1;
}

/* Whether a request tells the length of its body: with these methods of an empty one, too, without which some
 * servers answer 411. */
static bool tells_length(const cvk_request *request)
{
    cvk_method method = request->operation->method;
    return request->has_body || method == CVK_POST || method == CVK_PUT || method == CVK_PATCH;
}

static CURLcode set_method(CURL *curl, const cvk_request *request)
{
    cvk_method method = request->operation->method;
    bool body = tells_length(request);
    bool plain = body ? method == CVK_POST : method == CVK_GET || method == CVK_HEAD;
    CURLoption option = body                 ? CURLOPT_POST
                        : method == CVK_HEAD ? CURLOPT_NOBODY
                                             : CURLOPT_HTTPGET; /* each takes back the others */
    return curl_easy_setopt(curl, option, 1L) |
           curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, plain ? NULL : cvk_method_name(method));
}

static CURLcode set_body(CURL *curl, const cvk_buffer *body)
{
    return curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size)
#if CVK_HAS_PREREQUEST /* with the body at hand it goes out in one piece with the head */
           | curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->size > 0 ? body->data : "")
#endif
        ;
}

/*
 * What goes by pieces may stand still for long, so it has a connection that no other call uses meanwhile, and
 * a body that cannot be wound back a new one. libcurl must not hold the whole to the time for its first piece.
 */
static CURLcode set_flow(cvk_handle *handle, cvk_transfer *transfer)
{
    CURL *curl = handle->curl;
    const cvk_flow *flow = transfer->exchange->flow;
    cvk_handle_isolate(handle, false);
    CURLcode code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 0L);
    if (!flow->uploads)
        return code;
    transfer->needs_new_connection = true;
    return code | curl_easy_setopt(curl, CURLOPT_POSTFIELDS, NULL) |
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)flow->size) |
           curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_piece_wanted) |
           curl_easy_setopt(curl, CURLOPT_READDATA, handle);
}

/*
 * What the request line names, where there is a query; NULL: as libcurl reads the address. libcurl
 * before 8.18 forgets the query when there is no memory for its copy, sends the rest and says
 * nothing: a list without its filter, an invitation to another organisation. A proxy for plain http
 * needs the whole address, which libcurl writes; and libcurl tidies an address that is unusual.
 */
static const char *request_target(const cvk_transfer *transfer, const char *address)
{
    const char *target = address + cvk_uri_origin_length(address);
    if (strchr(target, '?') == NULL ||
        (cvk_uri_is_plain(address) && !transfer->exchange->settings->no_proxy))
        return NULL;
    for (const char *c = target; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80 || (c[0] == '/' && c[1] == '.'))
            return NULL;
    return target;
}

/* The address with the credential's part, if it has one; NULL: out of memory. */
static const char *address_of(cvk_transfer *transfer)
{
    if (!cvk_request_has_secret_address(&transfer->exchange->request))
        return cvk_buffer_string(&transfer->exchange->request.url);
    transfer->exchange->address.secret = true;
    cvk_buffer_clear(&transfer->exchange->address);
    cvk_request_address(&transfer->exchange->request, true, &transfer->exchange->address);
    return cvk_buffer_string(&transfer->exchange->address);
}

static long time_left(const cvk_transfer *transfer)
{
    int64_t left = transfer->deadline - cvk_now();
    return left > 1 ? (long)left : 1;
}

bool cvk_handle_prepare(cvk_handle *handle, cvk_transfer *transfer)
{
    CURL *curl = handle->curl;
    const cvk_request *request = &transfer->exchange->request;
    const char *address = address_of(transfer);
    struct curl_slist *lines = build_lines(transfer, handle->decodes_gzip);
    if (address == NULL || lines == NULL)
        return false;
    CURLcode code = CURLE_OK;
    int method = method_of(request);
    if (handle->method != method) {
        handle->method = 0;
        code = set_method(curl, request);
    }
    if (tells_length(request))
        code |= set_body(curl, &request->body);
    if (transfer->exchange->flow != NULL)
        code |= set_flow(handle, transfer);
    else if (!handle->quick_exit) /* we do not end it, either, while its name is looked up */
        code |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, time_left(transfer));
    const char *target = request_target(transfer, address);
    if (target != NULL || handle->has_target)
        code |= curl_easy_setopt(curl, CURLOPT_REQUEST_TARGET, target);
    code |= curl_easy_setopt(curl, CURLOPT_URL, address);
    code |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    bool show_head = handle->used && handle->mixes_headers;
    if (show_head && !handle->shows_head)
        code |= curl_easy_setopt(curl, CURLOPT_HEADER, 1L);
#if !CVK_HAS_PREREQUEST
    cvk_sockets_sweep(handle->sockets);
#endif
    if (transfer->needs_new_connection)
        code |= curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    if (handle->verbose)
        code |= curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L);
    if (code != CURLE_OK)
        return false;
    handle->close_after |= transfer->needs_new_connection;
    handle->verbose = false;
    handle->shows_head = show_head;
    handle->inside_line = false;
    handle->method = method;
    handle->has_target = target != NULL;
    handle->transfer = transfer;
    return true;
}

/* ---- results --------------------------------------------------------------------------------- */

/* A transfer that ends before it has properly begun leaves a handle's figures as the one before it
 * left them. What our callbacks have seen is certain to be about this one. */

bool cvk_handle_has_begun(const cvk_transfer *transfer)
{
    return transfer->prerequest_called || transfer->opened_socket || transfer->header_bytes > 0 ||
           transfer->body_sent > 0;
}

bool cvk_handle_is_worn(const cvk_transfer *transfer)
{
    return transfer->handle->close_after || transfer->was_repeated ||
           cvk_sent_before_failure(transfer);
}

bool cvk_handle_is_looking_up(const cvk_transfer *transfer)
{
    curl_off_t looked_up = 0;
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    return looked_up == 0;
}

static bool may_share(const cvk_transfer *transfer)
{
    return transfer->exchange->settings->http_version != 1 && cvk_sent_is_encrypted(transfer);
}

bool cvk_handle_may_break_connection(const cvk_transfer *transfer)
{
    return may_share(transfer) &&
           (transfer->exchange->failure == CVK_NETWORK ||
            transfer->exchange->failure == CVK_MEMORY ||
            (transfer->exchange->failure == CVK_TIMEOUT && transfer->exchange->sent));
}

bool cvk_handle_shared(const cvk_transfer *transfer)
{
    long version = 0;
    if (may_share(transfer))
        curl_easy_getinfo(transfer->handle->curl, CURLINFO_HTTP_VERSION, &version);
    return version >= CURL_HTTP_VERSION_2_0;
}

int cvk_handle_status(const cvk_transfer *transfer)
{
    long status = 0;
    if (transfer->header_bytes > 0)
        curl_easy_getinfo(transfer->handle->curl, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* libcurl is content with an end amid the headers, or after an interim answer; since 8.23 it gives
 * us the last line as it is, cut, as well. */
static cvk_failure check_head(cvk_transfer *transfer)
{
    int status = transfer->exchange->status;
    if (transfer->head_ended && (status >= 200 || status == 101))
        return CVK_FINE;
    transfer->exchange->reason = "the connection ended amid the headers";
    return CVK_NETWORK;
}

cvk_failure cvk_handle_failure(cvk_transfer *transfer, CURLcode code)
{
    if ((int)code == too_large) {
        transfer->exchange->head_too_large = !transfer->head_ended;
        return CVK_TOO_LARGE;
    }
    switch (code) {
    case CURLE_OK:
        return check_head(transfer);
    case CURLE_OUT_OF_MEMORY:
        /* A header line over 100 KiB is this to libcurl before 8.6. */
        transfer->exchange->head_too_large =
            transfer->exchange->status != 0 && !transfer->head_ended;
        return transfer->exchange->head_too_large ? CVK_TOO_LARGE : CVK_MEMORY;
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
    case CURLE_BAD_FUNCTION_ARGUMENT: /* since 8.23 that a file of the client's key is missing */
        return transfer->exchange->settings->key != NULL ? CVK_TLS : CVK_NETWORK;
    case CURLE_BAD_CONTENT_ENCODING:
        return CVK_DECODE;
    case CURLE_FILESIZE_EXCEEDED:
        return CVK_TOO_LARGE;
    default:
        return CVK_NETWORK;
    }
}
