/*
 * Between Lua values and JSON, by a schema: writing checks and writes in one walk and reports every
 * fault; reading goes along the schema, but takes what comes.
 */
#ifndef CVK_LUA_ENCODE_H
#define CVK_LUA_ENCODE_H

#include "base/buffer.h"
#include "catalogue/catalogue.h"
#include "lua/compat.h"

/* How many levels a value may have, one that is read or one that is sent. */
enum { CVK_DEEPEST = 200 };

/* Where in the caller's value a walk stands; lives on the C stack. */
typedef struct cvk_spot {
    const struct cvk_spot *up;
    const char *name;  /* of a field; NULL: an element of a list */
    int64_t index;     /* of an element, from 1 */
    const void *table; /* the table that holds it, to see a cycle */
} cvk_spot;

/* One writing walk. */
typedef struct cvk_walk {
    lua_State *L;
    cvk_buffer *out;
    int faults;      /* stack index of the table that collects { field =, message = } */
    int fault_count; /* how many it holds */
    bool convex;     /* Convex's wrappers for integers, bytes and special floats are allowed */
} cvk_walk;

/* Notes a fault at a spot; `format` as in lua_pushfstring. */
void cvk_model_fault(cvk_walk *walk, const cvk_spot *spot, const char *format, ...);

/* Adds the value at `index` as JSON text by the schema. */
void cvk_model_write(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema);

/*
 * The value at `index` (a string, number or boolean by the schema) as text for a path, query or
 * header. Pushes a string, or notes a fault and pushes nothing. Returns whether it pushed.
 */
bool cvk_model_text(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema);

/* Notes a fault for every key of the table at `index` that is no field; suggests the nearest. */
void cvk_model_unknown(cvk_walk *walk, const cvk_spot *up, int index, const cvk_field *fields,
                       size_t count, const char *what);

/* What an answer looks like as a whole. */
typedef enum cvk_answer_form {
    CVK_ANSWER_PLAIN,
    CVK_ANSWER_CONVEX,    /* values may be Convex's own, in its encoded format */
    CVK_ANSWER_ENVELOPED, /* the same, with status, logLines and the like around the value */
} cvk_answer_form;

/*
 * Reads JSON text by the schema and pushes the value. Whole numbers are exact, null fields of models
 * are absent, free-form arrays and objects bear their marks, of equal keys the last counts.
 * false: pushes a text for people instead that says what is wrong and at which byte, from 1; or that
 * the value as a whole is of another kind than the schema says, or an object with none of the fields that
 * its model requires. Raises for want of memory.
 */
bool cvk_model_read(lua_State *L, const char *text, size_t size, const cvk_schema *schema,
                    cvk_answer_form form);

#endif
