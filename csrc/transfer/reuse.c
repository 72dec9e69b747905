#include "transfer/reuse.h"

#include "transfer/libcurl.h"
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
    const cvk_easy *easy = user;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    cvk_sockets_opened(easy->sockets, fd);
    if (easy->exchange == NULL)
        return CURL_SOCKOPT_OK;
    easy->exchange->socket = fd;
    return cvk_easy_may_connect(easy->exchange) ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static int on_close(void *user, curl_socket_t fd)
{
    cvk_sockets_closed(user, fd);
    return close(fd);
}

bool cvk_reuse_adopt(cvk_easy *easy, cvk_sockets *sockets)
{
    if (easy->sockets == sockets)
        return true;
    CURLcode code = curl_easy_setopt(easy->curl, CURLOPT_SOCKOPTFUNCTION, on_open);
    code |= curl_easy_setopt(easy->curl, CURLOPT_SOCKOPTDATA, easy);
    code |= curl_easy_setopt(easy->curl, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    code |= curl_easy_setopt(easy->curl, CURLOPT_CLOSESOCKETDATA, sockets);
    easy->sockets = code == CURLE_OK ? sockets : NULL;
    return code == CURLE_OK;
}

/* libcurl closes the connection, whatever it thinks of it, once nothing uses it any more. */
static void condemn(cvk_easy *easy)
{
    curl_easy_setopt(easy->curl, CURLOPT_FORBID_REUSE, 1L);
    easy->last = true;
}

bool cvk_reuse_wary(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= 0x081600; /* 8.22.0 */
}

/* ---- before a request -------------------------------------------------------------------------- */

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
static bool holds_bytes(const cvk_exchange *exchange)
{
    if (cvk_uri_is_plain(exchange->request.url.data) ||
        curl_version_info(CURLVERSION_NOW)->version_num < 0x080f00)
        return false;
    struct curl_tlssessioninfo *session = NULL;
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_TLS_SSL_PTR, &session);
    if (session == NULL || session->backend != CURLSSLBACKEND_OPENSSL || session->internals == NULL)
        return false;
    pending_function *has_pending = find_pending();
    return has_pending != NULL && has_pending(session->internals) != 0;
}

bool cvk_reuse_allowed(cvk_exchange *exchange, int local_port)
{
    cvk_sockets *sockets = exchange->easy->sockets;
    int port = local_port > 0 ? local_port : 0;
    if (exchange->connects) {
        exchange->socket = cvk_sockets_first_use(sockets, exchange->socket, port);
        if (exchange->socket >= 0)
            return true;
    }
    bool silent = false;
    if (cvk_sockets_fit(sockets, port, &silent) && !(silent && holds_bytes(exchange)))
        return true;
    condemn(exchange->easy);
    exchange->stale = true;
    return false;
}

/* ---- after an answer --------------------------------------------------------------------------- */

/* Of what is beyond an answer that has no body, or comes in chunks, libcurl only speaks. */
static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    static const char excess[] = "Excess found", leftovers[] = "Leftovers";
    (void)curl;
    cvk_easy *easy = user;
    bool beyond = false;
    if (type == CURLINFO_TEXT)
        beyond = (size >= sizeof excess && memcmp(data, excess, sizeof excess - 1) == 0) ||
                 (size >= sizeof leftovers && memcmp(data, leftovers, sizeof leftovers - 1) == 0);
    else if (type == CURLINFO_DATA_IN)
        beyond = size > 0 && easy->bodyless;
    if (beyond)
        condemn(easy);
    return 0;
}

CURLcode cvk_reuse_set_up(cvk_easy *easy)
{
    return curl_easy_setopt(easy->curl, CURLOPT_DEBUGFUNCTION, on_debug) |
           curl_easy_setopt(easy->curl, CURLOPT_DEBUGDATA, easy);
}

void cvk_reuse_answered(cvk_exchange *exchange, const char *line, size_t size)
{
    bool old = size > 5 && line[5] == '1';
    const char *status = size > 11 ? line + 9 : "000";
    if (exchange->socket >= 0)
        cvk_sockets_answered(exchange->easy->sockets, exchange->socket,
                             old ? CVK_HTTP_1 : CVK_HTTP_2);
    exchange->socket = -1;
    exchange->easy->may_exceed = old && status[0] != '1';
    exchange->easy->bodyless = memcmp(status, "204", 3) == 0 || memcmp(status, "304", 3) == 0;
}

void cvk_reuse_head_ended(cvk_exchange *exchange)
{
    cvk_easy *easy = exchange->easy;
    easy->bodyless |= exchange->length == 0;
    if (!easy->may_exceed || (exchange->length > 0 && !easy->bodyless))
        return; /* libcurl itself closes the connection then */
    curl_easy_setopt(easy->curl, CURLOPT_VERBOSE, 1L);
    easy->verbose = true;
}
