/*
 * For specs of convoke.h: calls the core's functions for C programs. The first argument is the
 * core's file, which Lua has loaded.
 */
#include <dlfcn.h>
#include <lauxlib.h>
#include <lua.h>

static void *find(lua_State *L, const char *name)
{
    void *core = dlopen(luaL_checkstring(L, 1), RTLD_LAZY | RTLD_NOLOAD);
    void *symbol = core == NULL ? NULL : dlsym(core, name);
    if (symbol == NULL)
        luaL_error(L, "%s is not to be found", name);
    return symbol;
}

/* step(core, microseconds) */
static int embed_step(lua_State *L)
{
    int (*step)(lua_State *, long);
    *(void **)&step = find(L, "convoke_step");
    lua_pushinteger(L, step(L, (long)luaL_checkinteger(L, 2)));
    return 1;
}

/* pollfd(core) */
static int embed_pollfd(lua_State *L)
{
    int (*pollfd)(lua_State *);
    *(void **)&pollfd = find(L, "convoke_pollfd");
    lua_pushinteger(L, pollfd(L));
    return 1;
}

int luaopen_embed(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, embed_step);
    lua_setfield(L, -2, "step");
    lua_pushcfunction(L, embed_pollfd);
    lua_setfield(L, -2, "pollfd");
    return 1;
}
