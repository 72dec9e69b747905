/*
 * Shorthand for the tables of facts beside this file, so that a row reads like a line of the
 * vendor's contract. Only files in this directory include it.
 */
#ifndef CVK_APIS_FACTS_H
#define CVK_APIS_FACTS_H

#include "catalogue/catalogue.h"

/* Types. What follows the type narrows it: STRING(.format = "uuid"), INTEGER(AT_LEAST(1)). */
#define STRING(...) {.kind = CVK_STRING, __VA_ARGS__}
#define INTEGER(...) {.kind = CVK_INTEGER, __VA_ARGS__}
#define NUMBER(...) {.kind = CVK_NUMBER, __VA_ARGS__}
#define BOOLEAN(...) {.kind = CVK_BOOLEAN, __VA_ARGS__}
#define FREE_OBJECT(...) {.kind = CVK_OBJECT, __VA_ARGS__}
#define MODEL(of, ...) {.kind = CVK_MODEL, .model = &(of), __VA_ARGS__}
/* NOLINTBEGIN(bugprone-macro-parentheses): `of` is a list in braces */
#define ARRAY(of, ...) {.kind = CVK_ARRAY, .items = &(const cvk_schema)of, __VA_ARGS__}
#define MAP(of, ...) {.kind = CVK_MAP, .items = &(const cvk_schema)of, __VA_ARGS__}
#define EITHER(list_of, object) \
    {.kind = CVK_EITHER, .items = &(const cvk_schema)list_of, .model = &(object)}
/* NOLINTEND(bugprone-macro-parentheses) */
#define ANYTHING {.kind = CVK_ANY}
#define NOTHING {.kind = CVK_NULL}

#define AT_LEAST(n) .bounded_below = true, .minimum = (n)
#define AT_MOST(n) .bounded_above = true, .maximum = (n)
#define FROM_TO(least, most) .min_length = (least), .max_length = (most)
#define NULLABLE .nullable = true
#define WORDS(...) .words = (const char *const[]){__VA_ARGS__, NULL}

/* Rows. */
#define IN_PATH .place = CVK_PATH, .required = true
#define IN_QUERY .place = CVK_QUERY
#define IN_HEADER .place = CVK_HEADER
#define REQUIRED .required = true
#define LISTED .listed = true
#define FILLED_WITH(text) .filled = true, .fallback = (text)

/* Operations that only read: a repeat of such a one changes nothing, either. */
#define READS_ONLY .safe = true, .idempotent = true

/* Tables. */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define STATUSES(...) ((const short[]){__VA_ARGS__, 0})
#define FIELDS(table) .fields = (table), .field_count = CVK_COUNT(table)
#define PARAMS(table) .params = (table), .param_count = CVK_COUNT(table)
#define EXCLUSIONS(table) .exclusions = (table), .exclusion_count = CVK_COUNT(table)
#define LIMITS(table) .limits = (table), .limit_count = CVK_COUNT(table)
#define AUTHS(table) .auths = (table), .auth_count = CVK_COUNT(table)
#define CLIENT_FIELDS(table) .client_fields = (table), .client_field_count = CVK_COUNT(table)
#define OPERATIONS(table) .operations = (table), .operation_count = CVK_COUNT(table)

/* Operations in a file of their own: `cvk_<name>` there, with a count. */
#define MORE(name) .more = (name), .more_count = name##_count

#endif
