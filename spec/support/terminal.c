/*
 * For specs of programs that people type to: open(command) runs it in a terminal of its own. Then
 * write(text), where "\003" is Ctrl-C, read(seconds) and close().
 */
#include <lauxlib.h>
#include <lua.h>
#include <poll.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int terminal = -1;
static pid_t child;

static int terminal_open(lua_State *L)
{
    const char *command = luaL_checkstring(L, 1);
    child = forkpty(&terminal, NULL, NULL, NULL);
    if (child < 0)
        return luaL_error(L, "no terminal");
    if (child == 0) {
        unsetenv("LD_PRELOAD");
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return 0;
}

static int terminal_write(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    if (write(terminal, text, size) != (ssize_t)size)
        return luaL_error(L, "the terminal is closed");
    return 0;
}

/* read(seconds): what came within that time, "" where nothing did; nil: the program has ended. */
static int terminal_read(lua_State *L)
{
    char text[4096];
    struct pollfd watched = {.fd = terminal, .events = POLLIN};
    int found = poll(&watched, 1, (int)(luaL_checknumber(L, 1) * 1000));
    ssize_t size = found > 0 ? read(terminal, text, sizeof text) : 0;
    if (size < 0)
        return 0;
    lua_pushlstring(L, text, (size_t)size);
    return 1;
}

static int terminal_close(lua_State *L)
{
    (void)L;
    if (terminal < 0)
        return 0;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(terminal);
    terminal = -1;
    return 0;
}

int luaopen_terminal(lua_State *L)
{
    lua_createtable(L, 0, 4);
    lua_pushcfunction(L, terminal_open);
    lua_setfield(L, -2, "open");
    lua_pushcfunction(L, terminal_write);
    lua_setfield(L, -2, "write");
    lua_pushcfunction(L, terminal_read);
    lua_setfield(L, -2, "read");
    lua_pushcfunction(L, terminal_close);
    lua_setfield(L, -2, "close");
    return 1;
}
