#include "store/sqlite.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#ifdef __APPLE__
#define LIBRARY "libsqlite3.dylib"
#else
#define LIBRARY "libsqlite3.so.0"
#endif

enum { least_version = 3035000 }; /* has RETURNING */

typedef struct name {
    const char *name;
    size_t place;
} name;

#define FUNCTION(function) \
    { \
        "sqlite3_" #function, offsetof(cvk_sqlite, function) \
    }

static const name names[] = {
    FUNCTION(libversion_number),
    FUNCTION(open_v2),
    FUNCTION(close),
    FUNCTION(busy_timeout),
    FUNCTION(exec),
    FUNCTION(errmsg),
    FUNCTION(prepare_v2),
    FUNCTION(bind_int64),
    FUNCTION(bind_double),
    FUNCTION(bind_text),
    FUNCTION(bind_null),
    FUNCTION(step),
    FUNCTION(reset),
    FUNCTION(finalize),
    FUNCTION(column_count),
    FUNCTION(column_type),
    FUNCTION(column_int64),
    FUNCTION(column_double),
    FUNCTION(column_blob),
    FUNCTION(column_bytes),
    FUNCTION(changes),
    FUNCTION(get_autocommit),
    FUNCTION(create_function),
    FUNCTION(user_data),
    FUNCTION(value_int64),
    FUNCTION(result_int),
};

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static cvk_sqlite functions;
static bool loaded;

/* Finds all functions in the library, and sees whether it is new enough. */
static bool look_up(void *library, cvk_sqlite *found, char *why, size_t size)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *function = dlsym(library, names[i].name);
        if (function == NULL) {
            snprintf(why, size, "SQLite cannot be used: %s lacks %s", LIBRARY, names[i].name);
            return false;
        }
        memcpy((char *)found + names[i].place, &function, sizeof function);
    }
    int version = found->libversion_number();
    if (version >= least_version)
        return true;
    snprintf(why, size, "SQLite cannot be used: %s is %d.%d, and 3.35 is needed", LIBRARY,
             version / 1000000, version / 1000 % 1000);
    return false;
}

static bool load(char *why, size_t size)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *words = dlerror();
        snprintf(why, size, "SQLite cannot be loaded: %s", words == NULL ? LIBRARY : words);
        return false;
    }
    cvk_sqlite found;
    if (!look_up(library, &found, why, size)) {
        dlclose(library);
        return false;
    }
    functions = found;
    return true;
}

const cvk_sqlite *cvk_sqlite_load(char *why, size_t size)
{
    pthread_mutex_lock(&loading);
    loaded = loaded || load(why, size);
    bool there = loaded;
    pthread_mutex_unlock(&loading);
    return there ? &functions : NULL;
}
