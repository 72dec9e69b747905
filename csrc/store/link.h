/*
 * A socket to a server: a name is looked up, its addresses are tried one after another, and bytes go
 * both ways. Nothing here waits; all of it is for one thread. The texts `why` live until the next call.
 */
#ifndef CVK_STORE_LINK_H
#define CVK_STORE_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cvk_link_state {
    CVK_LINK_WAITS,
    CVK_LINK_THERE,
    CVK_LINK_FAILED, /* the caller closes it */
} cvk_link_state;

typedef struct cvk_link cvk_link;

/*
 * A new link, not connected: to a host and port (digits), or to a socket in the file system where
 * `path` is not NULL. NULL: out of memory.
 * @param has_tls  with TLS, which cvk_tls_load() has loaded; not for a path
 */
cvk_link *cvk_link_new(const char *host, const char *port, const char *path, bool has_tls);

/* Closes and frees it. NULL is fine. */
void cvk_link_free(cvk_link *link);

/* Begins to connect. false: that cannot be, and `why` says so. */
bool cvk_link_begin(cvk_link *link, const char **why);

/*
 * Goes on to connect, when what cvk_link_watch asks for has come, or cvk_link_deadline has passed.
 * @param deadline  until when (by cvk_now()) all addresses together may take
 */
cvk_link_state cvk_link_go_on(cvk_link *link, int64_t deadline, const char **why);

/* When to give up the address that is tried; INT64_MAX: no such moment. */
int64_t cvk_link_deadline(const cvk_link *link);

/* What to wait for; `sending`: there are bytes to be sent. */
void cvk_link_watch(const cvk_link *link, bool sending, struct pollfd *watched);

/* Receives at most `size` bytes. Returns how many; 0: none now; -1: the link is lost. */
long cvk_link_receive(cvk_link *link, char *bytes, size_t size, const char **why);

/* Sends at most `size` bytes. Returns how many; 0: none now; -1: the link is lost. */
long cvk_link_send(cvk_link *link, const char *bytes, size_t size, const char **why);

/* Closes the socket; the link may begin anew. */
void cvk_link_close(cvk_link *link);

/* Closes the socket in the child of a fork, by nothing but system calls. */
void cvk_link_close_copy(cvk_link *link);

#endif
