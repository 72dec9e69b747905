/*
 * A SQLite file of ours, and batches of statements that are run on it. All of it is for one thread.
 */
#ifndef CVK_STORE_DATABASE_H
#define CVK_STORE_DATABASE_H

#include "base/buffer.h"
#include "store/sqlite.h"

/* What makes a SQLite file ours; the texts live as long as the database. */
typedef struct cvk_database_form {
    int application_id;
    int version;
    const char *schema; /* SQL that makes the tables of a new file */
} cvk_database_form;

/* Statements that happen all or not at all. */
typedef struct cvk_batch {
    struct cvk_batch *next;
    int64_t number;        /* by which its owner knows it again */
    cvk_buffer statements; /* cells: for each the SQL, its values and STOP; see store/cells.h. With
                              END behind its values it may have more of them before STOP: it is run
                              for each such set */
    cvk_buffer result;     /* cells: for each the number of rows changed, its rows, each with END,
                              and STOP; for one with sets a row of the numbers that each has changed */
    char fault[256];       /* why none of it has happened; empty: it has */
} cvk_batch;

typedef struct cvk_database cvk_database;

/*
 * Opens a file, and makes it where it is not there. Returns a database also where that has failed:
 * then all batches fail with the reason. NULL: out of memory.
 * @param path      of the file
 * @param presence  descriptor of store/presence.h, for the SQL functions hold(worker) and
 *                  is_held(worker); -1: hold() fails
 */
cvk_database *cvk_database_open(const cvk_sqlite *sqlite, const char *path, int presence,
                                const cvk_database_form *form);

/*
 * Runs batches in one transaction, which is durable once this returns. A batch that fails changes
 * nothing, and the others happen all the same; where the transaction fails none does.
 */
void cvk_database_run(cvk_database *database, cvk_batch *first);

/* Closes the file. */
void cvk_database_close(cvk_database *database);

#endif
