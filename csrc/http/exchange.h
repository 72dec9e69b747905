/*
 * One request and what came of it, and the settings it is made with.
 */
#ifndef CVK_HTTP_EXCHANGE_H
#define CVK_HTTP_EXCHANGE_H

#include "base/buffer.h"
#include "catalogue/document.h"
#include "http/flow.h"
#include "http/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cvk_exchange cvk_exchange;

/* How a client reaches its server. Filled before the first use and constant from then on. */
typedef struct cvk_settings {
    unsigned ref_count;
    char *proxy;          /* NULL: as the environment says */
    char *ca_file;        /* NULL: libcurl's default */
    char *cert, *key;     /* client certificate; NULL: none */
    bool no_proxy;        /* connect directly, whatever proxy the environment names */
    bool allow_http;      /* a credential may go over plain http */
    bool times_phases;    /* exchanges note `phases` */
    int http_version;     /* 0: HTTP/2 over TLS where offered; 1: HTTP/1.1; 2: HTTP/2 over TLS */
    long connect_timeout; /* milliseconds */
    size_t max_response_bytes;
    size_t max_in_flight;       /* 0: any number; more wait for their turn */
    cvk_buffer lines;           /* header lines of requests without a body */
    cvk_buffer lines_with_body; /* header lines of requests with one */
    cvk_document *document;     /* retained: it has the operations; NULL: those built in */
    /* What transfer/ keeps with the settings (a cvk_route), and how to free it; NULL: nothing. */
    void *attached;
    void (*free_attached)(void *attached);
} cvk_settings;

/* Empty settings with one reference, the caller's; NULL: out of memory. */
cvk_settings *cvk_settings_new(void);

/*
 * Counts one reference less; without any they are freed, and what they may tell is wiped. NULL is
 * fine.
 */
void cvk_settings_release(cvk_settings *settings);

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

/* When the phases of an exchange were over, in microseconds since it began; 0: it did not come so far. */
typedef struct cvk_phases {
    int64_t resolved;  /* the address of the server, or its proxy, was known */
    int64_t connected; /* to it */
    int64_t secured;   /* the handshake of TLS was over */
    int64_t answered;  /* the first byte of the answer was there */
} cvk_phases;

typedef enum cvk_stage { CVK_AT_REST, CVK_IN_FLIGHT, CVK_FINISHED } cvk_stage;

/* One request and what came of it. May be submitted again once it is finished. */
struct cvk_exchange {
    unsigned ref_count;
    cvk_request request;
    cvk_settings *settings; /* retained; NULL: retired */
    cvk_buffer address; /* room for the whole address; may hold the credential, so it is wiped */
    cvk_stage stage;
    cvk_flow *flow; /* owned; NULL: request and answer are whole */
    /* the result */
    cvk_failure failure;
    bool sent;           /* a byte of the request may have left, whatever came after that */
    int status;          /* 0: none came */
    cvk_buffer headers;  /* raw lines of the final answer */
    bool headers_struck; /* of secrets */
    cvk_buffer body;     /* after decompression */
    bool head_too_large; /* why it is CVK_TOO_LARGE; false: the body is */
    const char *reason;  /* of the failure, in our words, constant; NULL: see `libcurl_message` */
    cvk_buffer libcurl_message; /* its words for the failure, a C string; empty: none */
    cvk_phases phases;          /* good where the settings say times_phases and it is finished */
};

/* A new exchange with one reference, the caller's, and without settings; NULL: out of memory. */
cvk_exchange *cvk_exchange_new(void);

/* Gives it the settings that its next request is made with, and retains them. */
void cvk_exchange_use(cvk_exchange *exchange, cvk_settings *settings);

/*
 * Empties one that has been read, for another request: lets go of settings, credential and large
 * blocks. false: it cannot serve again, because somebody else has a reference, it was cancelled, or it
 * went by pieces.
 */
bool cvk_exchange_retire(cvk_exchange *exchange);

/* Counts one more reference; returns the exchange. */
cvk_exchange *cvk_exchange_retain(cvk_exchange *exchange);

/* Counts one reference less; without any the exchange is freed, its secrets wiped. NULL is fine. */
void cvk_exchange_release(cvk_exchange *exchange);

/* Why it failed, as text for people; "" where nothing is known. Good until the exchange changes. */
const char *cvk_exchange_message(const cvk_exchange *exchange);

/* Forgets the result, so that the exchange can be submitted again. It must not be in flight. */
void cvk_exchange_reset(cvk_exchange *exchange);

#endif
