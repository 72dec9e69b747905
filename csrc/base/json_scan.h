/*
 * Reading the pieces of JSON text (RFC 8259): white space, strings and numbers. What is read lies
 * in the text itself; nothing here needs memory, but for numbers of more than a hundred digits.
 */
#ifndef CVK_BASE_JSON_SCAN_H
#define CVK_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text and how far it has been read. */
typedef struct cvk_scan {
    const char *text, *end;
    const char *at;    /* the next byte to read; at a fault: where that is */
    const char *fault; /* what is wrong, a constant; NULL: nothing so far */
    bool no_memory;    /* that is why */
} cvk_scan;

/* A string as it stands in the text, between its quotes. */
typedef struct cvk_scan_string {
    const char *text;
    size_t size;
    bool escaped; /* holds escapes: see cvk_scan_unescape */
} cvk_scan_string;

/* A number: an integer without fraction or exponent, within int64 and not -0, is exact. */
typedef struct cvk_scan_number {
    bool exact;
    int64_t whole; /* where it is exact */
    double value;  /* where not: the nearest double */
} cvk_scan_number;

/* Begins to read a text, which must stay where it is. */
static inline void cvk_scan_begin(cvk_scan *scan, const char *text, size_t size)
{
    *scan = (cvk_scan){.text = text, .end = text + size, .at = text};
}

/* The next byte that is no white space, or -1 at the end of the text. It is not taken. */
static inline int cvk_scan_peek(cvk_scan *scan)
{
    while (scan->at < scan->end) {
        unsigned char byte = (unsigned char)*scan->at;
        if (byte > ' ' || (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t'))
            return byte;
        scan->at++;
    }
    return -1;
}

/* Notes what is wrong at a place of the text. Returns false. */
static inline bool cvk_scan_fail(cvk_scan *scan, const char *at, const char *fault)
{
    scan->at = at;
    scan->fault = fault;
    return false;
}

/*
 * Reads the string whose opening quote is the next byte. Its escapes and its UTF-8 have been
 * checked when it returns true; false: scan->fault says why.
 */
bool cvk_scan_read_string(cvk_scan *scan, cvk_scan_string *string);

/*
 * Writes what a checked string with escapes stands for, in UTF-8. `to` has room for string->size
 * bytes, which is never too little. Returns how many were written.
 */
size_t cvk_scan_unescape(const cvk_scan_string *string, char *to);

/*
 * Reads the number that begins with the next byte, a digit or a minus sign. The nearest double is
 * found whatever the locale. false: scan->fault says why.
 */
bool cvk_scan_read_number(cvk_scan *scan, cvk_scan_number *number);

#endif
