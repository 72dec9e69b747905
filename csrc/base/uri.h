/*
 * Addresses (RFC 3986): taking the base address of a client apart, encoding what goes into one.
 */
#ifndef CVK_BASE_URI_H
#define CVK_BASE_URI_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* Adds text, percent-encoding every byte that is not unreserved. */
void cvk_uri_add_encoded(cvk_buffer *buffer, const char *text, size_t size);

/*
 * What is wrong with a base address (http or https, a host, no user, query or fragment), or NULL.
 */
const char *cvk_uri_fault(const char *address);

/* Whether an address without fault is plain http. */
bool cvk_uri_is_plain(const char *address);

/* Whether an address without fault names this machine: "localhost", ::1 or one of 127.0.0.0/8. */
bool cvk_uri_is_loopback(const char *address);

/*
 * The host in a proxy's address, `[scheme://][user[:password]@]host[:port]`: where it begins, its
 * size, and the size with the port. Such an address may be malformed, and so may its host and port.
 */
const char *cvk_uri_proxy_host(const char *proxy, size_t *host_size, size_t *size);

/* Whether a proxy is on this machine. One that libcurl could read in another way is not. */
bool cvk_uri_proxy_is_loopback(const char *proxy);

/* Length of the `scheme://host[:port]` part of an address without fault. */
size_t cvk_uri_origin_length(const char *address);

#endif
