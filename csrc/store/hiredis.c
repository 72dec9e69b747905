#include "store/hiredis.h"

#include "store/cells.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the files of its versions end, the newest first. */
#ifdef __APPLE__
static const char *const endings[] = {".dylib"};
#else
static const char *const endings[] = {".so.1.4.0", ".so.1.3.0", ".so.1.1.0", ".so.1.0.0",
                                      ".so.1",     ".so.0.14",  ".so.0.13"};
#endif

enum {
    of_string = 1, /* types of replies */
    of_array,
    of_integer,
    of_nil,
    of_status,
    of_error,
    most_depth = 8, /* arrays within arrays */
};

typedef struct redisReader redisReader;

/* Whatever the version, its first field is the type; the others are not used. */
typedef struct redisReadTask {
    int type;
} redisReadTask;

/* What is called for each part of a reply, in the order in which the parts come. */
typedef struct functions_0 {
    void *(*string)(const redisReadTask *, char *, size_t);
    void *(*array)(const redisReadTask *, int);
    void *(*integer)(const redisReadTask *, long long);
    void *(*nil)(const redisReadTask *);
    void (*free_object)(void *);
} functions_0;

typedef struct functions_1 {
    void *(*string)(const redisReadTask *, char *, size_t);
    void *(*array)(const redisReadTask *, size_t);
    void *(*integer)(const redisReadTask *, long long);
    void *(*real)(const redisReadTask *, double, char *, size_t);
    void *(*nil)(const redisReadTask *);
    void *(*boolean)(const redisReadTask *, int);
    void (*free_object)(void *);
} functions_1;

/* The first fields of a reader, in all versions. */
typedef struct reader_head {
    int fault;
    char words[128];
} reader_head;

struct cvk_reader {
    redisReader *native;
    int depth;                    /* of the array that is being read; 0: none */
    uint64_t missing[most_depth]; /* parts that each of the arrays around lacks */
    bool foreign;                 /* a part has come that this protocol does not have */
};

static struct {
    bool loaded, is_1;
    const char *ending;
    int (*format_0)(char **, int, const char **, const size_t *);
    long long (*format_1)(char **, int, const char **, const size_t *);
    void (*free_command)(char *);
    redisReader *(*reader_create)(void *functions);
    void (*reader_free)(redisReader *);
    int (*reader_feed)(redisReader *, const char *, size_t);
    int (*reader_reply)(redisReader *, void **);
} hiredis;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

/* What the reader that is at work in this thread fills. */
static _Thread_local cvk_reader *working;
static _Thread_local cvk_buffer *filling;

/* ---- what the library calls ------------------------------------------------------------------ */

/* A part has been added: returns what hiredis takes for it. NULL has the reader fail. */
static void *part(void)
{
    while (working->depth > 0 && --working->missing[working->depth - 1] == 0)
        working->depth--;
    return filling->failed ? NULL : filling;
}

static void *foreign(void)
{
    working->foreign = true;
    return NULL;
}

static void *add_string(const redisReadTask *task, char *text, size_t size)
{
    if (task->type > of_error)
        return foreign();
    cvk_cell_kind kind = task->type == of_error ? CVK_CELL_ERROR : CVK_CELL_TEXT;
    cvk_cells_add(filling, &(cvk_cell){.kind = kind, .text = text, .size = size});
    return part();
}

static void *add_array_1(const redisReadTask *task, size_t count)
{
    if (task->type > of_error || (count > 0 && working->depth == most_depth))
        return foreign();
    cvk_cells_add(filling, &(cvk_cell){.kind = CVK_CELL_ARRAY, .integer = (int64_t)count});
    if (count == 0)
        return part();
    working->missing[working->depth++] = count;
    return filling->failed ? NULL : filling;
}

static void *add_array_0(const redisReadTask *task, int count)
{
    return add_array_1(task, count < 0 ? 0 : (size_t)count);
}

static void *add_integer(const redisReadTask *task, long long integer)
{
    (void)task;
    cvk_cells_add(filling, &(cvk_cell){.kind = CVK_CELL_INTEGER, .integer = integer});
    return part();
}

static void *add_nil(const redisReadTask *task)
{
    if (task->type == of_nil) /* else it is a string or an array that is nil */
        return foreign();
    cvk_cells_mark(filling, CVK_CELL_NULL);
    return part();
}

static void *refuse_real(const redisReadTask *task, double real, char *text, size_t size)
{
    (void)task, (void)real, (void)text, (void)size;
    return foreign();
}

static void *refuse_boolean(const redisReadTask *task, int boolean)
{
    (void)task, (void)boolean;
    return foreign();
}

/* What was returned for a part is nothing of its own. */
static void free_object(void *object)
{
    (void)object;
}

