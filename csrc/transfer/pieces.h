/*
 * Transfers whose body or answer goes piece by piece (http/flow.h): what libcurl's callbacks do for them, and how
 * their callers come to hear that there is something to take or to give. Nobody is called: what is new waits in a
 * list, as what has finished does.
 */
#ifndef CVK_TRANSFER_PIECES_H
#define CVK_TRANSFER_PIECES_H

#include "transfer/transfer.h"

/* The head of the answer has come, with that status. */
void cvk_pieces_answered(cvk_transfer *transfer, int status);

/* A piece of the answer has come. Returns what libcurl's callback for bodies returns: 0 ends the transfer. */
size_t cvk_pieces_received(cvk_transfer *transfer, const char *data, size_t size);

/* Gives libcurl up to `room` bytes of the body. Returns what its callback for reading returns. */
size_t cvk_pieces_read(cvk_transfer *transfer, char *data, size_t room);

/* Has the transfer be heard of, if its caller waits for that, there is something to do and it is not there yet. */
void cvk_pieces_tell(cvk_transfer *transfer);

/* Takes a transfer out of the list again. */
void cvk_pieces_forget(cvk_transfer *transfer);

/* Lets a transfer go on that has rested. false: it cannot, and is to be ended. */
bool cvk_pieces_resume(cvk_transfer *transfer);

#endif
