/*
 * core.issued_ids: the ids that calls were given (base/id_ring.h), for Lua.
 */
#include "lua/issued_ids.h"

#include "base/id_ring.h"
#include "lua/compat.h"

#include <math.h>

#define IDS_TYPE "convoke.core.issued_ids"

static cvk_id_ring *check_ids(lua_State *L)
{
    return luaL_checkudata(L, 1, IDS_TYPE);
}

/* core.issued_ids(): an empty set of them. */
static int ids_new(lua_State *L)
{
    cvk_id_ring *ids = lua_newuserdata(L, sizeof *ids);
    *ids = (cvk_id_ring){0};
    luaL_getmetatable(L, IDS_TYPE);
    lua_setmetatable(L, -2);
    return 1;
}

/*
 * IssuedIds:add(text, time, until): keeps an id and the time that goes with it, or nil, until another
 * time. Returns false where there is no room.
 */
static int ids_add(lua_State *L)
{
    cvk_id_ring *ids = check_ids(L);
    size_t size;
    const char *text = luaL_checklstring(L, 2, &size);
    lua_pushboolean(
        L, cvk_id_ring_add(ids, text, size, luaL_optnumber(L, 3, NAN), luaL_checknumber(L, 4)));
    return 1;
}

/* IssuedIds:make_room(now): forgets what was to be kept until before `now`, and makes room for more. */
static int ids_make_room(lua_State *L)
{
    cvk_id_ring_make_room(check_ids(L), luaL_checknumber(L, 2));
    return 0;
}

/* IssuedIds:has(text, time): whether that id is kept with that time. */
static int ids_has(lua_State *L)
{
    const cvk_id_ring *ids = check_ids(L);
    size_t size;
    const char *text = luaL_checklstring(L, 2, &size);
    lua_pushboolean(L, cvk_id_ring_has(ids, text, size, luaL_checknumber(L, 3)));
    return 1;
}

/* IssuedIds:count(): how many ids are kept. */
static int ids_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check_ids(L)->count);
    return 1;
}

static int ids_free(lua_State *L)
{
    cvk_id_ring_free(check_ids(L));
    return 0;
}

void cvk_issued_ids_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"add", ids_add},   {"count", ids_count},
                                       {"has", ids_has},   {"make_room", ids_make_room},
                                       {"__gc", ids_free}, {NULL, NULL}};
    luaL_newmetatable(L, IDS_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, ids_new);
    lua_setfield(L, -2, "issued_ids");
}
