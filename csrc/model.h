/*
 * Between Lua values and JSON, by a schema: writing checks and writes in one walk and reports every
 * fault; reading takes what comes and only makes it pleasant (integers, nulls).
 */
#ifndef CVK_MODEL_H
#define CVK_MODEL_H

#include "buffer.h"
#include "catalogue.h"
#include "compat.h"

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

/*
 * Makes the decoded value on top of the stack pleasant: whole numbers become integers, and null
 * fields of models go away. Returns false when the value as a whole is of another kind than the
 * schema says.
 */
bool cvk_model_read(lua_State *L, const cvk_schema *schema);

/*
 * Whether the decoded value on top can be the promised one at all: an object that has none of the
 * fields which its model requires is somebody else's, such as a login page's.
 */
bool cvk_model_meets(lua_State *L, const cvk_schema *schema);

#endif
