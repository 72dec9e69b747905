#include "lua/interrupts.h"

#include "lua/compat.h"

#include <lauxlib.h>

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

enum {
    most_ignored = 2,   /* SIGINTs while one function runs; the next one ends the process */
    longest_turn = 200, /* milliseconds */
};

/* Of the process: a signal belongs to no Lua state. */
static lua_State *volatile running; /* in which a function can be interrupted; NULL: none */
static volatile sig_atomic_t came;  /* how many have come since they were last looked at */
static struct sigaction before;
static bool is_on;

static void stop(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    luaL_error(L, "interrupted!");
}

/* As the program lua does: a hook is all that may be set while Lua runs. */
static void on_signal(int number)
{
    came++;
    if (running == NULL)
        return;
    if (came > most_ignored) {
        signal(number, SIG_DFL);
        raise(number);
    }
    lua_sethook(running, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
}

static int core_interrupts(lua_State *L)
{
    bool on = lua_toboolean(L, 1);
    if (on && !is_on) {
        /* Without SA_RESTART, so that waiting ends. */
        struct sigaction action = {.sa_handler = on_signal};
        sigemptyset(&action.sa_mask);
        is_on = sigaction(SIGINT, &action, &before) == 0;
    } else if (!on && is_on) {
        sigaction(SIGINT, &before, NULL);
        is_on = false;
    }
    return 0;
}

static int core_interruptible(lua_State *L)
{
    lua_State *outer = running;
    came = 0;
    running = L;
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    running = outer;
    if (lua_gethook(L) == stop) /* it came at the very end */
        lua_sethook(L, NULL, 0, 0);
    came = 0;
    return status == 0 ? lua_gettop(L) : lua_error(L);
}

static int core_await_input(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct pollfd watched[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = (int)luaL_optinteger(L, 2, -1), .events = POLLIN},
    };
    int found = 0, left = (int)ceil(fmin(fmax(seconds, 0), 3600) * 1000);
    /* In short turns: one that comes right before poll() does not end it. */
    do {
        int turn = left < longest_turn ? left : longest_turn;
        found = came > 0 ? -1 : poll(watched, 2, turn);
        left -= turn;
    } while (found == 0 && came == 0 && left > 0);
    if (came > 0) {
        came = 0;
        lua_pushnil(L);
        lua_pushstring(L, "interrupted");
        return 2;
    }
    lua_pushboolean(L, found > 0 && watched[0].revents != 0);
    return 1;
}

void cvk_interrupts_register(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"await_input", core_await_input},
        {"interruptible", core_interruptible},
        {"interrupts", core_interrupts},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
