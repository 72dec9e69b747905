/*
 * The parts of the Lua 5.4 C interface that we use and that 5.1 (LuaJIT) and 5.3 lack.
 */
#ifndef CVK_LUA_COMPAT_H
#define CVK_LUA_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if LUA_VERSION_NUM < 502

#define lua_rawlen(L, index) lua_objlen(L, index)
static inline int lua_absindex(lua_State *L, int index)
{
    return index > 0 || index <= LUA_REGISTRYINDEX ? index : lua_gettop(L) + 1 + index;
}

#ifndef luaL_newlib /* LuaJIT 2.1 has these already */

#define lua_isyieldable(L) true

static inline void luaL_setfuncs(lua_State *L, const luaL_Reg *functions, int upvalues)
{
    int table = lua_gettop(L) - upvalues;
    for (; functions->name != NULL; functions++) {
        for (int i = 1; i <= upvalues; i++)
            lua_pushvalue(L, table + i);
        lua_pushcclosure(L, functions->func, upvalues);
        lua_setfield(L, table, functions->name);
    }
    lua_settop(L, table);
}

static inline void *luaL_testudata(lua_State *L, int index, const char *name)
{
    void *userdata = lua_touserdata(L, index);
    if (userdata == NULL || !lua_getmetatable(L, index))
        return NULL;
    luaL_getmetatable(L, name);
    if (!lua_rawequal(L, -1, -2))
        userdata = NULL;
    lua_pop(L, 2);
    return userdata;
}

#endif

static inline void lua_rawgetp(lua_State *L, int index, const void *key)
{
    index = lua_absindex(L, index);
    lua_pushlightuserdata(L, (void *)(uintptr_t)key);
    lua_rawget(L, index);
}

static inline void lua_rawsetp(lua_State *L, int index, const void *key)
{
    index = lua_absindex(L, index);
    lua_pushlightuserdata(L, (void *)(uintptr_t)key);
    lua_insert(L, -2);
    lua_rawset(L, index);
}

#endif

/*
 * The length of a string, table or userdata, without metamethods. Lua 5.4 and later give it as an
 * integer of 64 bits, also where sizes have 32.
 */
static inline size_t cvk_rawlen(lua_State *L, int index)
{
    return (size_t)lua_rawlen(L, index);
}
#if LUA_VERSION_NUM >= 502 /* a macro of ours before */
#pragma GCC poison lua_rawlen
#endif

/* Whether the value is a number that stands for a whole number within the range of int64. */
static inline bool cvk_tointeger(lua_State *L, int index, int64_t *value)
{
#if LUA_VERSION_NUM >= 503
    if (lua_isinteger(L, index)) {
        *value = (int64_t)lua_tointeger(L, index);
        return true;
    }
#endif
    double number = (double)lua_tonumber(L, index);
    if (!(number >= -0x1p63 && number < 0x1p63) || (double)(int64_t)number != number)
        return false;
    *value = (int64_t)number;
    return true;
}

/* A Lua integer where the Lua version has them, else a number. */
static inline void cvk_pushinteger(lua_State *L, int64_t value)
{
#if LUA_VERSION_NUM >= 503
    lua_pushinteger(L, (lua_Integer)value);
#else
    lua_pushnumber(L, (lua_Number)value);
#endif
}

#endif
