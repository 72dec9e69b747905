/*
 * Names of servers, looked up in a thread: the system's resolver may take long, and cannot be
 * stopped.
 */
#ifndef CVK_STORE_NAMES_H
#define CVK_STORE_NAMES_H

#include <netdb.h>
#include <stdbool.h>

typedef struct cvk_lookup cvk_lookup;

/*
 * Begins to look a name up.
 * @param port  as digits
 * @return the lookup; NULL: there is no memory, descriptor or thread, and errno is set
 */
cvk_lookup *cvk_lookup_begin(const char *host, const char *port);

/* A descriptor that is readable once the lookup has ended. */
int cvk_lookup_fd(const cvk_lookup *lookup);

/*
 * What has been found, once it has ended: addresses to connect to, which live as long as the lookup.
 * NULL: none, and `why` is a constant text that says so.
 */
const struct addrinfo *cvk_lookup_found(cvk_lookup *lookup, const char **why);

/* Lets go of it: what its thread still does is for nobody. NULL is fine. */
void cvk_lookup_free(cvk_lookup *lookup);

#endif
