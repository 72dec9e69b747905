/*
 * libcurl's easy handles: set up by a client's settings and an exchange's request, used again and
 * again. Callbacks fill the exchange.
 */
#ifndef CVK_TRANSFER_HANDLE_H
#define CVK_TRANSFER_HANDLE_H

#include "http/exchange.h"

#include <curl/curl.h>

/* A handle, and what is set in it: only what changes is set again. */
typedef struct cvk_easy {
    CURL *curl;
    struct cvk_easy *next;          /* among those free for work */
    cvk_exchange *exchange;         /* that it works for */
    const cvk_operation *operation; /* whose method is set */
    bool targeted;                  /* a request target is set */
    CURLcode code;                  /* libcurl's word for how the exchange has ended */
    bool lets_go;                   /* libcurl lets go of a look-up in progress */
    bool unzips;                    /* libcurl can */
    bool last;                      /* set up for one exchange only */
    bool remembers;                 /* this libcurl may take headers of the answer before */
    bool used;                      /* there was an answer before */
    bool shows_head;                /* the head goes through the body's callback first */
    bool amid_line;                 /* of such a head, and the line goes on */
    bool may_exceed;                /* libcurl may keep quiet about bytes beyond the answer */
    bool bodyless;                  /* the answer has no body */
    bool verbose;                   /* libcurl speaks of what it does */
    struct cvk_sockets *sockets;    /* that its connections are known to */
    char message[CURL_ERROR_SIZE];
} cvk_easy;

/* A handle with the settings' options, new or used before; NULL: out of memory. */
cvk_easy *cvk_easy_take(cvk_settings *settings);

/* Keeps a handle for the next exchange with these settings. */
void cvk_easy_give(cvk_settings *settings, cvk_easy *easy);

/*
 * Keeps what a handle does apart from what others do: it shares no connection from now on, or
 * (`leave`) nobody gets its connection once all that use it have ended.
 */
void cvk_easy_isolate(cvk_easy *easy, bool leave);

/* Closes a handle. */
void cvk_easy_free(cvk_easy *easy);

/* Closes the handles kept. */
void cvk_easy_drop_idle(cvk_settings *settings);

/* Readies a handle for an exchange. false: out of memory. */
bool cvk_easy_prepare(cvk_easy *easy, cvk_exchange *exchange);

/* Whether libcurl has done anything for it; else a handle's figures are those of an earlier one. */
bool cvk_easy_has_begun(const cvk_exchange *exchange);

/*
 * Whether a byte of the request may have left, over any of the connections that libcurl tried: it
 * reconnects by itself, and then fails as if it had never sent anything. What goes to a proxy to
 * have it open a tunnel does not count. libcurl's count of bytes is exact where nothing is encrypted;
 * TLS and HTTP/2 may have sent what libcurl does not count, so that there it is true once libcurl
 * was let send.
 */
bool cvk_easy_has_sent(const cvk_exchange *exchange);

/*
 * To be called when libcurl makes a socket for the exchange. Returns whether it may connect: not
 * where it would send again, by itself, what may have been executed.
 */
bool cvk_easy_may_connect(cvk_exchange *exchange);

/* Whether a finished exchange failed to make a connection, after the request had left by another. */
bool cvk_easy_failed_late(const cvk_exchange *exchange);

/* Whether the handle of a finished exchange is not to be used again: libcurl counts the repeats that
 * it makes by itself, and allows five in a handle's whole life. */
bool cvk_easy_is_worn(const cvk_exchange *exchange);

/* Whether its name is being looked up; also while libcurl has not begun. */
bool cvk_easy_is_looking_up(const cvk_exchange *exchange);

/* The status of the answer, 0: none came. */
int cvk_easy_status(const cvk_exchange *exchange);

/*
 * Whether a connection may be broken, or stand still, after that exchange, and libcurl keep it all
 * the same: one of HTTP/2, which it takes for sound when a single exchange fails.
 */
bool cvk_easy_spoils(const cvk_exchange *exchange);

/* What libcurl's code for a finished exchange, whose status is known, means to a caller. */
cvk_failure cvk_easy_failure(cvk_exchange *exchange, CURLcode code);

/* Whether the answer came over a connection that several may share. */
bool cvk_easy_shared(const cvk_exchange *exchange);

/* Which certificates are trusted, for messages. */
const char *cvk_easy_trust(const cvk_settings *settings);

#endif
