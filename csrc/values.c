#include "values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Registry keys; only their addresses count. */
static const char array_mark, object_mark, wrapper_mark;

void cvk_little_endian(unsigned char bytes[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i) & 0xff);
}

cvk_mark cvk_value_mark(lua_State *L, int index)
{
    static const struct {
        const char *key;
        cvk_mark mark;
    } marks[] = {
        {&array_mark, CVK_MARKED_ARRAY},
        {&object_mark, CVK_MARKED_OBJECT},
        {&wrapper_mark, CVK_MARKED_WRAPPER},
    };
    cvk_mark found = CVK_UNMARKED;
    if (!lua_getmetatable(L, index))
        return found;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && found == CVK_UNMARKED; i++) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, marks[i].key);
        if (lua_rawequal(L, -1, -2))
            found = marks[i].mark;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return found;
}

/* Marks the table in argument 1; an upvalue holds the metatable. */
static int mark_table(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_getmetatable(L, 1)) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, lua_upvalueindex(2));
        if (!lua_rawequal(L, -1, -3) && !lua_rawequal(L, -2, -3))
            return luaL_argerror(L, 1, "the table has a metatable of its own");
    }
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, 1);
    return 1;
}

/* { name, bytes, what tostring() shows }; the bytes become base64 when they are written. */
static int push_wrapper(lua_State *L, const char *name, const void *bytes, size_t size,
                        const char *shown)
{
    lua_createtable(L, 3, 0);
    lua_pushstring(L, name);
    lua_rawseti(L, -2, 1);
    lua_pushlstring(L, bytes, size);
    lua_rawseti(L, -2, 2);
    lua_pushstring(L, shown);
    lua_rawseti(L, -2, 3);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &wrapper_mark);
    lua_setmetatable(L, -2);
    return 1;
}

/* An integer from a Lua number, a decimal text, or LuaJIT's 64-bit numbers. */
static int64_t check_int64(lua_State *L, int index)
{
    int64_t value = 0;
    if (lua_type(L, index) == LUA_TNUMBER) {
        if (!cvk_tointeger(L, index, &value))
            luaL_argerror(L, index, "not a whole number within 64 bits");
        return value;
    }
    lua_getglobal(L, "tostring");
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    char *end = NULL;
    if (text != NULL && strlen(text) == size && ((*text >= '0' && *text <= '9') || *text == '-')) {
        errno = 0;
        value = strtoll(text, &end, 10);
        if (errno == 0 && (*end == '\0' || strcmp(end, "LL") == 0))
            return value;
    }
    return luaL_argerror(L, index, "not a whole number within 64 bits");
}

/* convoke.int64(n): an Int64 for Convex. n: integer, whole float or decimal text. */
static int make_int64(lua_State *L)
{
    unsigned char bytes[8];
    char shown[48];
    int64_t value = check_int64(L, 1);
    cvk_little_endian(bytes, (uint64_t)value);
    snprintf(shown, sizeof shown, "int64(%lld)", (long long)value);
    return push_wrapper(L, "$integer", bytes, sizeof bytes, shown);
}

/* convoke.bytes(s): Bytes for Convex. s: any string. */
static int make_bytes(lua_State *L)
{
    size_t size;
    luaL_checktype(L, 1, LUA_TSTRING);
    const char *bytes = lua_tolstring(L, 1, &size);
    char shown[48];
    snprintf(shown, sizeof shown, "bytes(%zu)", size);
    return push_wrapper(L, "$bytes", bytes, size, shown);
}

static int show_wrapper(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_rawgeti(L, 1, 3);
    return 1;
}

static void new_mark(lua_State *L, const void *key, const char *name)
{
    lua_newtable(L);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void cvk_values_register(lua_State *L)
{
    int module = lua_gettop(L);
    new_mark(L, &array_mark, "convoke.array");
    new_mark(L, &object_mark, "convoke.object");
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, mark_table, 2);
    lua_setfield(L, module, "array");
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, mark_table, 2);
    lua_setfield(L, module, "object");
    new_mark(L, &wrapper_mark, "convoke.value");
    lua_pushcfunction(L, show_wrapper);
    lua_setfield(L, -2, "__tostring");
    lua_settop(L, module);
    lua_pushcfunction(L, make_int64);
    lua_setfield(L, module, "int64");
    lua_pushcfunction(L, make_bytes);
    lua_setfield(L, module, "bytes");
}
