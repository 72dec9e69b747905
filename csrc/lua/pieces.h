/*
 * Methods of calls whose body or answer goes piece by piece.
 */
#ifndef CVK_LUA_PIECES_H
#define CVK_LUA_PIECES_H

#include <lua.h>

/* Adds the methods to the metatable of calls, which is there. */
void cvk_lua_pieces_register(lua_State *L);

#endif
