/*
 * Runs out of memory wherever it can, and sees what becomes of it.
 *
 *   memory SCRIPT [ARGUMENT]
 *
 * Runs the script in a Lua state of its own, with the module `memory` below. Built with the address
 * sanitizer by `make memory`.
 */
#include "convoke.h"
#include "faults.h"
#include "server.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_answers = 8 };

static lua_State *new_state(void);

static void arm(lua_State *L, int index)
{
    int source = luaL_checkoption(L, index, NULL, fault_names);
    lua_Number first = luaL_checknumber(L, index + 1), more = luaL_checknumber(L, index + 2);
    fault_arm((fault_source)source, (unsigned long)first, (unsigned long)more);
}

/* Puts before the results, which begin at `first`, how the call went; returns how many all are. */
static int results(lua_State *L, int first, bool succeeded, unsigned long chances)
{
    lua_pushboolean(L, succeeded);
    lua_pushnumber(L, (lua_Number)fault_count());
    lua_pushnumber(L, (lua_Number)chances);
    for (int i = 0; i < 3; i++)
        lua_insert(L, first);
    return lua_gettop(L) - first + 1;
}

/*
 * memory.try(source, first, more, f): calls f() while the chance number `first` of the source and
 * `more` that follow it fail. Returns whether it returned, how many failed, how many chances there
 * were, then what it returned or raised.
 */
static int memory_try(lua_State *L)
{
    luaL_checktype(L, 4, LUA_TFUNCTION);
    lua_settop(L, 4);
    luaL_checkstack(L, 100, NULL);
    arm(L, 1);
    int status = lua_pcall(L, 0, LUA_MULTRET, 0);
    unsigned long chances = fault_disarm();
    return results(L, 4, status == 0, chances);
}

/* Lua 5.1 remembers that loading a module has failed, by something that no module is. */
static const char forget_failures[] =
    "for name, module in pairs(package.loaded) do "
    "if type(module) == 'userdata' or type(module) == 'number' then package.loaded[name] = nil end "
    "end";

/*
 * memory.state(source, first, more, script): runs the script in a new Lua state while chances fail,
 * then a second time while none does, and closes the state. Returns like try() for the first run,
 * with its error's text, and after that the second run's error or nil.
 */
static int memory_state(lua_State *L)
{
    const char *script = luaL_checkstring(L, 4);
    lua_settop(L, 4);
    lua_State *other = new_state();
    if (other == NULL || luaL_loadfile(other, script) != 0)
        return luaL_error(L, "%s cannot be loaded", script);
    lua_pushvalue(other, -1);
    arm(L, 1);
    bool good = lua_pcall(other, 0, 0, 0) == 0;
    unsigned long chances = fault_disarm();
    lua_pushstring(L, good ? NULL : lua_tostring(other, -1));
    if (!good)
        lua_pop(other, 1);
    (void)!luaL_dostring(other, forget_failures);
    lua_pushstring(L, lua_pcall(other, 0, 0, 0) == 0 ? NULL : lua_tostring(other, -1));
    lua_close(other);
    return results(L, 5, good, chances);
}

/* memory.live(source): how many blocks of it are alive. */
static int memory_live(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)fault_live(luaL_checkoption(L, 1, NULL, fault_names)));
    return 1;
}

/* memory.descriptors(): how many are open. */
static int memory_descriptors(lua_State *L)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    lua_pushnumber(L, count);
    return 1;
}

/* memory.setenv(name, value): for other states; nil: unset. */
static int memory_setenv(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1), *value = luaL_optstring(L, 2, NULL);
    if ((value == NULL ? unsetenv(name) : setenv(name, value, 1)) != 0)
        return luaL_error(L, "the environment cannot be changed");
    return 0;
}

/* memory.answer(text, ...): what the server says to the requests to come. */
static int memory_answer(lua_State *L)
{
    const char *texts[most_answers];
    size_t sizes[most_answers], count = (size_t)lua_gettop(L);
    luaL_argcheck(L, count <= most_answers, most_answers, "too many");
    for (size_t i = 0; i < count; i++)
        texts[i] = luaL_checklstring(L, (int)i + 1, &sizes[i]);
    if (!server_answer(texts, sizes, count))
        return luaL_error(L, "too many answers or too long ones");
    return 0;
}

/* memory.requests(): how many came since, begun and whole, and the text of the last whole one. */
static int memory_requests(lua_State *L)
{
    unsigned begun, received;
    size_t size;
    server_count(&begun, &received);
    lua_pushnumber(L, begun);
    lua_pushnumber(L, received);
    const char *request = server_request(&size);
    lua_pushlstring(L, request, size);
    return 3;
}

/* memory.keep(file): keeps a library in memory to the very end, where the leak checker names it. */
static int memory_keep(lua_State *L)
{
    if (dlopen(luaL_checkstring(L, 1), RTLD_NOW | RTLD_NODELETE) == NULL)
        return luaL_error(L, "%s", dlerror());
    return 0;
}

static int port;

static int open_memory(lua_State *L)
{
    static const struct {
        const char *name;
        lua_CFunction function;
    } functions[] = {
        {"try", memory_try},
        {"state", memory_state},
        {"live", memory_live},
        {"answer", memory_answer},
        {"requests", memory_requests},
        {"keep", memory_keep},
        {"descriptors", memory_descriptors},
        {"setenv", memory_setenv},
    };
    lua_newtable(L);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        lua_pushcfunction(L, functions[i].function);
        lua_setfield(L, -2, functions[i].name);
    }
    lua_pushfstring(L, "http://127.0.0.1:%d", port);
    lua_setfield(L, -2, "url");
    lua_pushfstring(L, "http://%s:%d", FAULT_HOST, port);
    lua_setfield(L, -2, "named_url");
    return 1;
}

static lua_State *new_state(void)
{
    lua_State *L = lua_newstate(fault_lua_alloc, NULL);
    if (L == NULL)
        return NULL;
    luaL_openlibs(L);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_convoke_core);
    lua_setfield(L, -2, "convoke.core");
    lua_pushcfunction(L, open_memory);
    lua_setfield(L, -2, "memory");
    lua_pop(L, 2);
    return L;
}

/* Runs the script; its result is ours. */
static bool run(const char *script, const char *argument)
{
    lua_State *L = new_state();
    if (L == NULL)
        return false;
    lua_pushstring(L, argument);
    lua_setglobal(L, "argument");
    bool good = luaL_loadfile(L, script) == 0 && lua_pcall(L, 0, 1, 0) == 0;
    if (!good)
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    else
        good = lua_toboolean(L, -1) != 0;
    lua_close(L);
    return good;
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count < 2) {
        fprintf(stderr, "usage: memory SCRIPT [ARGUMENT]\n");
        return 2;
    }
    unsetenv("http_proxy"); /* to FAULT_HOST there is no proxy */
    port = server_start();
    if (port == 0 || !fault_take_curl()) {
        fprintf(stderr, "memory: no server or no libcurl\n");
        return 2;
    }
    const long before = fault_live(FAULT_CURL);
    bool good = run(arguments[1], count > 2 ? arguments[2] : NULL);
    for (int source = FAULT_LUA; source <= FAULT_CURL; source++) {
        long left = fault_live((fault_source)source) - (source == FAULT_CURL ? before : 0);
        if (left == 0)
            continue;
        printf("%ld blocks of %s left at the end\n", left, fault_names[source]);
        good = false;
    }
    curl_global_cleanup();
    return good ? 0 : 1;
}
