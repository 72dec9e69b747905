/*
 * Forks. The child of one has copies of its parent's descriptors, which would keep the parent's
 * connections open after the parent has closed them. It closes its copies at once, and touches
 * nothing else: whatever libcurl said or ended would be said and ended for the parent, too.
 */
#ifndef CVK_TRANSFER_FORKS_H
#define CVK_TRANSFER_FORKS_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Has close_copies(owner) called in the child of a fork, once, by nothing but system calls. */
typedef struct cvk_fork_watch {
    void (*close_copies)(void *owner);
    void *owner;
    pthread_t thread; /* whose forks count: another one may be about to change what is let go of */
    struct cvk_fork_watch *next, **link; /* link NULL: does not watch */
} cvk_fork_watch;

/*
 * How many forks lie between this process and the first. From the first call on they are counted.
 */
unsigned cvk_forks(void);

/*
 * Begins to watch for forks of the calling thread. `watch` stays where it is until
 * cvk_forks_unwatch, or until close_copies has been called.
 */
void cvk_forks_watch(cvk_fork_watch *watch, void (*close_copies)(void *owner), void *owner);

/* Ends that. Harmless where it does not watch. */
void cvk_forks_unwatch(cvk_fork_watch *watch);

/*
 * Lets go now, unless that has been done: in a child that another thread of the parent has forked.
 */
void cvk_forks_close_copies(cvk_fork_watch *watch);

enum { CVK_MOST_LIBRARY_FDS = 2 };

/*
 * Descriptors that a library makes for itself and tells nobody of, as libcurl does for a multi
 * handle.
 */
typedef struct cvk_library_fds {
    int count;
    int fds[CVK_MOST_LIBRARY_FDS];
    dev_t devices[CVK_MOST_LIBRARY_FDS];
    ino_t nodes[CVK_MOST_LIBRARY_FDS];
    int expected
        [2 * CVK_MOST_LIBRARY_FDS]; /* the numbers that new descriptors are given, -1: no more */
} cvk_library_fds;

/*
 * To be called right before the library makes descriptors. Until cvk_library_fds_after is called,
 * forks wait, and so do other threads that call this.
 */
void cvk_library_fds_before(cvk_library_fds *found);

/* To be called right after: fills `found` in. Where descriptors have run out it finds none. */
void cvk_library_fds_after(cvk_library_fds *found);

/* Closes those that are what they were. */
void cvk_library_fds_close(cvk_library_fds *found);

#endif
