/*
 * The private state of a running transfer, and of the libcurl handle that does its work. A transfer
 * points at its exchange, never back: who owns an exchange knows nothing of libcurl.
 */
#ifndef CVK_TRANSFER_TRANSFER_H
#define CVK_TRANSFER_TRANSFER_H

#include "base/deadlines.h"
#include "http/exchange.h"

#include <curl/curl.h>

struct cvk_sockets;
struct cvk_route;

/* A libcurl handle, and what is set in it: only what changes is set again. */
typedef struct cvk_handle {
    CURL *curl;
    struct cvk_handle *next;        /* among those free for work */
    struct cvk_transfer *transfer;  /* that it works for; NULL: free for work */
    const cvk_operation *operation; /* whose method is set */
    bool targeted;                  /* a request target is set */
    CURLcode code;                  /* libcurl's word for how the transfer has ended */
    bool quick_exit;                /* libcurl can be taken out of a look-up in progress */
    bool decodes_gzip;              /* libcurl can */
    bool last;                      /* to be closed after this transfer */
    bool keeps_headers;             /* this libcurl may touch headers of the answer before */
    bool used;                      /* there was an answer before */
    bool shows_head;                /* the head goes through the body's callback first */
    bool amid_line;                 /* of such a head, and the line goes on */
    bool may_exceed;                /* libcurl may keep quiet about bytes beyond the answer */
    bool bodyless;                  /* the answer has no body */
    bool verbose;                   /* libcurl reports what it does */
    struct cvk_sockets *sockets;    /* that its connections are known to */
    char message[CURL_ERROR_SIZE];
} cvk_handle;

typedef struct cvk_transfer {
    cvk_exchange *exchange;               /* retained until the transfer is put away */
    struct cvk_route *route;              /* of the exchange's settings */
    cvk_handle *handle;                   /* NULL: it waits for its turn */
    struct cvk_transfer *previous, *next; /* in the one list that it is in */
    struct cvk_transfer *ended; /* the next that libcurl has finished, while that is read */
    int owner;                  /* the caller's number for it */
    int64_t deadline;           /* the first millisecond after it, by cvk_now() */
    cvk_deadline due;           /* in the engine's wheel while it is in flight */
    cvk_buffer lines;           /* nodes of libcurl's list of header lines */
    bool abandoned;             /* cancelled: nobody takes it */
    /* its connection */
    int socket;       /* made for it, or (was_asked) its own that has brought no answer yet; -1 */
    bool connects;    /* a socket was made for it */
    bool stale;       /* nothing was sent: the connection had ended, or brought bytes unasked */
    bool needs_fresh; /* it takes no connection that others have used */
    /* what has left this machine */
    bool was_asked;      /* libcurl has asked whether it may send */
    bool may_send;       /* and was allowed to, and has made no other connection since */
    bool was_repeated;   /* libcurl has tried another connection by itself, or may have */
    long bytes_to_proxy; /* had left when libcurl asked last */
    size_t body_sent;    /* where libcurl reads the body through a function */
    /* the answer */
    size_t header_bytes;
    bool head_ended; /* the empty line after the headers has come */
    int64_t length;  /* by the answer's Content-Length; -1: not said */
} cvk_transfer;

/* Transfers in a row; all zero: none. */
typedef struct cvk_transfer_list {
    cvk_transfer *first, *last;
} cvk_transfer_list;

/* Adds a transfer that is in no list at the end of one. */
void cvk_transfer_list_add(cvk_transfer_list *list, cvk_transfer *transfer);

/* Adds a transfer that is in no list at the beginning of one. */
void cvk_transfer_list_add_first(cvk_transfer_list *list, cvk_transfer *transfer);

/* Takes a transfer out of the list that it is in. */
void cvk_transfer_list_remove(cvk_transfer_list *list, cvk_transfer *transfer);

/* Transfers that have been of use before, and may be again; all zero: none. */
typedef struct cvk_spare_transfers {
    cvk_transfer *first;
    size_t count;
} cvk_spare_transfers;

/*
 * A new transfer, or a spare one, that retains the exchange; NULL: out of memory. The caller puts
 * it away.
 */
cvk_transfer *cvk_transfer_new(cvk_spare_transfers *spares, cvk_exchange *exchange);

/* Releases the exchange, and keeps the transfer for another one. */
void cvk_transfer_put_away(cvk_spare_transfers *spares, cvk_transfer *transfer);

/* Frees those that are kept. */
void cvk_transfer_free_spares(cvk_spare_transfers *spares);

#endif
