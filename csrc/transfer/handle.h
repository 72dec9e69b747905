/*
 * libcurl's handle handles: set up by a client's settings and an transfer's request, used again and
 * again. Callbacks fill the transfer.
 */
#ifndef CVK_TRANSFER_HANDLE_H
#define CVK_TRANSFER_HANDLE_H

#include "transfer/transfer.h"

/* A new handle with the settings' options; NULL: out of memory. cvk_handle_free ends it. */
cvk_handle *cvk_handle_new(const cvk_settings *settings);

/*
 * Keeps what a handle does apart from what others do: it shares no connection from now on, or
 * (`leave`) nobody gets its connection once all that use it have ended.
 */
void cvk_handle_isolate(cvk_handle *handle, bool leave);

/* Closes a handle. */
void cvk_handle_free(cvk_handle *handle);

/* Readies a handle for an transfer. false: out of memory. */
bool cvk_handle_prepare(cvk_handle *handle, cvk_transfer *transfer);

/* Whether libcurl has done anything for it; else a handle's figures are those of an earlier one. */
bool cvk_handle_has_begun(const cvk_transfer *transfer);

/* Whether the handle of a finished transfer is not to be used again: libcurl counts the repeats that
 * it makes by itself, and allows five in a handle's whole life. */
bool cvk_handle_is_worn(const cvk_transfer *transfer);

/* Whether its name is being looked up; also while libcurl has not begun. */
bool cvk_handle_is_looking_up(const cvk_transfer *transfer);

/* The status of the answer, 0: none came. */
int cvk_handle_status(const cvk_transfer *transfer);

/*
 * Whether a connection may be broken, or stand still, after that transfer, and libcurl keep it all
 * the same: one of HTTP/2, which it takes for sound when a single transfer fails.
 */
bool cvk_handle_may_break_connection(const cvk_transfer *transfer);

/* What libcurl's code for a finished transfer, whose status is known, means to a caller. */
cvk_failure cvk_handle_failure(cvk_transfer *transfer, CURLcode code);

/* Whether the answer came over a connection that several may share. */
bool cvk_handle_shared(const cvk_transfer *transfer);

/* Which certificates are trusted, for messages. */
const char *cvk_handle_trust(const cvk_settings *settings);

#endif
