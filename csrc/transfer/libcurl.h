/*
 * libcurl as a library that is loaded when it is first needed: it brings thirty others along, and
 * all of that takes longer than the rest of convoke's start.
 *
 * Its functions are called by their own names, as everywhere, once it has been loaded.
 */
#ifndef CVK_TRANSFER_LIBCURL_H
#define CVK_TRANSFER_LIBCURL_H

#include <stdbool.h>
#include <stddef.h>

enum { CVK_LIBCURL_WORDS = 512 };

/*
 * Loads libcurl if it is not there yet, for the whole process and for good; any thread may. false:
 * it cannot be, and `why`, of `size` bytes, says what is wrong. Another time it may be.
 */
bool cvk_libcurl_load(char *why, size_t size);

/* A function whose type the caller knows. */
typedef void cvk_any_function(void);

/* A function of a library that libcurl brings along, by its name; NULL: there is none such. */
cvk_any_function *cvk_libcurl_find(const char *name);

#endif
