/*
 * From Lua values to JSON text, by a schema: checks and writes in one walk and reports every fault.
 */
#ifndef CVK_LUA_ENCODE_H
#define CVK_LUA_ENCODE_H

#include "base/buffer.h"
#include "catalogue/catalogue.h"
#include "lua/compat.h"
#include "lua/depth.h"

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

#endif
