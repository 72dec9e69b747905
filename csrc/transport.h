/*
 * libcurl's multi interface: submit an exchange, step until it is done, take it back.
 *
 * The transport never calls anybody: what is finished waits in a queue until it is taken.
 */
#ifndef CVK_TRANSPORT_H
#define CVK_TRANSPORT_H

#include "buffer.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cvk_transport cvk_transport;

/* How a client reaches its server. Filled before the first use and constant from then on. */
typedef struct cvk_settings {
    unsigned holders;
    char *proxy;         /* NULL: as the environment says */
    char *ca_file;       /* NULL: libcurl's default */
    char *cert, *key;    /* client certificate; NULL: none */
    bool direct;         /* never through a proxy of the environment */
    int http_version;    /* 0: HTTP/2 over TLS where offered; 1: HTTP/1.1; 2: HTTP/2 over TLS */
    long connect_timeout; /* milliseconds */
    size_t max_response_bytes;
    struct cvk_idle *idle; /* easy handles set up this way and waiting for work */
    size_t idle_count;
} cvk_settings;

/* Empty settings, held once; NULL: out of memory. */
cvk_settings *cvk_settings_new(void);
cvk_settings *cvk_settings_hold(cvk_settings *settings);
void cvk_settings_release(cvk_settings *settings);

/* Which certificates are trusted, for messages. */
const char *cvk_settings_trust(const cvk_settings *settings);

/* Why an exchange brought no answer. */
typedef enum cvk_failure {
    CVK_FINE,
    CVK_RESOLVE,
    CVK_CONNECT,
    CVK_TLS,
    CVK_TIMEOUT,
    CVK_NETWORK,
    CVK_DECODE,
    CVK_TOO_LARGE,
    CVK_CANCELLED,
    CVK_MEMORY,
} cvk_failure;

typedef enum cvk_stage { CVK_AT_REST, CVK_IN_FLIGHT, CVK_FINISHED } cvk_stage;

/* One request and what came of it. May be submitted again once it is finished. */
typedef struct cvk_exchange {
    unsigned holders;
    cvk_request request;
    cvk_settings *settings; /* held */
    cvk_stage stage;
    /* the result */
    cvk_failure failure;
    bool sent;         /* the request, or a part of it, has left */
    int status;        /* 0: none came */
    cvk_buffer headers; /* raw lines of the final answer */
    cvk_buffer body;    /* after decompression */
    char message[256];  /* of a failure */
    /* the transport's own */
    cvk_transport *transport;
    struct cvk_exchange *previous, *next;
    void *easy;
    cvk_buffer address;
    cvk_buffer lines; /* libcurl's list of header lines */
    size_t body_sent;
    size_t header_bytes;
    bool abandoned;
} cvk_exchange;

/* A new exchange, held once, with the settings held; NULL: out of memory. */
cvk_exchange *cvk_exchange_new(cvk_settings *settings);
cvk_exchange *cvk_exchange_hold(cvk_exchange *exchange);
void cvk_exchange_release(cvk_exchange *exchange);

/* Forgets the result, so that the exchange can be submitted again. It must not be in flight. */
void cvk_exchange_reset(cvk_exchange *exchange);

/* What a transport has done so far. */
typedef struct cvk_counters {
    uint64_t in_flight, started, finished, failed, cancelled;
    uint64_t connections_opened, connections_reused;
    uint64_t bytes_sent, bytes_received;
} cvk_counters;

/* A new transport, or NULL: out of memory or descriptors. */
cvk_transport *cvk_transport_new(void);

/* Ends it: what is in flight becomes CVK_CANCELLED and is never taken. */
void cvk_transport_free(cvk_transport *transport);

/*
 * Leaves everything as it is and forgets it: for the child of a fork, whose parent goes on using
 * the same sockets.
 */
void cvk_transport_abandon(cvk_transport *transport);

/*
 * Sends the exchange's request. `timeout` is for the whole exchange, in milliseconds, at least 1.
 * It holds the exchange until it is taken. false: out of memory, nothing was sent.
 */
bool cvk_transport_submit(cvk_transport *transport, cvk_exchange *exchange, long timeout);

/*
 * Does the work that is there, waiting at most `wait` milliseconds for some (0: not at all).
 * Stops early once `budget` microseconds have gone by (negative: no limit) or something finished.
 */
void cvk_transport_step(cvk_transport *transport, long budget, int wait);

/* The next finished exchange, whose hold passes to the caller, or NULL. */
cvk_exchange *cvk_transport_take(cvk_transport *transport);

/* Ends an exchange in flight: finished at once, as CVK_CANCELLED, and not handed out by `take`. */
void cvk_transport_cancel(cvk_exchange *exchange);

/* A descriptor that is readable while there is work. */
int cvk_transport_fd(cvk_transport *transport);

/* Milliseconds until there is work by time; negative: none. */
long cvk_transport_timeout(const cvk_transport *transport);

const cvk_counters *cvk_transport_counters(const cvk_transport *transport);

/* libcurl's name and version, for the User-Agent: "libcurl/7.88.1". */
const char *cvk_transport_version(void);

/* Milliseconds of a clock that never goes back. */
int64_t cvk_now(void);

#endif
