/*
 * The part of SQLite that stores need. The library is loaded when a store is first opened, and neither
 * its header nor the library is needed to build convoke.
 */
#ifndef CVK_STORE_SQLITE_H
#define CVK_STORE_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_value sqlite3_value;

enum {
    CVK_SQLITE_OK = 0,
    CVK_SQLITE_ROW = 100,
    CVK_SQLITE_DONE = 101,
    CVK_SQLITE_INTEGER = 1, /* types of columns */
    CVK_SQLITE_FLOAT = 2,
    CVK_SQLITE_TEXT = 3,
    CVK_SQLITE_BLOB = 4,
    CVK_SQLITE_NULL = 5,
    CVK_SQLITE_READWRITE = 2, /* flags of open_v2 */
    CVK_SQLITE_CREATE = 4,
    CVK_SQLITE_NOMUTEX = 0x8000,
    CVK_SQLITE_UTF8 = 1,
};

typedef void cvk_sqlite_function(sqlite3_context *, int, sqlite3_value **);

/* SQLite's functions, without the beginning of their names. */
typedef struct cvk_sqlite {
    int (*libversion_number)(void);
    int (*open_v2)(const char *, sqlite3 **, int, const char *);
    int (*close)(sqlite3 *);
    int (*busy_timeout)(sqlite3 *, int);
    int (*exec)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
    const char *(*errmsg)(sqlite3 *);
    int (*prepare_v2)(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
    int (*bind_int64)(sqlite3_stmt *, int, int64_t);
    int (*bind_double)(sqlite3_stmt *, int, double);
    int (*bind_text)(sqlite3_stmt *, int, const char *, int, void (*)(void *));
    int (*bind_null)(sqlite3_stmt *, int);
    int (*step)(sqlite3_stmt *);
    int (*reset)(sqlite3_stmt *);
    int (*finalize)(sqlite3_stmt *);
    int (*column_count)(sqlite3_stmt *);
    int (*column_type)(sqlite3_stmt *, int);
    int64_t (*column_int64)(sqlite3_stmt *, int);
    double (*column_double)(sqlite3_stmt *, int);
    const void *(*column_blob)(sqlite3_stmt *, int);
    int (*column_bytes)(sqlite3_stmt *, int);
    int (*changes)(sqlite3 *);
    int (*get_autocommit)(sqlite3 *);
    int (*create_function)(sqlite3 *, const char *, int, int, void *, cvk_sqlite_function *,
                           cvk_sqlite_function *, void (*)(sqlite3_context *));
    void *(*user_data)(sqlite3_context *);
    int64_t (*value_int64)(sqlite3_value *);
    void (*result_int)(sqlite3_context *, int);
} cvk_sqlite;

/*
 * The functions, good until the process ends; NULL: the library cannot be loaded or is too old, and
 * `why` (of `size` bytes) says so.
 */
const cvk_sqlite *cvk_sqlite_load(char *why, size_t size);

#endif
