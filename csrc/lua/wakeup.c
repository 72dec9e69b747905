/*
 * core.bell: a bell for Lua.
 */
#include "lua/wakeup.h"

#include "transfer/wakeup.h"
#include "lua/compat.h"

#include <errno.h>
#include <math.h>

#define BELL_TYPE "convoke.core.bell"

static cvk_wakeup **check_bell(lua_State *L)
{
    return luaL_checkudata(L, 1, BELL_TYPE);
}

/* core.bell(): a bell, its port and its key; or nil and why not. */
static int bell_new(lua_State *L)
{
    cvk_wakeup **bell = lua_newuserdata(L, sizeof(cvk_wakeup *));
    *bell = NULL;
    luaL_getmetatable(L, BELL_TYPE);
    lua_setmetatable(L, -2);
    *bell = cvk_wakeup_new();
    if (*bell == NULL) {
        lua_pushnil(L);
        lua_pushstring(L, strerror(errno));
        return 2;
    }
    lua_pushinteger(L, cvk_wakeup_port(*bell));
    lua_pushlstring(L, (const char *)cvk_wakeup_key(*bell), CVK_WAKEUP_KEY_SIZE);
    return 3;
}

/* Bell:arm(fd [, seconds]): rings once when `fd` is readable, at the latest after that time.
 * Returns whether it will. */
static int bell_arm(lua_State *L)
{
    cvk_wakeup *bell = *check_bell(L);
    int fd = (int)luaL_checkinteger(L, 2);
    double seconds = luaL_optnumber(L, 3, -1);
    int milliseconds = seconds < 0 ? -1 : (int)ceil(fmin(seconds, 3600) * 1000);
    lua_pushboolean(L, bell != NULL && cvk_wakeup_arm(bell, fd, milliseconds));
    return 1;
}

/* Bell:close(), and its finalizer. */
static int bell_close(lua_State *L)
{
    cvk_wakeup **bell = check_bell(L);
    cvk_wakeup *old = *bell;
    *bell = NULL;
    cvk_wakeup_free(old);
    return 0;
}

void cvk_wakeup_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"arm", bell_arm}, {"close", bell_close}, {"__gc", bell_close}, {NULL, NULL}};
    luaL_newmetatable(L, BELL_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, bell_new);
    lua_setfield(L, -2, "bell");
}
