/*
 * core.book: a book for Lua.
 */
#include "lua/issued_ids.h"

#include "base/id_ring.h"
#include "lua/compat.h"

#include <math.h>

#define BOOK_TYPE "convoke.core.book"

static cvk_id_ring *check_book(lua_State *L)
{
    return luaL_checkudata(L, 1, BOOK_TYPE);
}

/* core.book(): an empty one. */
static int book_new(lua_State *L)
{
    cvk_id_ring *book = lua_newuserdata(L, sizeof *book);
    *book = (cvk_id_ring){0};
    luaL_getmetatable(L, BOOK_TYPE);
    lua_setmetatable(L, -2);
    return 1;
}

/* Book:add(text, time, until): notes a text with the time that goes with it, or nil, until another
 * time. Returns false where there is no room. */
static int book_add(lua_State *L)
{
    cvk_id_ring *book = check_book(L);
    size_t size;
    const char *text = luaL_checklstring(L, 2, &size);
    lua_pushboolean(
        L, cvk_id_ring_add(book, text, size, luaL_optnumber(L, 3, NAN), luaL_checknumber(L, 4)));
    return 1;
}

/* Book:make_room(now): forgets what was to be kept until before `now`, and makes room for more. */
static int book_make_room(lua_State *L)
{
    cvk_id_ring_make_room(check_book(L), luaL_checknumber(L, 2));
    return 0;
}

/* Book:has(text, time): whether that text is noted with that time. */
static int book_has(lua_State *L)
{
    const cvk_id_ring *book = check_book(L);
    size_t size;
    const char *text = luaL_checklstring(L, 2, &size);
    lua_pushboolean(L, cvk_id_ring_has(book, text, size, luaL_checknumber(L, 3)));
    return 1;
}

/* Book:count(): how many notes there are. */
static int book_count(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check_book(L)->count);
    return 1;
}

static int book_free(lua_State *L)
{
    cvk_id_ring_free(check_book(L));
    return 0;
}

void cvk_issued_ids_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"add", book_add},   {"count", book_count},
                                       {"has", book_has},   {"make_room", book_make_room},
                                       {"__gc", book_free}, {NULL, NULL}};
    luaL_newmetatable(L, BOOK_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, book_new);
    lua_setfield(L, -2, "book");
}
