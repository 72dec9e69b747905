/*
 * TLS for a link (store/link.h), by the OpenSSL that comes with hiredis 1.0 or newer. Servers must show
 * a certificate for their name by an authority that the system trusts (or SSL_CERT_FILE names);
 * hiredis' own functions would not compare the name.
 */
#ifndef CVK_STORE_TLS_H
#define CVK_STORE_TLS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Loads the library, after hiredis. false: it cannot be, and `why` (of `size` bytes) says so.
 */
bool cvk_tls_load(char *why, size_t size);

typedef struct cvk_tls cvk_tls;

/* TLS with one server, whose name or address is `host`. NULL: out of memory. */
cvk_tls *cvk_tls_new(const char *host);

/* Frees it. NULL is fine. */
void cvk_tls_free(cvk_tls *tls);

/* Begins on a socket that is connected and does not block. false: cvk_tls_why() says why not. */
bool cvk_tls_begin(cvk_tls *tls, int fd);

/* Goes on to agree with the server. Returns 1: done; 0: not yet; -1: failed, see cvk_tls_why(). */
int cvk_tls_agree(cvk_tls *tls);

/* Receives at most `size` bytes. Returns how many; 0: none now; -1: failed, see cvk_tls_why(). */
long cvk_tls_receive(cvk_tls *tls, char *bytes, size_t size);

/* Sends at most `size` bytes. Returns how many; 0: none now; -1: failed, see cvk_tls_why(). */
long cvk_tls_send(cvk_tls *tls, const char *bytes, size_t size);

/* What poll() is to wait for on the socket; `sending`: there are bytes to be sent. */
short cvk_tls_events(const cvk_tls *tls, bool sending);

/* Why the last function failed, until the next one is called. */
const char *cvk_tls_why(const cvk_tls *tls);

/* Ends it on this socket; it may begin on another. */
void cvk_tls_end(cvk_tls *tls);

#endif
