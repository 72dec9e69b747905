/*
 * The module convoke.core: small services for lua/convoke, and what the other files add. Not for
 * users: its callers are the Lua files, and its arguments are checked for safety only.
 */
#include "base/chance.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/nearest.h"
#include "base/pattern.h"
#include "convoke.h"
#include "http/headers.h"
#include "lua/call.h"
#include "lua/catalogue.h"
#include "lua/client_methods.h"
#include "lua/decode.h"
#include "lua/document.h"
#include "lua/engine.h"
#include "lua/interrupts.h"
#include "lua/issued_ids.h"
#include "lua/marks.h"
#include "lua/pieces.h"
#include "lua/records.h"
#include "lua/redis.h"
#include "lua/store.h"
#include "lua/terminal.h"
#include "lua/tree.h"
#include "lua/versions.h"
#include "lua/wakeup.h"
#include "lua/write.h"
#include "transfer/forks.h"
#include "transfer/poller.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- small services ---------------------------------------------------------------------------- */

/* core.chance(): a number from 0 to below 1, another one each time and in each process. */
static int core_chance(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)cvk_chance());
    return 1;
}

/* core.random_id(): 16 random hexadecimal digits in lower case. */
static int core_random_id(lua_State *L)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, cvk_random_bits());
    lua_pushlstring(L, digits, sizeof digits - 1);
    return 1;
}

/* core.forks(): how many forks lie between this process and the first. */
static int core_forks(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)cvk_forks());
    return 1;
}

/* core.now(): seconds of a clock that never goes back. */
static int core_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)cvk_microseconds() / 1000000);
    return 1;
}

/* core.time(): seconds since the epoch, with their fraction. */
static int core_time(lua_State *L)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
    return 1;
}

/* core.clocks(): seconds of a clock that goes on while the machine is suspended and that nobody
 * sets, then those of core.time(). */
static int core_clocks(lua_State *L)
{
#ifdef CLOCK_BOOTTIME
    const clockid_t clock = CLOCK_BOOTTIME;
#else
    const clockid_t clock = CLOCK_MONOTONIC; /* elsewhere this one goes on */
#endif
    struct timespec now;
    clock_gettime(clock, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
    return 1 + core_time(L);
}

/* core.tell(f, value): calls f(value) so that what it raises goes no further and it cannot yield, since
 * no Lua can yield across this. Returns nothing, or true and what it raised. */
static int core_tell(lua_State *L)
{
    lua_settop(L, 2);
    if (lua_pcall(L, 1, 0, 0) == 0)
        return 0;
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return 2;
}

/* core.http_date(text): seconds since the epoch of an HTTP date, or nil. */
static int core_http_date(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    int64_t seconds = cvk_parse_http_date(text, size);
    if (seconds < 0)
        return 0;
    lua_pushnumber(L, (lua_Number)seconds);
    return 1;
}

/* core.date_time(value): seconds since the epoch of a text that is a date-time of RFC 3339, or nil. */
static int core_date_time(lua_State *L)
{
    size_t size;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &size) : NULL;
    double seconds;
    if (text == NULL || !cvk_parse_date_time(text, size, &seconds))
        return 0;
    lua_pushnumber(L, seconds);
    return 1;
}

/* core.pattern(text): nil; or what is wrong with the pattern, or not supported of it. */
static int core_pattern(lua_State *L)
{
    size_t size;
    const char *why, *text = luaL_checklstring(L, 1, &size);
    free(cvk_pattern_new(text, size, &why));
    lua_pushstring(L, why);
    return 1;
}

/* core.nearest(name, names): the name among an array of names that is nearest, or nil. */
static int core_nearest(lua_State *L)
{
    cvk_nearest search;
    cvk_nearest_begin(&search, luaL_checkstring(L, 1));
    luaL_checktype(L, 2, LUA_TTABLE);
    int count = (int)cvk_rawlen(L, 2);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, 2, i);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "names are strings");
        cvk_nearest_consider(&search, lua_tostring(L, -1)); /* the table keeps it */
        lua_pop(L, 1);
    }
    lua_pushstring(L, cvk_nearest_result(&search));
    return 1;
}

/* core.read(text): the value of JSON text without a model, as free-form values of answers are read; or nil
 * and what is wrong with it. */
static int core_read(lua_State *L)
{
    static const cvk_schema any = {.kind = CVK_ANY};
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    if (cvk_model_read(L, text, size, &any, CVK_ANSWER_PLAIN))
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

/* core.catalogue(): all APIs and operations; see lua/catalogue.h. */
static int core_catalogue(lua_State *L)
{
    return cvk_push_catalogue(L);
}

int luaopen_convoke_core(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"api", cvk_push_api},
        {"api_names", cvk_push_api_names},
        {"catalogue", core_catalogue},
        {"catch_interrupts", cvk_core_catch_interrupts},
        {"clocks", core_clocks},
        {"columns", cvk_core_columns},
        {"date_time", core_date_time},
        {"forks", core_forks},
        {"header", cvk_core_header},
        {"headers", cvk_core_headers},
        {"http_date", core_http_date},
        {"interrupted", cvk_core_interrupted},
        {"is_piped", cvk_core_is_piped},
        {"nearest", core_nearest},
        {"pattern", core_pattern},
        {"chance", core_chance},
        {"now", core_now},
        {"random_id", core_random_id},
        {"read", core_read},
        {"tell", core_tell},
        {"time", core_time},
        {"versions", cvk_core_versions},
        {NULL, NULL},
    };
#ifdef luaL_checkversion
    luaL_checkversion(L); /* raises in a Lua of another version; 5.1 and LuaJIT cannot tell */
#endif
    cvk_lua_engine_make(L);
    cvk_lua_engine_push(L);
    cvk_call_register(L);
    cvk_lua_pieces_register(L);
    lua_createtable(L, 0, (int)CVK_COUNT(functions));
    luaL_setfuncs(L, functions, 0);
    lua_pushlightuserdata(L, NULL); /* JSON's null in answers; the same value as cjson.null */
    lua_setfield(L, -2, "null");
    cvk_null_register(L);
    cvk_client_register(L);
    cvk_lua_engine_register(L);
    cvk_lua_engine_push(L);
    lua_pushcclosure(L, cvk_core_calls, CVK_ENGINE_UPVALUE);
    lua_setfield(L, -2, "calls");
    cvk_values_register(L);
    cvk_wakeup_register(L);
    cvk_issued_ids_register(L);
    cvk_interrupts_register(L);
    cvk_records_register(L);
    cvk_tree_register(L);
    cvk_document_register(L);
    cvk_redis_register(L);
    cvk_store_register(L);
    cvk_write_register(L);
    lua_pushstring(L, CVK_POLLER_NAME);
    lua_setfield(L, -2, "poller");
    luaL_getmetatable(L, CVK_CALL_TYPE);
    lua_setfield(L, -2, "Call");
    return 1;
}
