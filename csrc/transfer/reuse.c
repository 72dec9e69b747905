#include "transfer/reuse.h"

#include "transfer/libcurl.h"
#include "transfer/sent.h"
#include "transfer/sockets.h"
#include "base/uri.h"

#include <stdatomic.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Programs that the caller starts have no business with our connections. */
static int on_open(void *user, curl_socket_t fd, curlsocktype purpose)
{
    (void)purpose;
    const cvk_handle *handle = user;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    cvk_sockets_opened(handle->sockets, fd);
    if (handle->transfer == NULL)
        return CURL_SOCKOPT_OK;
    handle->transfer->socket = fd;
    return cvk_sent_may_connect(handle->transfer) ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static int on_close(void *user, curl_socket_t fd)
{
    cvk_sockets_closed(user, fd);
    return close(fd);
}

bool cvk_reuse_adopt(cvk_handle *handle, cvk_sockets *sockets)
{
    if (handle->sockets == sockets)
        return true;
    CURLcode code = curl_easy_setopt(handle->curl, CURLOPT_SOCKOPTFUNCTION, on_open);
    code |= curl_easy_setopt(handle->curl, CURLOPT_SOCKOPTDATA, handle);
    code |= curl_easy_setopt(handle->curl, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    code |= curl_easy_setopt(handle->curl, CURLOPT_CLOSESOCKETDATA, sockets);
    handle->sockets = code == CURLE_OK ? sockets : NULL;
    return code == CURLE_OK;
}

/* libcurl closes the connection, whatever it thinks of it, once nothing uses it any more. */
static void close_after_use(cvk_handle *handle)
{
    curl_easy_setopt(handle->curl, CURLOPT_FORBID_REUSE, 1L);
    handle->close_after = true;
}

bool cvk_reuse_may_miss_end(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= 0x081600; /* 8.22.0 */
}

/* ---- before a request ------------------------------------------------------------------------ */

typedef int pending_function(const void *ssl);

/* OpenSSL's function that tells whether it holds bytes; NULL: there is none to be found. */
static pending_function *find_pending(void)
{
    static _Atomic(cvk_any_function *) found;
    static atomic_bool looked;
    if (!atomic_load_explicit(&looked, memory_order_acquire)) { /* threads find the same */
        atomic_store_explicit(&found, cvk_libcurl_find("SSL_has_pending"), memory_order_relaxed);
        atomic_store_explicit(&looked, true, memory_order_release);
    }
    return (pending_function *)atomic_load_explicit(&found, memory_order_relaxed);
}

/* OpenSSL, as libcurl sets it up since 8.15.0, reads ahead: what it holds no longer shows at the
 * socket. */
static bool holds_bytes(const cvk_transfer *transfer)
{
    if (cvk_uri_is_plain(transfer->exchange->request.url.data) ||
        curl_version_info(CURLVERSION_NOW)->version_num < 0x080f00)
        return false;
    struct curl_tlssessioninfo *session = NULL;
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_TLS_SSL_PTR, &session);
    if (session == NULL || session->backend != CURLSSLBACKEND_OPENSSL || session->internals == NULL)
        return false;
    pending_function *has_pending = find_pending();
    return has_pending != NULL && has_pending(session->internals) != 0;
}

bool cvk_reuse_allowed(cvk_transfer *transfer, int local_port)
{
    cvk_sockets *sockets = transfer->handle->sockets;
    int port = local_port > 0 ? local_port : 0;
    if (transfer->opened_socket) {
        transfer->socket = cvk_sockets_first_use(sockets, transfer->socket, port);
        if (transfer->socket >= 0)
            return true;
    }
    bool silent = false;
    if (cvk_sockets_are_usable(sockets, port, &silent) && !(silent && holds_bytes(transfer)))
        return true;
    close_after_use(transfer->handle);
    transfer->stale = true;
    return false;
}

/* ---- after an answer ------------------------------------------------------------------------- */

/* Of what is beyond an answer that has no body, or comes in chunks, libcurl only speaks. */
static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    static const char excess[] = "Excess found", leftovers[] = "Leftovers";
    (void)curl;
    cvk_handle *handle = user;
    bool beyond = false;
    if (type == CURLINFO_TEXT)
        beyond = (size >= sizeof excess && memcmp(data, excess, sizeof excess - 1) == 0) ||
                 (size >= sizeof leftovers && memcmp(data, leftovers, sizeof leftovers - 1) == 0);
    else if (type == CURLINFO_DATA_IN)
        beyond = size > 0 && handle->bodyless;
    if (beyond)
        close_after_use(handle);
    return 0;
}

CURLcode cvk_reuse_set_up(cvk_handle *handle)
{
    return curl_easy_setopt(handle->curl, CURLOPT_DEBUGFUNCTION, on_debug) |
           curl_easy_setopt(handle->curl, CURLOPT_DEBUGDATA, handle);
}

void cvk_reuse_answered(cvk_transfer *transfer, const char *line, size_t size)
{
    bool old = size > 5 && line[5] == '1';
    const char *status = size > 11 ? line + 9 : "000";
    if (transfer->socket >= 0)
        cvk_sockets_answered(transfer->handle->sockets, transfer->socket,
                             old ? CVK_HTTP_1 : CVK_HTTP_2);
    transfer->socket = -1;
    transfer->handle->may_exceed = old && status[0] != '1';
    transfer->handle->bodyless = memcmp(status, "204", 3) == 0 || memcmp(status, "304", 3) == 0;
}

void cvk_reuse_head_ended(cvk_transfer *transfer)
{
    cvk_handle *handle = transfer->handle;
    handle->bodyless |= transfer->length == 0;
    if (!handle->may_exceed || (transfer->length > 0 && !handle->bodyless))
        return; /* libcurl itself closes the connection then */
    curl_easy_setopt(handle->curl, CURLOPT_VERBOSE, 1L);
    handle->verbose = true;
}
