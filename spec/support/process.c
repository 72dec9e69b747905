/*
 * For specs of forks, under every Lua: fork(), wait(child), exit(status).
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* fork(): 0 in the child, its number in the parent. What is written so far is the parent's. */
static int process_fork(lua_State *L)
{
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return luaL_error(L, "no fork");
    lua_pushinteger(L, child);
    return 1;
}

/* wait(child): the status that it has exited with, or minus the signal that has ended it. */
static int process_wait(lua_State *L)
{
    int status;
    if (waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0) < 0)
        return luaL_error(L, "no such child");
    lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 1;
}

/* exit(status): at once, without closing the Lua state. */
static int process_exit(lua_State *L)
{
    fflush(NULL);
    _exit((int)luaL_checkinteger(L, 1));
}

int luaopen_process(lua_State *L)
{
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, process_fork);
    lua_setfield(L, -2, "fork");
    lua_pushcfunction(L, process_wait);
    lua_setfield(L, -2, "wait");
    lua_pushcfunction(L, process_exit);
    lua_setfield(L, -2, "exit");
    return 1;
}
