/*
 * The part of hiredis that connections need: it formats commands and reads replies. The library is
 * loaded when a connection is first opened, and neither its header nor the library is needed to build
 * convoke. What differs between its versions (0.13, 0.14, 1.x) stays in here.
 */
#ifndef CVK_STORE_HIREDIS_H
#define CVK_STORE_HIREDIS_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Loads the library, which then stays until the process ends. false: it cannot be loaded, and `why`
 * (of `size` bytes) says so.
 */
bool cvk_hiredis_load(char *why, size_t size);

/*
 * Opens the library for TLS that comes with the one that is loaded, for dlsym(). NULL: there is none,
 * and `why` (of `size` bytes) says so.
 */
void *cvk_hiredis_open_tls(char *why, size_t size);

/*
 * Adds a command as servers read it.
 * @param words  the command's name and its arguments, `count` of them
 * @param sizes  their lengths in bytes
 * @return whether there was memory
 */
bool cvk_hiredis_format(cvk_buffer *text, int count, const char **words, const size_t *sizes);

/* Reads replies, bytes of which come as they come. */
typedef struct cvk_reader cvk_reader;

/* A new reader; NULL: out of memory. */
cvk_reader *cvk_reader_new(void);

/* Frees it. NULL is fine. */
void cvk_reader_free(cvk_reader *reader);

/* Gives it bytes. false: there is no memory for them, and the reader is of no use any more. */
bool cvk_reader_feed(cvk_reader *reader, const char *bytes, size_t size);

typedef enum cvk_reading {
    CVK_READING_MORE, /* the reply is not all there */
    CVK_READING_DONE,
    CVK_READING_FAILED, /* these are no replies */
} cvk_reading;

/*
 * Reads on in a reply.
 * @param reply  where the reply goes, as cells; the same one until it is done
 * @param why    why it has failed, in a text of the reader's
 */
cvk_reading cvk_reader_read(cvk_reader *reader, cvk_buffer *reply, const char **why);

#endif
