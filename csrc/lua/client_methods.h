/*
 * What Lua can do with clients: making them, giving them credentials, closing them.
 */
#ifndef CVK_LUA_CLIENT_METHODS_H
#define CVK_LUA_CLIENT_METHODS_H

#include <lua.h>

/*
 * Makes the metatable of clients, and puts core.client, core.address and core.Client, their methods,
 * into the module's table on top of the stack. The engine of the state is made before.
 */
void cvk_client_register(lua_State *L);

#endif
