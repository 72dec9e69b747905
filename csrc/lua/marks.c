#include "lua/marks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Registry keys of the metatables, by the mark that they are; only their addresses count. */
static const char mark_keys[CVK_MARKED_BYTES + 1];

/* What the tables marked as int64 and bytes hold at 1; and an int64 at 2 its text. */
enum { at_value = 1, at_text };

void cvk_little_endian(unsigned char bytes[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i) & 0xff);
}

uint64_t cvk_from_little_endian(const unsigned char bytes[8])
{
    uint64_t value = 0;
    for (int i = 8; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

void cvk_push_mark(lua_State *L, cvk_mark mark)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &mark_keys[mark]);
}

cvk_mark cvk_value_mark(lua_State *L, int index)
{
    int found = CVK_UNMARKED;
    if (!lua_getmetatable(L, index))
        return CVK_UNMARKED;
    for (int mark = CVK_MARKED_ARRAY; mark <= CVK_MARKED_BYTES && found == CVK_UNMARKED; mark++) {
        cvk_push_mark(L, (cvk_mark)mark);
        if (lua_rawequal(L, -1, -2))
            found = mark;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return (cvk_mark)found;
}

/* array(t), object(t): marks the table; upvalue 1 holds the metatable, upvalue 2 the other one. */
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

/* ---- int64 ------------------------------------------------------------------------------------- */

void cvk_push_int64(lua_State *L, int64_t value)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%lld", (long long)value);
    lua_createtable(L, at_text, 0);
    unsigned char bytes[8];
    cvk_little_endian(bytes, (uint64_t)value);
    lua_pushlstring(L, (const char *)bytes, sizeof bytes);
    lua_rawseti(L, -2, at_value);
    lua_pushlstring(L, text, (size_t)size);
    lua_rawseti(L, -2, at_text);
    cvk_push_mark(L, CVK_MARKED_INT64);
    lua_setmetatable(L, -2);
}

void cvk_push_whole(lua_State *L, int64_t value)
{
#if LUA_VERSION_NUM >= 503
    lua_pushinteger(L, (lua_Integer)value);
#else
    if (value >= -(INT64_C(1) << 53) && value <= INT64_C(1) << 53)
        lua_pushnumber(L, (lua_Number)value);
    else
        cvk_push_int64(L, value);
#endif
}

bool cvk_int64_value(lua_State *L, int index, int64_t *value)
{
    size_t size = 0;
    lua_rawgeti(L, index, at_value);
    const char *bytes = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
    if (size == 8)
        *value = (int64_t)cvk_from_little_endian((const unsigned char *)bytes);
    lua_pop(L, 1);
    return size == 8;
}

/* An integer from a Lua number, a decimal text, another int64, or LuaJIT's 64-bit numbers. */
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
        if (errno == 0 && (*end == '\0' || strcmp(end, "LL") == 0)) {
            lua_pop(L, 1);
            return value;
        }
    }
    return luaL_argerror(L, index, "not a whole number within 64 bits");
}

/* convoke.int64(n): an integer of 64 bits, an Int64 for Convex. n: integer, whole float or decimal
 * text. */
static int make_int64(lua_State *L)
{
    cvk_push_int64(L, check_int64(L, 1));
    return 1;
}

/* The value of an argument of the functions below. */
static int64_t check_marked(lua_State *L, int index)
{
    int64_t value = 0;
    luaL_checktype(L, index, LUA_TTABLE);
    if (cvk_value_mark(L, index) != CVK_MARKED_INT64 || !cvk_int64_value(L, index, &value))
        luaL_argerror(L, index, "an int64 is needed");
    return value;
}

/* Lua asks this of any two tables of which one is an int64. */
static int int64_equal(lua_State *L)
{
    int64_t one = 0, other = 0;
    bool both =
        cvk_value_mark(L, 1) == CVK_MARKED_INT64 && cvk_value_mark(L, 2) == CVK_MARKED_INT64;
    lua_pushboolean(L, both && cvk_int64_value(L, 1, &one) && cvk_int64_value(L, 2, &other) &&
                           one == other);
    return 1;
}

static int int64_less(lua_State *L)
{
    lua_pushboolean(L, check_marked(L, 1) < check_marked(L, 2));
    return 1;
}

static int int64_less_equal(lua_State *L)
{
    lua_pushboolean(L, check_marked(L, 1) <= check_marked(L, 2));
    return 1;
}

