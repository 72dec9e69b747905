/*
 * Client:prepare_free, which makes a call of a request that no operation describes.
 */
#ifndef CVK_LUA_PREPARE_FREE_H
#define CVK_LUA_PREPARE_FREE_H

#include <lua.h>

/* Client:prepare_free; its arguments are described where it is defined. */
int cvk_client_prepare_free(lua_State *L);

#endif
