/*
 * libcurl's easy handles: set up by a client's settings and a transfer's request, used again and
 * again. libcurl's callbacks fill the transfer's exchange.
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

/*
 * Sets in a handle what differs from transfer to transfer, and binds the two. false: out of memory.
 */
bool cvk_handle_prepare(cvk_handle *handle, cvk_transfer *transfer);

/*
 * Whether libcurl has done anything for the transfer; if not, a handle's figures are those of an
 * earlier one.
 */
bool cvk_handle_has_begun(const cvk_transfer *transfer);

/*
 * Whether the handle of a finished transfer is not to be used again: libcurl counts the repeats
 * that it makes by itself, and allows five in a handle's whole life.
 */
bool cvk_handle_is_worn(const cvk_transfer *transfer);

/* Whether the server's name is being looked up; true also while libcurl has not begun. */
bool cvk_handle_is_looking_up(const cvk_transfer *transfer);

/* The status of the answer, 0: none came. */
int cvk_handle_status(const cvk_transfer *transfer);

/*
 * Whether libcurl may keep a connection that is broken, or stands still, after that transfer: it
 * takes one of HTTP/2 for sound when a single transfer on it fails.
 */
bool cvk_handle_may_break_connection(const cvk_transfer *transfer);

/* What libcurl's code for a finished transfer, whose status is known, means to a caller. */
cvk_failure cvk_handle_failure(cvk_transfer *transfer, CURLcode code);

/* Whether the answer came over a connection that several may share. */
bool cvk_handle_shared(const cvk_transfer *transfer);

/* The file of certificates that libcurl, which is loaded, trusts of itself; NULL: none, or not known. */
const char *cvk_handle_default_trust(void);

/* Which file of certificates is trusted, as text for messages. Never NULL. */
const char *cvk_handle_trust(const cvk_settings *settings);

#endif
