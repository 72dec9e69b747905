/*
 * core.wakeup: a wakeup (transfer/wakeup.h) for Lua.
 */
#include "lua/wakeup.h"

#include "transfer/wakeup.h"
#include "lua/compat.h"

#include <errno.h>
#include <math.h>

#define WAKEUP_TYPE "convoke.core.wakeup"

static cvk_wakeup **check_wakeup(lua_State *L)
{
    return luaL_checkudata(L, 1, WAKEUP_TYPE);
}

/* core.wakeup(): a wakeup, its port and its key; or nil and why not. */
static int wakeup_new(lua_State *L)
{
    cvk_wakeup **wakeup = lua_newuserdata(L, sizeof(cvk_wakeup *));
    *wakeup = NULL;
    luaL_getmetatable(L, WAKEUP_TYPE);
    lua_setmetatable(L, -2);
    *wakeup = cvk_wakeup_new();
    if (*wakeup == NULL) {
        lua_pushnil(L);
        lua_pushstring(L, strerror(errno));
        return 2;
    }
    lua_pushinteger(L, cvk_wakeup_port(*wakeup));
    lua_pushlstring(L, (const char *)cvk_wakeup_key(*wakeup), CVK_WAKEUP_KEY_SIZE);
    return 3;
}

/* Wakeup:arm(fd [, seconds]): sends a byte once `fd` is readable, at the latest after that time.
 * Returns whether it will. */
static int wakeup_arm(lua_State *L)
{
    cvk_wakeup *wakeup = *check_wakeup(L);
    int fd = (int)luaL_checkinteger(L, 2);
    double seconds = luaL_optnumber(L, 3, -1);
    int milliseconds = seconds < 0 ? -1 : (int)ceil(fmin(seconds, 3600) * 1000);
    lua_pushboolean(L, wakeup != NULL && cvk_wakeup_arm(wakeup, fd, milliseconds));
    return 1;
}

/* Wakeup:close(), and its finalizer. */
static int wakeup_close(lua_State *L)
{
    cvk_wakeup **wakeup = check_wakeup(L);
    cvk_wakeup *old = *wakeup;
    *wakeup = NULL;
    cvk_wakeup_free(old);
    return 0;
}

void cvk_wakeup_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"arm", wakeup_arm}, {"close", wakeup_close}, {"__gc", wakeup_close}, {NULL, NULL}};
    luaL_newmetatable(L, WAKEUP_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, wakeup_new);
    lua_setfield(L, -2, "wakeup");
}
