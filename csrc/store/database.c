#include "store/database.h"

#include "store/cells.h"
#include "store/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    most_prepared = 64, /* statements that are kept */
    patience = 60000,   /* milliseconds that other processes may keep the file locked */
};

typedef struct prepared {
    char *sql;
    size_t size;
    sqlite3_stmt *statement;
} prepared;

struct cvk_database {
    const cvk_sqlite *sqlite;
    sqlite3 *connection;
    int presence;
    int64_t held;    /* the worker whose lock this database holds, which it cannot see; 0: none */
    char fault[256]; /* why it cannot be used; empty: it can */
    prepared prepared[most_prepared];
    int prepared_count;
};

/* ---- SQL functions --------------------------------------------------------------------------- */

/* What a function of ours is given needs SQLite's own functions to be read. One library serves all. */
static const cvk_sqlite *library(void)
{
    return cvk_sqlite_load(NULL, 0);
}

static void hold(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const cvk_sqlite *sqlite = library();
    cvk_database *database = sqlite->user_data(context);
    int64_t worker = sqlite->value_int64(values[0]);
    bool held = cvk_presence_hold(database->presence, worker);
    if (held)
        database->held = worker;
    sqlite->result_int(context, held);
}

static void is_held(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const cvk_sqlite *sqlite = library();
    const cvk_database *database = sqlite->user_data(context);
    int64_t worker = sqlite->value_int64(values[0]);
    bool held = worker == database->held || cvk_presence_is_held(database->presence, worker);
    sqlite->result_int(context, held);
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool execute(cvk_database *database, const char *sql)
{
    return database->sqlite->exec(database->connection, sql, NULL, NULL, NULL) == CVK_SQLITE_OK;
}

/* The number that a statement gives, or -1. */
static int64_t number_of(cvk_database *database, const char *sql)
{
    const cvk_sqlite *sqlite = database->sqlite;
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;
    if (sqlite->prepare_v2(database->connection, sql, -1, &statement, NULL) == CVK_SQLITE_OK &&
        sqlite->step(statement) == CVK_SQLITE_ROW)
        number = sqlite->column_int64(statement, 0);
    sqlite->finalize(statement);
    return number;
}

static void refuse(cvk_database *database, const char *path, const char *why)
{
    snprintf(database->fault, sizeof database->fault, "%s: %s", path, why);
}

static bool fail(cvk_database *database, const char *path)
{
    refuse(database, path, database->sqlite->errmsg(database->connection));
    return false;
}

/* Whether the file is one of ours, of a version that we know; an empty one becomes that. */
static bool is_ours(cvk_database *database, const char *path, const cvk_database_form *form)
{
    int64_t tables = number_of(database, "SELECT count(*) FROM sqlite_master");
    int64_t id = number_of(database, "PRAGMA application_id");
    int64_t version = number_of(database, "PRAGMA user_version");
    if (tables < 0 || id < 0 || version < 0)
        return fail(database, path);
    if (tables == 0 && id == 0 && version == 0) {
        char marks[96];
        snprintf(marks, sizeof marks, "PRAGMA application_id=%d; PRAGMA user_version=%d",
                 form->application_id, form->version);
        return (execute(database, form->schema) && execute(database, marks)) ||
               fail(database, path);
    }
    if (id != form->application_id)
        refuse(database, path, "is a SQLite file of another program");
    else if (version != form->version)
        refuse(database, path,
               version > form->version
                   ? "was made by a newer convoke, which must be used with it"
                   : "was made by an older convoke, which must be used with it");
    return database->fault[0] == '\0';
}

/* Looks at the file before anything is changed, in a transaction: others may make it just now. */
static bool begin(cvk_database *database, const char *path, const cvk_database_form *form)
{
    if (!execute(database, "BEGIN IMMEDIATE"))
        return fail(database, path);
    bool fine = is_ours(database, path, form);
    if (fine && !execute(database, "COMMIT"))
        fine = fail(database, path);
    if (!fine)
        execute(database, "ROLLBACK");
    return fine && (execute(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") ||
                    fail(database, path));
}

cvk_database *cvk_database_open(const cvk_sqlite *sqlite, const char *path, int presence,
                                const cvk_database_form *form)
{
    cvk_database *database = calloc(1, sizeof *database);
    if (database == NULL)
        return NULL;
    database->sqlite = sqlite;
    database->presence = presence;
    int flags = CVK_SQLITE_READWRITE | CVK_SQLITE_CREATE | CVK_SQLITE_NOMUTEX;
    if (sqlite->open_v2(path, &database->connection, flags, NULL) != CVK_SQLITE_OK) {
        refuse(database, path,
               database->connection == NULL ? "out of memory"
                                            : sqlite->errmsg(database->connection));
        return database;
    }
    sqlite->busy_timeout(database->connection, patience);
    sqlite->create_function(database->connection, "hold", 1, CVK_SQLITE_UTF8, database, hold, NULL,
                            NULL);
    sqlite->create_function(database->connection, "is_held", 1, CVK_SQLITE_UTF8, database, is_held,
                            NULL, NULL);
    begin(database, path, form);
    return database;
}

void cvk_database_close(cvk_database *database)
{
    if (database == NULL)
        return;
    for (int i = 0; i < database->prepared_count; i++) {
        database->sqlite->finalize(database->prepared[i].statement);
        free(database->prepared[i].sql);
    }
    database->sqlite->close(database->connection);
    free(database);
}

/* ---- running --------------------------------------------------------------------------------- */

/* The prepared statement for some SQL; NULL: it is wrong, or there is no memory. */
static sqlite3_stmt *prepare(cvk_database *database, const char *sql, size_t size)
{
    for (int i = 0; i < database->prepared_count; i++) {
        const prepared *known = &database->prepared[i];
        if (known->size == size && memcmp(known->sql, sql, size) == 0)
            return known->statement;
    }
    sqlite3_stmt *statement = NULL;
    char *copy = database->prepared_count < most_prepared ? strdup(sql) : NULL;
    if (copy == NULL || database->sqlite->prepare_v2(database->connection, sql, -1, &statement,
                                                     NULL) != CVK_SQLITE_OK) {
        free(copy);
        return NULL;
    }
    database->prepared[database->prepared_count++] = (prepared){copy, size, statement};
    return statement;
}

/* Executes a statement without values that is kept prepared. */
static bool execute_kept(cvk_database *database, const char *sql)
{
    sqlite3_stmt *statement = prepare(database, sql, strlen(sql));
    if (statement == NULL)
        return false;
    int code = database->sqlite->step(statement);
    return database->sqlite->reset(statement) == CVK_SQLITE_OK && code == CVK_SQLITE_DONE;
}

/* Binds a value. It outlives the statement's steps. */
static int bind_cell(const cvk_sqlite *sqlite, sqlite3_stmt *statement, int place,
                     const cvk_cell *cell)
{
    if (cell->kind == CVK_CELL_INTEGER)
        return sqlite->bind_int64(statement, place, cell->integer);
    if (cell->kind == CVK_CELL_REAL)
        return sqlite->bind_double(statement, place, cell->real);
    if (cell->kind == CVK_CELL_TEXT)
        return sqlite->bind_text(statement, place, cell->text, (int)cell->size, NULL);
    return sqlite->bind_null(statement, place);
}

/* Binds the values up to STOP, or to the END of a set, which `*end` tells. */
static bool bind(const cvk_sqlite *sqlite, sqlite3_stmt *statement, const cvk_buffer *cells,
                 size_t *at, cvk_cell_kind *end)
{
    cvk_cell cell = {.kind = CVK_CELL_STOP};
    bool bound = true;
    for (int place = 1; cvk_cells_next(cells, at, &cell); place++) {
        if (cell.kind == CVK_CELL_STOP || cell.kind == CVK_CELL_END)
            break;
        bound = bind_cell(sqlite, statement, place, &cell) == CVK_SQLITE_OK && bound;
    }
    *end = cell.kind;
    return bound;
}

static void add_column(const cvk_sqlite *sqlite, sqlite3_stmt *statement, int column,
                       cvk_buffer *result)
{
    cvk_cell cell = {.kind = CVK_CELL_NULL};
    int type = sqlite->column_type(statement, column);
    if (type == CVK_SQLITE_INTEGER) {
        cell.kind = CVK_CELL_INTEGER;
        cell.integer = sqlite->column_int64(statement, column);
    } else if (type == CVK_SQLITE_FLOAT) {
        cell.kind = CVK_CELL_REAL;
        cell.real = sqlite->column_double(statement, column);
    } else if (type != CVK_SQLITE_NULL) {
        const void *bytes = sqlite->column_blob(statement, column);
        cell.kind = CVK_CELL_TEXT;
        cell.text = bytes == NULL ? "" : bytes;
        cell.size = (size_t)sqlite->column_bytes(statement, column);
    }
    cvk_cells_add(result, &cell);
}

/* Runs a statement to its end; `rows` takes what it returns. */
static bool run_statement(cvk_database *database, sqlite3_stmt *statement, cvk_buffer *rows)
{
    const cvk_sqlite *sqlite = database->sqlite;
    int columns = sqlite->column_count(statement), code;
    while ((code = sqlite->step(statement)) == CVK_SQLITE_ROW) {
        for (int i = 0; i < columns; i++)
            add_column(sqlite, statement, i, rows);
        cvk_cells_mark(rows, CVK_CELL_END);
    }
    return code == CVK_SQLITE_DONE;
}

/* Runs a statement with its values, or with each set of them, and adds what that has brought. */
static bool run_with_values(cvk_database *database, sqlite3_stmt *statement, cvk_batch *batch,
                            size_t *at)
{
    const cvk_sqlite *sqlite = database->sqlite;
    const cvk_buffer *cells = &batch->statements;
    cvk_buffer rows = {0};
    cvk_cell changes = {.kind = CVK_CELL_INTEGER}, total = changes;
    cvk_cell_kind end = CVK_CELL_STOP;
    bool fine = true;
    do {
        fine =
            bind(sqlite, statement, cells, at, &end) && run_statement(database, statement, &rows);
        if (!fine) /* before the reset, which would replace the words */
            snprintf(batch->fault, sizeof batch->fault, "%s", sqlite->errmsg(database->connection));
        changes.integer = sqlite->changes(database->connection);
        total.integer += changes.integer;
        if (end == CVK_CELL_END)
            cvk_cells_add(&rows, &changes);
        sqlite->reset(statement);
    } while (fine && end == CVK_CELL_END && !cvk_cells_stop(cells, at));
    if (end == CVK_CELL_END)
        cvk_cells_mark(&rows, CVK_CELL_END);
    cvk_cells_mark(&rows, CVK_CELL_STOP);
    cvk_cells_add(&batch->result, &total);
    cvk_buffer_add(&batch->result, rows.data, rows.size);
    fine = fine && !rows.failed && !batch->result.failed;
    cvk_buffer_free(&rows);
    return fine;
}

static bool run_statements(cvk_database *database, cvk_batch *batch)
{
    size_t at = 0;
    cvk_cell sql;
    bool fine = true;
    while (fine && cvk_cells_next(&batch->statements, &at, &sql)) {
        sqlite3_stmt *statement = prepare(database, sql.text, sql.size);
        fine = statement != NULL && run_with_values(database, statement, batch, &at);
    }
    return fine;
}

static void give_fault(cvk_batch *batch, const char *why)
{
    if (batch->fault[0] == '\0')
        snprintf(batch->fault, sizeof batch->fault, "%s", why);
}

/* Fails all batches that have not failed by themselves. */
static void fail_all(cvk_batch *first, const char *why)
{
    for (cvk_batch *batch = first; batch != NULL; batch = batch->next)
        give_fault(batch, why);
}

/* Runs one batch within the transaction; false: the transaction is over. One that is alone there
 * needs no way back to its start, for which SQLite would keep a copy of each page. */
static bool run_batch(cvk_database *database, cvk_batch *batch, bool is_alone)
{
    if (is_alone)
        return run_statements(database, batch);
    if (!execute_kept(database, "SAVEPOINT batch"))
        return false;
    if (run_statements(database, batch))
        return execute_kept(database, "RELEASE batch");
    give_fault(batch, database->sqlite->errmsg(database->connection));
    return database->sqlite->get_autocommit(database->connection) == 0 &&
           execute(database, "ROLLBACK TO batch; RELEASE batch");
}

void cvk_database_run(cvk_database *database, cvk_batch *first)
{
    if (database->fault[0] != '\0') {
        fail_all(first, database->fault);
        return;
    }
    const cvk_sqlite *sqlite = database->sqlite;
    bool fine = execute_kept(database, "BEGIN IMMEDIATE");
    for (cvk_batch *batch = first; fine && batch != NULL; batch = batch->next)
        fine = run_batch(database, batch, first->next == NULL);
    if (fine && execute_kept(database, "COMMIT"))
        return;
    fail_all(first, sqlite->errmsg(database->connection));
    if (sqlite->get_autocommit(database->connection) == 0)
        execute(database, "ROLLBACK");
}
