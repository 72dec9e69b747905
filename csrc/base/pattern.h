/*
 * Regular expressions as ECMA-262 has them, without what makes them slow or needs to look around: no references back,
 * no assertions but `^` and `$`, no properties of Unicode. A text is looked through once, whatever the pattern is.
 */
#ifndef CVK_BASE_PATTERN_H
#define CVK_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CVK_PATTERN_MOST = 1000, /* steps of one pattern */
    CVK_PATTERN_MOST_WORK =
        10000000, /* characters of a text times steps; beyond that it is not looked at */
};

typedef struct cvk_pattern_step {
    uint8_t op;
    bool negated;
    int32_t one, other; /* by the op: how far on, a character, a range, a number of ranges */
} cvk_pattern_step;

/* A pattern. */
typedef struct cvk_pattern {
    int count;
    cvk_pattern_step steps[];
} cvk_pattern;

/*
 * Reads a pattern, which is UTF-8. Returns it, for the caller to free; or NULL and in `why` what is not supported
 * or wrong with it, NULL there: out of memory.
 */
cvk_pattern *cvk_pattern_new(const char *text, size_t size, const char **why);

/* Whether a text, which is UTF-8, matches it somewhere. */
bool cvk_pattern_matches(const cvk_pattern *pattern, const char *text, size_t size);

#endif
