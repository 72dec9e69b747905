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
    struct cvk_handle *next;       /* among those free for work */
    struct cvk_transfer *transfer; /* that it works for; NULL: free for work */
    int method; /* what it was told of the method, as method_of() has it; 0: as libcurl begins */
    bool has_target;             /* a request target is set */
    CURLcode code;               /* libcurl's result of the transfer, once it has ended */
    bool quick_exit;             /* it can be removed while a name is being looked up */
    bool decodes_gzip;           /* this libcurl can */
    bool close_after;            /* to be freed after this transfer, not used again */
    bool mixes_headers;          /* this libcurl may add to headers of the answer before */
    bool used;                   /* there was an answer before */
    bool shows_head;             /* headers go through the callback for bodies first */
    bool inside_line;            /* the last piece of such headers ended amid a line */
    bool may_exceed;             /* libcurl may not tell of bytes beyond the answer */
    bool bodyless;               /* the answer has no body */
    bool verbose;                /* libcurl reports what it does, to on_debug */
    struct cvk_sockets *sockets; /* where its connections are noted; the engine's */
    char message[CURL_ERROR_SIZE];
} cvk_handle;

/* Transfers of which the caller is to hear before they have ended, each once; all zero: none. */
typedef struct cvk_news {
    struct cvk_transfer *first;
} cvk_news;

typedef struct cvk_transfer {
    cvk_exchange *exchange;               /* retained until the transfer is put away */
    struct cvk_route *route;              /* of the exchange's settings */
    cvk_handle *handle;                   /* NULL: it waits for its turn */
    struct cvk_transfer *previous, *next; /* in the one list that it is in */
    struct cvk_transfer *next_done;       /* among those that libcurl has just finished */
    int owner;                            /* the caller's number for it; 0: nobody waits for it */
    cvk_news *news;                       /* where to put it when its caller has something to do */
    struct cvk_transfer *next_news;       /* there */
    bool has_news;                        /* it is there */
    int64_t deadline;                     /* the first millisecond after it, by cvk_now() */
    cvk_deadline due;                     /* in the engine's wheel while it is in flight */
    cvk_buffer lines;                     /* nodes of libcurl's list of header lines */
    bool cancelled;                       /* nobody takes it */
    /* its connection */
    int socket; /* the one opened for it; from when it may send until the answer begins, the new one
                   that it is sent over; -1: none */
    bool opened_socket; /* libcurl has opened a socket for it */
    bool stale;         /* nothing was sent: the connection had ended, or brought bytes unasked */
    bool needs_new_connection; /* it must not use a connection that others have used */
    /* what has left this machine */
    bool prerequest_called; /* libcurl has asked whether it may send */
    bool may_send;          /* and was allowed to, and has made no other connection since */
    bool was_repeated;      /* libcurl has tried another connection by itself, or may have */
    long bytes_to_proxy;    /* sent when libcurl asked last, to open a tunnel */
    size_t body_sent;       /* bytes that libcurl has read; 0 where it has the whole body */
    /* the answer */
    size_t header_bytes;
    bool has_header; /* a line has followed the status line */
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
