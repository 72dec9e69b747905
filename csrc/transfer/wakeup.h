/*
 * Wakes hosts that can wait for connections of their own but not for a foreign descriptor: a thread
 * waits for the descriptor and sends one byte over a loopback connection. That needs no file, so it
 * works for users who may write nowhere.
 */
#ifndef CVK_TRANSFER_WAKEUP_H
#define CVK_TRANSFER_WAKEUP_H

#include <stdbool.h>

enum { CVK_WAKEUP_KEY_SIZE = 16 };

typedef struct cvk_wakeup cvk_wakeup;

/*
 * Starts the thread, to which the host connects at 127.0.0.1; NULL with errno set. The caller frees
 * it.
 */
cvk_wakeup *cvk_wakeup_new(void);

/* Ends the thread and frees everything; in the child of a fork only what is the child's. */
void cvk_wakeup_free(cvk_wakeup *wakeup);

/* The port of 127.0.0.1 to which the host connects. */
int cvk_wakeup_port(const cvk_wakeup *wakeup);

/* The CVK_WAKEUP_KEY_SIZE bytes that the host sends first: a connection without them is closed. */
const unsigned char *cvk_wakeup_key(const cvk_wakeup *wakeup);

/*
 * Sends one byte: when `fd` is readable, at the latest after `milliseconds` (negative: no such
 * limit). To be called again only after that byte has come. false: the thread is gone.
 */
bool cvk_wakeup_arm(cvk_wakeup *wakeup, int fd, int milliseconds);

#endif
