/*
 * A store: a database with a thread of its own, so that nobody waits for a disk.
 */
#ifndef CVK_STORE_STORE_H
#define CVK_STORE_STORE_H

#include "store/database.h"

#include <stdbool.h>

typedef struct cvk_store cvk_store;

/*
 * Opens a store and starts its thread, which opens the file: what is wrong with that the first batch
 * says. NULL: there is no SQLite, memory, descriptor or thread, and `why` (of `size` bytes) says so.
 * The caller frees it.
 */
cvk_store *cvk_store_open(const char *path, const cvk_database_form *form, char *why, size_t size);

/* Waits until what was submitted has been done, closes the file and frees everything. In the child of
 * a fork only what is the child's. */
void cvk_store_free(cvk_store *store);

/* A descriptor that is readable while there are batches to take. */
int cvk_store_fd(const cvk_store *store);

/* Whether the store belongs to the process that has forked this one: here it is of no use. */
bool cvk_store_is_parents(const cvk_store *store);

/* Hands over a batch, which the store owns until it is taken. */
void cvk_store_submit(cvk_store *store, cvk_batch *batch);

/* The next batch that has been run, for the caller to free by cvk_batch_free; NULL: none. */
cvk_batch *cvk_store_take(cvk_store *store);

/* A new batch; NULL: out of memory. */
cvk_batch *cvk_batch_new(void);

/* Frees a batch. NULL is fine. */
void cvk_batch_free(cvk_batch *batch);

#endif