static int int64_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_rawgeti(L, 1, at_text);
    return 1;
}

/* int64:tonumber(): the same as a number of Lua; one of 64 bits only where Lua has integers. */
static int int64_tonumber(lua_State *L)
{
    cvk_pushinteger(L, check_marked(L, 1));
    return 1;
}

/* ---- bytes ------------------------------------------------------------------------------------- */

void cvk_push_bytes(lua_State *L)
{
    lua_createtable(L, at_value, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, at_value);
    cvk_push_mark(L, CVK_MARKED_BYTES);
    lua_setmetatable(L, -2);
}

void cvk_push_raw_bytes(lua_State *L, int index)
{
    lua_rawgeti(L, index, at_value);
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
}

/* convoke.bytes(s): Bytes for Convex. s: any string. */
static int make_bytes(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_settop(L, 1);
    cvk_push_bytes(L);
    return 1;
}

/* bytes:raw(): the string. */
static int bytes_raw(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    cvk_push_raw_bytes(L, 1);
    return 1;
}

/* Lua asks this of any two tables of which one is bytes. */
static int bytes_equal(lua_State *L)
{
    bool both =
        cvk_value_mark(L, 1) == CVK_MARKED_BYTES && cvk_value_mark(L, 2) == CVK_MARKED_BYTES;
    if (both) {
        cvk_push_raw_bytes(L, 1);
        cvk_push_raw_bytes(L, 2);
    }
    lua_pushboolean(L, both && lua_rawequal(L, -1, -2));
    return 1;
}

static int bytes_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    cvk_push_raw_bytes(L, 1);
    lua_pushfstring(L, "bytes(%d)", (int)cvk_rawlen(L, -1));
    return 1;
}

/* ---- registering ------------------------------------------------------------------------------- */

static void new_mark(lua_State *L, cvk_mark mark, const char *name, const luaL_Reg *functions)
{
    lua_newtable(L);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    luaL_setfuncs(L, functions, 0);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &mark_keys[mark]);
}

/* Adds a function that marks tables so. */
static void add_marker(lua_State *L, int module, const char *name, cvk_mark mark, cvk_mark other)
{
    cvk_push_mark(L, mark);
    cvk_push_mark(L, other);
    lua_pushcclosure(L, mark_table, 2);
    lua_setfield(L, module, name);
}

/* tostring(light userdata): JSON's null by its name, any other one as Lua would. */
static int light_tostring(lua_State *L)
{
    const void *pointer = lua_touserdata(L, 1);
    if (pointer)
        lua_pushfstring(L, "userdata: %p", pointer);
    else
        lua_pushliteral(L, "convoke.null");
    return 1;
}

void cvk_null_register(lua_State *L)
{
    int top = lua_gettop(L);
    lua_getglobal(L, "ngx");
    bool is_openresty = lua_istable(L, -1);
    lua_pushlightuserdata(L, NULL);
    if (!is_openresty && !lua_getmetatable(L, -1)) {
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, light_tostring);
        lua_setfield(L, -2, "__tostring");
        lua_setmetatable(L, -2);
    }
    lua_settop(L, top);
}

void cvk_values_register(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg int64_functions[] = {
        {"__eq", int64_equal},          {"__le", int64_less_equal},   {"__lt", int64_less},
        {"__tostring", int64_tostring}, {"tonumber", int64_tonumber}, {NULL, NULL},
    };
    static const luaL_Reg bytes_functions[] = {
        {"__eq", bytes_equal},
        {"__tostring", bytes_tostring},
        {"raw", bytes_raw},
        {NULL, NULL},
    };
    int module = lua_gettop(L);
    new_mark(L, CVK_MARKED_ARRAY, "convoke.array", none);
    new_mark(L, CVK_MARKED_OBJECT, "convoke.object", none);
    add_marker(L, module, "array", CVK_MARKED_ARRAY, CVK_MARKED_OBJECT);
    add_marker(L, module, "object", CVK_MARKED_OBJECT, CVK_MARKED_ARRAY);
    new_mark(L, CVK_MARKED_INT64, "convoke.int64", int64_functions);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    new_mark(L, CVK_MARKED_BYTES, "convoke.bytes", bytes_functions);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_settop(L, module);
    lua_pushcfunction(L, make_int64);
    lua_setfield(L, module, "int64");
    lua_pushcfunction(L, make_bytes);
    lua_setfield(L, module, "bytes");
}
