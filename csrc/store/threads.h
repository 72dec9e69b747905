/*
 * What each thread of a store needs: to be started apart from the program's signals, and a pipe by
 * which one thread tells another that there is news.
 */
#ifndef CVK_STORE_THREADS_H
#define CVK_STORE_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread that no signal of the program reaches. false: errno is set. */
bool cvk_threads_start(pthread_t *thread, void *(*run)(void *), void *argument);

/* Makes a pipe whose ends never block and are closed by exec. false: errno is set, and ends that were
 * made are in `ends` all the same; those that were not are -1. */
bool cvk_threads_pipe(int ends[2]);

/* Closes both ends, those that are there. */
void cvk_threads_close_pipe(int ends[2]);

#endif
