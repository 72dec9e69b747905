/*
 * One descriptor for libcurl's sockets, its timer and a wake-up. The descriptor is readable
 * whenever there is work, so that any event loop can watch it.
 */
#ifndef CVK_TRANSFER_POLLER_H
#define CVK_TRANSFER_POLLER_H

#include <stdbool.h>

/* Which of poller_epoll.c, poller_kqueue.c and poller_poll.c is used; a build may choose. */
#if !defined(CVK_POLLER_EPOLL) && !defined(CVK_POLLER_KQUEUE) && !defined(CVK_POLLER_POLL)
#if defined(__linux__)
#define CVK_POLLER_EPOLL
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) || \
    defined(__DragonFly__)
#define CVK_POLLER_KQUEUE
#else
#define CVK_POLLER_POLL
#endif
#endif

#if defined(CVK_POLLER_EPOLL)
#define CVK_POLLER_NAME "epoll"
#elif defined(CVK_POLLER_KQUEUE)
#define CVK_POLLER_NAME "kqueue"
#else
#define CVK_POLLER_NAME "poll"
#endif

typedef struct cvk_poller cvk_poller;

/* A socket that is ready. */
typedef struct cvk_ready {
    int fd;
    bool readable, writable, broken;
} cvk_ready;

/* A new poller, or NULL with errno set. */
cvk_poller *cvk_poller_new(void);

/* Closes its descriptors and frees it; the sockets that it watched stay open. NULL is fine. */
void cvk_poller_free(cvk_poller *poller);

/*
 * Closes its descriptors by nothing but system calls, in the child of a fork; it is of no use then.
 */
void cvk_poller_close_copies(cvk_poller *poller);

/* The descriptor to watch for reading. */
int cvk_poller_fd(cvk_poller *poller);

/* Watches a socket for what is asked, anew or otherwise than before; neither: no more. */
bool cvk_poller_watch(cvk_poller *poller, int fd, bool readable, bool writable);

#ifdef CVK_POLLER_EPOLL

/*
 * Says that a connection has been made, and that cvk_poller_closed will be called before it is closed.
 * Between the two the poller may go on watching a socket that libcurl no longer waits for, which
 * spares system calls when the connection is used again. (A socket that libcurl closes without saying
 * so may live on in the child of a fork; it would be watched for ever.)
 */
void cvk_poller_opened(cvk_poller *poller, int fd);

/* Says that a connection is about to be closed. */
void cvk_poller_closed(cvk_poller *poller, int fd);

/* Stops watching sockets that libcurl no longer waits for. */
void cvk_poller_rest(cvk_poller *poller);

#else /* the other pollers watch only what libcurl waits for */

/* Does nothing. */
static inline void cvk_poller_opened(cvk_poller *poller, int fd)
{
    (void)poller;
    (void)fd;
}

/* Does nothing. */
static inline void cvk_poller_closed(cvk_poller *poller, int fd)
{
    (void)poller;
    (void)fd;
}

/* Does nothing. */
static inline void cvk_poller_rest(cvk_poller *poller)
{
    (void)poller;
}

#endif

/* Makes the descriptor readable after `milliseconds`; negative: not by time. */
void cvk_poller_arm(cvk_poller *poller, long milliseconds);

/* Makes the descriptor readable now and until told otherwise. */
void cvk_poller_wake(cvk_poller *poller, bool awake);

/*
 * Waits at most `milliseconds` (negative: without end) for sockets and fills `ready` with up to
 * `most` of them. Returns their number; 0 also after a wake-up, the timer or a signal.
 */
int cvk_poller_wait(cvk_poller *poller, int milliseconds, cvk_ready *ready, int most);

#endif
