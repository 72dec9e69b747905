/*
 * Whether it was a proxy that failed, not the server behind it.
 */
#ifndef CVK_TRANSFER_PROXY_H
#define CVK_TRANSFER_PROXY_H

#include "transfer/transfer.h"

#include <stdbool.h>

/*
 * Where the address comes from of the proxy that made a transfer fail: "the option proxy" or the
 * name of a variable of the environment; NULL: no proxy did. `code` and `message` are libcurl's.
 */
const char *cvk_proxy_blamed(const cvk_transfer *transfer, CURLcode code, const char *message);

/* Whether libcurl's message quotes the address of a proxy as a whole, which may hold a password. */
bool cvk_proxy_is_quoted(const char *message);

#endif
