/*
 * Whether a byte of a request has left this machine, and whether libcurl may send it again by
 * itself.
 *
 * When a kept connection dies before an answer has begun, libcurl sends the request again by
 * itself, and reports success. Only reading may be repeated so; whether anything else may is not
 * for libcurl to say, and what its repeat answers ("gone already") would mislead. It asks before it
 * sends since 7.80.0; with an older one the body comes through a function that nothing can wind
 * back.
 */
#ifndef CVK_TRANSFER_SENT_H
#define CVK_TRANSFER_SENT_H

#include "transfer/transfer.h"

/* libcurl has CURLOPT_PREREQFUNCTION: it asks before it sends. A build may set it to 0. */
#ifndef CVK_HAS_PREREQUEST
#define CVK_HAS_PREREQUEST (LIBCURL_VERSION_NUM >= 0x075000)
#endif

/* Whether the request goes over TLS. */
bool cvk_sent_is_encrypted(const cvk_transfer *transfer);

/*
 * Whether a byte of the request may have left, over any of the connections that libcurl tried: it
 * reconnects by itself, and then fails as if it had never sent anything. What goes to a proxy to
 * have it open a tunnel does not count. libcurl's count of bytes is exact where nothing is
 * encrypted; TLS and HTTP/2 may have sent what libcurl does not count, so that there it is true
 * once libcurl was allowed to send.
 */
bool cvk_sent_any(const cvk_transfer *transfer);

/*
 * Whether the request may be sent over another connection. Where not, notes why the exchange fails.
 */
bool cvk_sent_may_repeat(cvk_transfer *transfer);

/*
 * To be called when libcurl makes a socket for the transfer. Returns whether it may connect: not
 * where it would send again, by itself, what may have been executed.
 */
bool cvk_sent_may_connect(cvk_transfer *transfer);

/*
 * Whether a finished transfer failed to make a connection, after the request had left by another.
 */
bool cvk_sent_before_failure(const cvk_transfer *transfer);

#endif
