#include "store/store.h"

#include "store/presence.h"
#include "store/threads.h"
#include "transfer/forks.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct batch_list {
    cvk_batch *first, **end;
} batch_list;

struct cvk_store {
    const cvk_sqlite *sqlite;
    char *path, *schema;
    cvk_database_form form;
    int presence;
    int notice[2]; /* a pipe that holds a byte while there is something to take */
    pthread_t thread;
    bool running;
    unsigned generation; /* of forks */
    cvk_fork_watch forks;
    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t news;
    batch_list waiting, done;
    bool closing;
};

static void begin_list(batch_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static cvk_batch *take_all(batch_list *list)
{
    cvk_batch *first = list->first;
    begin_list(list);
    return first;
}

static void append(batch_list *list, cvk_batch *batch)
{
    *list->end = batch;
    while (*list->end != NULL)
        list->end = &(*list->end)->next;
}

cvk_batch *cvk_batch_new(void)
{
    return calloc(1, sizeof(cvk_batch));
}

void cvk_batch_free(cvk_batch *batch)
{
    if (batch == NULL)
        return;
    cvk_buffer_free(&batch->statements);
    cvk_buffer_free(&batch->result);
    free(batch);
}

static void free_all(cvk_batch *first)
{
    while (first != NULL) {
        cvk_batch *next = first->next;
        cvk_batch_free(first);
        first = next;
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* All batches that wait; NULL: the store is to end. */
static cvk_batch *await_batches(cvk_store *store)
{
    pthread_mutex_lock(&store->mutex);
    while (store->waiting.first == NULL && !store->closing)
        pthread_cond_wait(&store->news, &store->mutex);
    cvk_batch *first = take_all(&store->waiting);
    pthread_mutex_unlock(&store->mutex);
    return first;
}

static void hand_back(cvk_store *store, cvk_batch *first)
{
    pthread_mutex_lock(&store->mutex);
    if (store->done.first == NULL)
        (void)!write(store->notice[1], "!", 1);
    append(&store->done, first);
    pthread_mutex_unlock(&store->mutex);
}

static void *run(void *argument)
{
    cvk_store *store = argument;
    cvk_database *database =
        cvk_database_open(store->sqlite, store->path, store->presence, &store->form);
    cvk_batch *first;
    while ((first = await_batches(store)) != NULL) {
        if (database != NULL)
            cvk_database_run(database, first);
        else
            for (cvk_batch *batch = first; batch != NULL; batch = batch->next)
                snprintf(batch->fault, sizeof batch->fault, "out of memory");
        hand_back(store, first);
    }
    cvk_database_close(database);
    return NULL;
}

/* ---- its owner ------------------------------------------------------------------------------- */

/* In the child of a fork. SQLite's own descriptors stay open there until the child ends. */
static void close_copies(void *owner)
{
    cvk_store *store = owner;
    close(store->notice[0]);
    close(store->notice[1]);
    if (store->presence >= 0)
        close(store->presence);
}

cvk_store *cvk_store_open(const char *path, const cvk_database_form *form, char *why, size_t size)
{
    const cvk_sqlite *sqlite = cvk_sqlite_load(why, size);
    cvk_store *store = sqlite == NULL ? NULL : calloc(1, sizeof *store);
    if (store == NULL) {
        if (sqlite != NULL)
            snprintf(why, size, "out of memory");
        return NULL;
    }
    store->sqlite = sqlite;
    store->generation = cvk_forks();
    store->notice[0] = store->notice[1] = store->presence = -1;
    store->path = strdup(path);
    store->schema = strdup(form->schema);
    store->form = *form;
    store->form.schema = store->schema;
    begin_list(&store->waiting);
    begin_list(&store->done);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->news, NULL);
    if (store->path != NULL && store->schema != NULL && cvk_threads_pipe(store->notice)) {
        store->presence = cvk_presence_open(path); /* where that fails hold() says so */
        cvk_forks_watch(&store->forks, close_copies, store);
        store->running = cvk_threads_start(&store->thread, run, store);
        if (store->running)
            return store;
    }
    snprintf(why, size, "%s: %s", path, strerror(errno));
    cvk_store_free(store);
    return NULL;
}

bool cvk_store_is_parents(const cvk_store *store)
{
    return store->generation != cvk_forks();
}

void cvk_store_free(cvk_store *store)
{
    if (store == NULL)
        return;
    if (cvk_store_is_parents(store)) {
        cvk_forks_close_copies(&store->forks);
        return; /* the thread that may have held the lock is not here */
    }
    if (store->running) {
        pthread_mutex_lock(&store->mutex);
        store->closing = true;
        pthread_cond_signal(&store->news);
        pthread_mutex_unlock(&store->mutex);
        pthread_join(store->thread, NULL);
    }
    cvk_forks_unwatch(&store->forks);
    cvk_threads_close_pipe(store->notice);
    if (store->presence >= 0)
        close(store->presence);
    free_all(store->waiting.first);
    free_all(store->done.first);
    pthread_mutex_destroy(&store->mutex);
    pthread_cond_destroy(&store->news);
    free(store->path);
    free(store->schema);
    free(store);
}

int cvk_store_fd(const cvk_store *store)
{
    return store->notice[0];
}

void cvk_store_submit(cvk_store *store, cvk_batch *batch)
{
    pthread_mutex_lock(&store->mutex);
    append(&store->waiting, batch);
    pthread_cond_signal(&store->news);
    pthread_mutex_unlock(&store->mutex);
}

cvk_batch *cvk_store_take(cvk_store *store)
{
    char byte;
    pthread_mutex_lock(&store->mutex);
    cvk_batch *first = store->done.first;
    if (first != NULL) {
        store->done.first = first->next;
        first->next = NULL;
        if (store->done.first == NULL) {
            begin_list(&store->done);
            (void)!read(store->notice[0], &byte, 1);
        }
    }
    pthread_mutex_unlock(&store->mutex);
    return first;
}
