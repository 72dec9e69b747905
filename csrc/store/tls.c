#include "store/tls.h"

#include "store/hiredis.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ssl_method_st SSL_METHOD;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
typedef struct X509_VERIFY_PARAM_st X509_VERIFY_PARAM;

enum {
    SSL_ERROR_WANT_READ = 2,
    SSL_ERROR_WANT_WRITE = 3,
    SSL_ERROR_SYSCALL = 5,
    SSL_ERROR_ZERO_RETURN = 6,
    SSL_VERIFY_PEER = 1,
    SSL_CTRL_MODE = 33, /* of SSL_CTX_ctrl() */
    SSL_CTRL_SET_MIN_PROTO_VERSION = 123,
    SSL_MODE_ENABLE_PARTIAL_WRITE = 1,
    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 2,
    TLS1_2_VERSION = 0x0303,
    SSL_CTRL_SET_TLSEXT_HOSTNAME = 55, /* of SSL_ctrl() */
};

/* Functions of OpenSSL 1.1 and newer. */
typedef struct openssl {
    const SSL_METHOD *(*TLS_client_method)(void);
    SSL_CTX *(*SSL_CTX_new)(const SSL_METHOD *);
    void (*SSL_CTX_free)(SSL_CTX *);
    int (*SSL_CTX_set_default_verify_paths)(SSL_CTX *);
    void (*SSL_CTX_set_verify)(SSL_CTX *, int, void *);
    long (*SSL_CTX_ctrl)(SSL_CTX *, int, long, void *);
    SSL *(*SSL_new)(SSL_CTX *);
    void (*SSL_free)(SSL *);
    int (*SSL_set_fd)(SSL *, int);
    long (*SSL_ctrl)(SSL *, int, long, void *);
    int (*SSL_set1_host)(SSL *, const char *);
    X509_VERIFY_PARAM *(*SSL_get0_param)(SSL *);
    int (*X509_VERIFY_PARAM_set1_ip_asc)(X509_VERIFY_PARAM *, const char *);
    int (*SSL_connect)(SSL *);
    int (*SSL_read)(SSL *, void *, int);
    int (*SSL_write)(SSL *, const void *, int);
    int (*SSL_get_error)(const SSL *, int);
    long (*SSL_get_verify_result)(const SSL *);
    const char *(*X509_verify_cert_error_string)(long);
    unsigned long (*ERR_get_error)(void);
    void (*ERR_clear_error)(void);
    const char *(*ERR_reason_error_string)(unsigned long);
} openssl;

#define FUNCTION(function) \
    { \
#function, offsetof(openssl, function) \
    }

static const struct {
    const char *name;
    size_t place;
} names[] = {
    FUNCTION(TLS_client_method),
    FUNCTION(SSL_CTX_new),
    FUNCTION(SSL_CTX_free),
    FUNCTION(SSL_CTX_set_default_verify_paths),
    FUNCTION(SSL_CTX_set_verify),
    FUNCTION(SSL_CTX_ctrl),
    FUNCTION(SSL_new),
    FUNCTION(SSL_free),
    FUNCTION(SSL_set_fd),
    FUNCTION(SSL_ctrl),
    FUNCTION(SSL_set1_host),
    FUNCTION(SSL_get0_param),
    FUNCTION(X509_VERIFY_PARAM_set1_ip_asc),
    FUNCTION(SSL_connect),
    FUNCTION(SSL_read),
    FUNCTION(SSL_write),
    FUNCTION(SSL_get_error),
    FUNCTION(SSL_get_verify_result),
    FUNCTION(X509_verify_cert_error_string),
    FUNCTION(ERR_get_error),
    FUNCTION(ERR_clear_error),
    FUNCTION(ERR_reason_error_string),
};

struct cvk_tls {
    char *host;
    SSL_CTX *context; /* made by the first cvk_tls_begin(): that reads files */
    SSL *session;
    short reading, writing; /* what each waits for on the socket */
    char why[160];
};

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static openssl ssl;
static bool loaded;

static bool load(char *why, size_t size)
{
    void *library = cvk_hiredis_open_tls(why, size);
    for (size_t i = 0; library != NULL && i < sizeof names / sizeof names[0]; i++) {
        void *function = dlsym(library, names[i].name); /* of what the library needs itself */
        if (function == NULL) {
            snprintf(why, size, "hiredis has no TLS: its OpenSSL lacks %s", names[i].name);
            return false;
        }
        memcpy((char *)&ssl + names[i].place, &function, sizeof function);
    }
    return library != NULL;
}

