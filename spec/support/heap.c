/*
 * For the soak: how much memory the C library has handed out and not got back.
 */
#include <lauxlib.h>
#include <lua.h>
#include <malloc.h>

/* in_use(): KiB, after what is free has been given back to the system. */
static int heap_in_use(lua_State *L)
{
    malloc_trim(0);
    struct mallinfo2 info = mallinfo2();
    lua_pushnumber(L, (lua_Number)(info.uordblks + info.hblkhd) / 1024);
    return 1;
}

int luaopen_heap(lua_State *L)
{
    lua_pushcfunction(L, heap_in_use);
    return 1;
}
