/*
 * Documents as userdata of Lua: APIs that are described at run time.
 */
#ifndef CVK_LUA_DOCUMENT_H
#define CVK_LUA_DOCUMENT_H

#include "catalogue/document.h"

#include <lua.h>

/* Adds the function `document` to the module on top of the stack. */
void cvk_document_register(lua_State *L);

/* The document that is the value at `index`, or NULL where it is no document. It belongs to the value. */
cvk_document *cvk_lua_document(lua_State *L, int index);

#endif
