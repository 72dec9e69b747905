/*
 * Credentials: where each goes, and nowhere else. They live in C memory, are wiped when the last
 * user lets go, and can be taken out of any text before a person sees it.
 */
#ifndef CVK_HTTP_CREDENTIAL_H
#define CVK_HTTP_CREDENTIAL_H

#include "base/buffer.h"
#include "catalogue/catalogue.h"

/* Shared by a client and its requests by counting references; all but the count and
 * `previous` is constant once made. */
typedef struct cvk_credential {
    unsigned ref_count;
    const cvk_auth *auth;
    cvk_buffer value;    /* as given, without the prefix */
    cvk_buffer partner;  /* the password, the CSRF token; empty when there is none */
    cvk_buffer lines;    /* header lines, each with its closing zero */
    cvk_buffer query;    /* `name=value`, percent-encoded; empty when it is none */
    cvk_buffer redacted; /* header lines as a person may see them, each with its closing zero */
    cvk_buffer redacted_query;       /* the part of the query, the same */
    struct cvk_credential *parts[4]; /* retained: those that it is made of, where it is several */
    struct cvk_credential *previous; /* retained; answers may show the secret before this one */
} cvk_credential;

/*
 * What is wrong with a credential's text, or NULL, and which of the two it is about. The answer
 * never holds the text.
 */
const char *cvk_credential_fault(const cvk_auth *auth, const char *value, size_t value_size,
                                 const char *partner, size_t partner_size, bool *about_partner);

/*
 * Whether a credential that is sent to an address (one without fault) can be read on its way: over
 * plain http that leaves this machine. `proxy`: NULL where the client names none; one that the
 * environment names is not used for this machine.
 */
bool cvk_credential_is_exposed(const char *address, const char *proxy);

/*
 * A credential without fault, with one reference, the caller's. `origin` is the address's
 * `scheme://host[:port]` for the CSRF `Referer`. NULL: out of memory.
 */
cvk_credential *cvk_credential_new(const cvk_auth *auth, const char *value, size_t value_size,
                                   const char *partner, size_t partner_size, const char *origin);

/*
 * Several credentials, at most 4, that go together with each request: one with one reference, the caller's.
 * NULL: out of memory.
 */
cvk_credential *cvk_credential_join(cvk_credential *const *parts, size_t count);

/*
 * Remembers the credential before this one, and takes over the caller's reference to it. NULL is
 * fine.
 */
void cvk_credential_follow(cvk_credential *credential, cvk_credential *previous);

/* Counts one more reference; returns the credential. NULL is fine. */
cvk_credential *cvk_credential_retain(cvk_credential *credential);

/* Counts one reference less; without any the credential is wiped and freed. NULL is fine. */
void cvk_credential_release(cvk_credential *credential);

/* Overwrites with '*' every place where the text shows the secret, or the one before. NULL is
 * fine. */
void cvk_credential_redact(const cvk_credential *credential, char *text, size_t size);

#endif
