/*
 * From JSON text to Lua values, along a schema; takes what comes.
 */
#ifndef CVK_LUA_DECODE_H
#define CVK_LUA_DECODE_H

#include "catalogue/catalogue.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

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

/* Forgets all models that answers were read by: some are about to be freed. */
void cvk_decode_forget(lua_State *L);

#endif
