/*
 * What only requests of documents have: parameters in styles, and bodies that are forms.
 */
#ifndef CVK_LUA_PARTS_H
#define CVK_LUA_PARTS_H

#include "http/request.h"
#include "lua/faults.h"

enum {
    CVK_BOUNDARY_SIZE = 40
}; /* of the text between the parts of a multipart body, with its end */

/* What the parts of one request are written with. */
typedef struct cvk_parts {
    cvk_walk *walk;
    cvk_request *request;
    cvk_buffer *scratch; /* owned by somebody else, who frees it whatever Lua raises */
    char boundary[CVK_BOUNDARY_SIZE];
    char separator; /* before the next pair of a form */
    int sources;    /* stack index of the table of what is read piece by piece; 0: nothing is */
} cvk_parts;

/* Adds a parameter that has a style; its value is on top of the stack. Notes what is wrong with it. */
void cvk_parts_param(cvk_parts *parts, const cvk_field *field, const cvk_spot *spot);

/*
 * Notes a value that is read piece by piece, at that place of the body: a function, an open file or a table whose
 * member `data` is one. Returns whether the value at `index` is such a one.
 */
bool cvk_parts_source(cvk_parts *parts, int index);

/* Adds a field of a form or multipart body, as the operation says; its value is on top of the stack. */
void cvk_parts_field(cvk_parts *parts, const cvk_field *field, const cvk_spot *spot);

/*
 * Adds the members of the table at `index` that are none of the fields, as the model's `rest` says. Returns
 * whether there was one.
 */
bool cvk_parts_rest(cvk_parts *parts, int index, const cvk_model *model);

/* Begins a body that is no JSON: chooses a boundary where there is need of one. */
void cvk_parts_begin(cvk_parts *parts);

/* Ends the body, and sets its Content-Type. */
void cvk_parts_end(cvk_parts *parts);

#endif
