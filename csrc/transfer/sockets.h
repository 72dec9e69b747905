/*
 * The sockets of libcurl's connections, and whether one that is used again may carry another
 * request.
 *
 * libcurl reads what has come over an idle connection as the answer to the next request, and its
 * own look at a connection may be a second old. So each one is looked at once more, when nothing is
 * left to do but to send. libcurl does not tell then which socket that is, but its local port.
 */
#ifndef CVK_TRANSFER_SOCKETS_H
#define CVK_TRANSFER_SOCKETS_H

#include "transfer/poller.h"

#include <stdbool.h>
#include <stddef.h>

/* What the answers over a connection have shown of it. */
typedef enum cvk_protocol {
    CVK_NO_ANSWER, /* none has come: if it is used again, then by several requests at once */
    CVK_HTTP_1,    /* what comes while it is idle is not meant for anybody */
    CVK_HTTP_2,    /* frames may come at any time */
} cvk_protocol;

typedef struct cvk_socket {
    int port; /* the local one, 0: it has none; negative: not known yet */
    int next; /* socket with such a port; -1: the last */
    cvk_protocol protocol;
    bool open;
    bool busy; /* libcurl waits for something on it */
} cvk_socket;

enum { CVK_PORT_LISTS = 1024 };

typedef struct cvk_sockets {
    cvk_poller *poller; /* that is told of them, too */
    cvk_socket *all;    /* by their number */
    int room;
    int by_port[CVK_PORT_LISTS]; /* first socket of each list, by port modulo the size; -1: none */
    bool strict; /* an idle HTTP/2 connection that has brought anything is not used again, either */
} cvk_sockets;

/* `strict`: this libcurl may leave unread that the other end is about to close the connection. */
void cvk_sockets_begin(cvk_sockets *sockets, cvk_poller *poller, bool strict);

/* Knows no socket any more and holds no memory. */
void cvk_sockets_clear(cvk_sockets *sockets);

/* To be called when libcurl has opened a socket. Where memory runs out it stays unknown. */
void cvk_sockets_opened(cvk_sockets *sockets, int fd);

/* To be called when libcurl is about to close a socket. */
void cvk_sockets_closed(cvk_sockets *sockets, int fd);

/* libcurl waits for something on a socket, or no longer does. */
void cvk_sockets_busy(cvk_sockets *sockets, int fd, bool busy);

/* Closes all of them, in the child of a fork. */
void cvk_sockets_close(const cvk_sockets *sockets);

/* The first answer over a connection begins. */
void cvk_sockets_answered(cvk_sockets *sockets, int fd, cvk_protocol protocol);

/*
 * Returns the socket with that local port that has never been used, and notes its use; -1: there is
 * none. `likely` is a guess which one it is, or -1.
 */
int cvk_sockets_first_use(cvk_sockets *sockets, int likely, int port);

/*
 * Whether the socket with that local port, used before, may carry another request. Where several
 * have it, to reach other addresses, all of them must be fit; an unknown one is not. `silent` is
 * set to whether it must have brought nothing at all.
 */
bool cvk_sockets_are_usable(const cvk_sockets *sockets, int port, bool *silent);

/*
 * Ends every idle connection that is not fit, in a way that libcurl notices before it uses it
 * again: for a libcurl that does not ask before it sends.
 */
void cvk_sockets_sweep(cvk_sockets *sockets);

#endif