bool cvk_tls_load(char *why, size_t size)
{
    pthread_mutex_lock(&loading);
    loaded = loaded || load(why, size);
    bool there = loaded;
    pthread_mutex_unlock(&loading);
    return there;
}

cvk_tls *cvk_tls_new(const char *host)
{
    cvk_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL || (tls->host = strdup(host)) != NULL)
        return tls;
    free(tls);
    return NULL;
}

void cvk_tls_end(cvk_tls *tls)
{
    if (tls->session != NULL)
        ssl.SSL_free(tls->session);
    tls->session = NULL;
}

void cvk_tls_free(cvk_tls *tls)
{
    if (tls == NULL)
        return;
    cvk_tls_end(tls);
    if (tls->context != NULL)
        ssl.SSL_CTX_free(tls->context);
    free(tls->host);
    free(tls);
}

const char *cvk_tls_why(const cvk_tls *tls)
{
    return tls->why;
}

/* Puts into words why a function has failed. */
static void explain(cvk_tls *tls, int kind, int reason)
{
    long verified = tls->session == NULL ? 0 : ssl.SSL_get_verify_result(tls->session);
    unsigned long code = ssl.ERR_get_error();
    const char *words = code == 0 ? NULL : ssl.ERR_reason_error_string(code);
    if (verified != 0)
        words = ssl.X509_verify_cert_error_string(verified);
    else if (words == NULL && kind == SSL_ERROR_SYSCALL && reason != 0)
        words = strerror(reason);
    if (words == NULL)
        words = "the server has closed the connection";
    snprintf(tls->why, sizeof tls->why, "%s%s", verified != 0 || code != 0 ? "TLS: " : "", words);
}

static bool make_context(cvk_tls *tls)
{
    tls->context = ssl.SSL_CTX_new(ssl.TLS_client_method());
    if (tls->context == NULL)
        return false;
    ssl.SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    ssl.SSL_CTX_ctrl(tls->context, SSL_CTRL_MODE,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, NULL);
    ssl.SSL_CTX_set_default_verify_paths(tls->context);
    return ssl.SSL_CTX_ctrl(tls->context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) ==
           1;
}

/* Names the server, which its certificate must show. */
static bool name_server(cvk_tls *tls)
{
    if (ssl.X509_VERIFY_PARAM_set1_ip_asc(ssl.SSL_get0_param(tls->session), tls->host) == 1)
        return true;
    return ssl.SSL_set1_host(tls->session, tls->host) == 1 &&
           ssl.SSL_ctrl(tls->session, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, tls->host) == 1;
}

bool cvk_tls_begin(cvk_tls *tls, int fd)
{
    ssl.ERR_clear_error();
    tls->reading = POLLIN;
    tls->writing = POLLOUT;
    if (tls->context != NULL || make_context(tls)) {
        tls->session = ssl.SSL_new(tls->context);
        if (tls->session != NULL && name_server(tls) && ssl.SSL_set_fd(tls->session, fd) == 1) {
            ssl.ERR_clear_error(); /* of a name that is no address */
            return true;
        }
    }
    explain(tls, 0, 0);
    return false;
}

/* What a function of a session has returned; `waits` is what it is to wait for. */
static long result_of(cvk_tls *tls, int result, short *waits, short usual)
{
    int reason = errno;
    *waits = usual;
    if (result > 0)
        return result;
    int kind = ssl.SSL_get_error(tls->session, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        *waits = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        return 0;
    }
    explain(tls, kind, reason);
    return -1;
}

int cvk_tls_agree(cvk_tls *tls)
{
    errno = 0;
    ssl.ERR_clear_error();
    return (int)result_of(tls, ssl.SSL_connect(tls->session), &tls->reading, POLLIN);
}

long cvk_tls_receive(cvk_tls *tls, char *bytes, size_t size)
{
    errno = 0;
    ssl.ERR_clear_error();
    return result_of(tls, ssl.SSL_read(tls->session, bytes, (int)size), &tls->reading, POLLIN);
}

long cvk_tls_send(cvk_tls *tls, const char *bytes, size_t size)
{
    errno = 0;
    ssl.ERR_clear_error();
    int some = size > (1 << 20) ? 1 << 20 : (int)size;
    return result_of(tls, ssl.SSL_write(tls->session, bytes, some), &tls->writing, POLLOUT);
}

short cvk_tls_events(const cvk_tls *tls, bool sending)
{
    return sending ? (short)(tls->reading | tls->writing) : tls->reading;
}
