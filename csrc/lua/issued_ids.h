/*
 * The book of book.h for Lua.
 */
#ifndef CVK_LUA_ISSUED_IDS_H
#define CVK_LUA_ISSUED_IDS_H

#include <lua.h>

/* Puts `book` into the module's table on top of the stack. */
void cvk_issued_ids_register(lua_State *L);

#endif
