/*
 * Striking secrets out of texts, in the forms in which servers and proxies send them back.
 */
#ifndef CVK_HTTP_STRIKE_H
#define CVK_HTTP_STRIKE_H

#include <stddef.h>

/*
 * Overwrites with '*' every place where the text shows the secret: as it is, with some or all of
 * its bytes percent-encoded, or in base64 of either alphabet, alone or amid other bytes. A secret
 * of less than four bytes is left alone.
 */
void cvk_strike(const char *secret, size_t secret_size, char *text, size_t size);

#endif
