/*
 * Whether a request may go out over the connection that libcurl has chosen for it, and whether that
 * may be kept after the answer: never where bytes may lie on it that are not of the answer to come.
 */
#ifndef CVK_TRANSFER_REUSE_H
#define CVK_TRANSFER_REUSE_H

#include "transfer/transfer.h"

/* Has connections that the handle opens noted in `sockets` from now on. false: out of memory. */
bool cvk_reuse_adopt(cvk_handle *handle, struct cvk_sockets *sockets);

/* Sets the handle up to be told of bytes beyond the end of an answer. Returns libcurl's code. */
CURLcode cvk_reuse_set_up(cvk_handle *handle);

/*
 * To be called when libcurl asks whether it may send. false: it must not; nothing has left, the
 * transfer is marked as `stale` and the connection will be closed.
 */
bool cvk_reuse_allowed(cvk_transfer *transfer, int local_port);

/* To be called with the first line of an answer, `size` bytes. */
void cvk_reuse_answered(cvk_transfer *transfer, const char *line, size_t size);

/* To be called at the end of an answer's headers. */
void cvk_reuse_head_ended(cvk_transfer *transfer);

/* Whether this libcurl looks at kept connections so seldom that it may miss that one has ended. */
bool cvk_reuse_may_miss_end(void);

#endif