static functions_0 our_functions_0 = {add_string, add_array_0, add_integer, add_nil, free_object};
static functions_1 our_functions_1 = {add_string, add_array_1,    add_integer, refuse_real,
                                      add_nil,    refuse_boolean, free_object};

/* ---- the library ----------------------------------------------------------------------------- */

/* Finds a function; false: it is not there. */
static bool look_up(void *library, const char *name, void *place)
{
    void *function = dlsym(library, name);
    memcpy(place, &function, sizeof function);
    return function != NULL;
}

static bool look_up_all(void *library)
{
    hiredis.is_1 = dlsym(library, "hiredisSetAllocators") != NULL;
    void *format = hiredis.is_1 ? (void *)&hiredis.format_1 : (void *)&hiredis.format_0;
    return look_up(library, "redisFormatCommandArgv", format) &&
           look_up(library, "redisFreeCommand", &hiredis.free_command) &&
           look_up(library, "redisReaderCreateWithFunctions", &hiredis.reader_create) &&
           look_up(library, "redisReaderFree", &hiredis.reader_free) &&
           look_up(library, "redisReaderFeed", &hiredis.reader_feed) &&
           look_up(library, "redisReaderGetReply", &hiredis.reader_reply);
}

static void *open_library(const char *begin, const char *ending, int mode)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", begin, ending);
    return dlopen(name, mode);
}

static bool load(char *why, size_t size)
{
    enum { count = sizeof endings / sizeof endings[0] };
    void *library = NULL;
    for (int i = 0; i < count && library == NULL; i++) {
        hiredis.ending = endings[i];
        library = open_library("libhiredis", endings[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (library == NULL) {
        snprintf(why, size, "hiredis cannot be loaded: there is none from libhiredis%s to %s",
                 endings[0], endings[count - 1]);
        return false;
    }
    if (look_up_all(library))
        return true;
    snprintf(why, size, "hiredis cannot be used: libhiredis%s lacks functions", hiredis.ending);
    dlclose(library);
    return false;
}

void *cvk_hiredis_open_tls(char *why, size_t size)
{
    if (!hiredis.is_1) {
        snprintf(why, size, "TLS needs hiredis 1.0 or newer; here is libhiredis%s", hiredis.ending);
        return NULL;
    }
    /* It expects to find the functions of the other one, without saying so. */
    (void)open_library("libhiredis", hiredis.ending, RTLD_NOW | RTLD_GLOBAL);
    void *library = open_library("libhiredis_ssl", hiredis.ending, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *words = dlerror();
        snprintf(why, size, "TLS needs libhiredis_ssl: %s", words == NULL ? "" : words);
    }
    return library;
}

bool cvk_hiredis_load(char *why, size_t size)
{
    pthread_mutex_lock(&loading);
    hiredis.loaded = hiredis.loaded || load(why, size);
    bool there = hiredis.loaded;
    pthread_mutex_unlock(&loading);
    return there;
}

bool cvk_hiredis_format(cvk_buffer *text, int count, const char **words, const size_t *sizes)
{
    char *made = NULL;
    long long size = hiredis.is_1 ? hiredis.format_1(&made, count, words, sizes)
                                  : hiredis.format_0(&made, count, words, sizes);
    if (size < 0 || made == NULL)
        return false;
    cvk_buffer_add(text, made, (size_t)size);
    if (text->secret)
        explicit_bzero(made, (size_t)size);
    hiredis.free_command(made);
    return !text->failed;
}

/* ---- readers --------------------------------------------------------------------------------- */

cvk_reader *cvk_reader_new(void)
{
    cvk_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    void *functions = hiredis.is_1 ? (void *)&our_functions_1 : (void *)&our_functions_0;
    reader->native = hiredis.reader_create(functions);
    if (reader->native != NULL)
        return reader;
    free(reader);
    return NULL;
}

void cvk_reader_free(cvk_reader *reader)
{
    if (reader == NULL)
        return;
    hiredis.reader_free(reader->native);
    free(reader);
}

bool cvk_reader_feed(cvk_reader *reader, const char *bytes, size_t size)
{
    return hiredis.reader_feed(reader->native, bytes, size) == 0;
}

cvk_reading cvk_reader_read(cvk_reader *reader, cvk_buffer *reply, const char **why)
{
    void *object = NULL;
    working = reader;
    filling = reply;
    int status = hiredis.reader_reply(reader->native, &object);
    working = NULL;
    filling = NULL;
    if (status == 0)
        return object == NULL ? CVK_READING_MORE : CVK_READING_DONE;
    *why = reader->foreign ? "a reply of a kind that was not asked for"
                           : ((const reader_head *)reader->native)->words;
    return CVK_READING_FAILED;
}
