/*
 * What is wrong with the values of a request: each fault with the place where it is.
 */
#ifndef CVK_LUA_FAULTS_H
#define CVK_LUA_FAULTS_H

#include "base/buffer.h"
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
    int trials;      /* of branches of unions so far */
    bool convex;     /* Convex's wrappers for integers, bytes and special floats are allowed */
} cvk_walk;

/* Notes a fault at a spot; `format` as in lua_pushfstring. */
void cvk_model_fault(cvk_walk *walk, const cvk_spot *spot, const char *format, ...);

/* Notes the row { field =, message = } on top of the stack as a fault, and takes it off. */
void cvk_walk_note(cvk_walk *walk);

#endif
