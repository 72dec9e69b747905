/*
 * A game server: a C program with Lua embedded, which ticks 60 times a second while its script
 * talks to Edgegap and Convex. No call stalls a frame.
 *
 * From the top of the source tree, after `make`:
 *
 *   cc -std=c11 -O2 -D_DEFAULT_SOURCE -Icsrc examples/game-server/main.c "$PWD"/build/lua5.4/convoke/core.so $(pkg-config --cflags --libs lua5.4) -o build/game-server
 *   eval "$(make -s env)"
 *   EDGEGAP_API_TOKEN=... CONVEX_URL=... CONVEX_TOKEN=... \
 *     build/game-server examples/game-server/game.lua APP VERSION QUESTION_ID
 *
 * The script returns a table: `tick(frame)` is called every frame until it returns false, and
 * `failure` says afterwards what went wrong, if anything did.
 */
#include "convoke.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <time.h>

enum {
    frames_per_second = 60,
    convoke_budget = 1000, /* microseconds a frame */
    collector_budget = 300,
    most_frames = 60 * 60 * frames_per_second,
};

/* ---- time -------------------------------------------------------------------------------------- */

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void sleep_until(long long moment)
{
    long long left = moment - now();
    struct timespec pause = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    if (left > 0)
        nanosleep(&pause, NULL);
}

/* ---- how long frames take ---------------------------------------------------------------------- */

static const long limits[] = {50, 100, 250, 500, 1000, 2000, 4000, 8000, 16666};
enum { limit_count = sizeof limits / sizeof limits[0] };

typedef struct histogram {
    long counts[limit_count + 1];
    long total, longest;
} histogram;

static void count_frame(histogram *frames, long microseconds)
{
    int at = 0;
    while (at < limit_count && microseconds >= limits[at])
        at++;
    frames->counts[at]++;
    frames->total++;
    if (microseconds > frames->longest)
        frames->longest = microseconds;
}

static void print_histogram(const histogram *frames)
{
    printf("%ld frames, the longest took %ld us\n", frames->total, frames->longest);
    for (int i = 0; i <= limit_count; i++) {
        printf(i < limit_count ? "  under %5ld us %6ld\n" : "  from  %5ld us %6ld\n",
               limits[i < limit_count ? i : limit_count - 1], frames->counts[i]);
    }
}

/* ---- the game ---------------------------------------------------------------------------------- */

static int fail(lua_State *L, const char *what)
{
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "%s: %s\n", what, message != NULL ? message : "an error without words");
    lua_close(L);
    return 1;
}

/* Leaves the module's opener where `require "convoke.core"` finds it. */
static void preload(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_convoke_core);
    lua_setfield(L, -2, "convoke.core");
    lua_pop(L, 2);
}

/* Runs the script with its arguments; its table is left on the stack. Returns as lua_pcall does. */
static int run_script(lua_State *L, int count, char **arguments)
{
    int status = luaL_loadfile(L, arguments[0]);
    if (status != 0)
        return status;
    if (!lua_checkstack(L, count)) {
        lua_pushliteral(L, "too many arguments");
        return LUA_ERRMEM;
    }
    for (int i = 1; i < count; i++)
        lua_pushstring(L, arguments[i]);
    status = lua_pcall(L, count - 1, 1, 0);
    if (status == 0 && !lua_istable(L, -1)) {
        lua_pushliteral(L, "the script returns no table");
        return LUA_ERRRUN;
    }
    return status;
}

/* One frame of the script. Returns 1: go on, 0: the end, -1: an error, which is on the stack. */
static int tick(lua_State *L, int frame)
{
    lua_getfield(L, 1, "tick");
    lua_pushinteger(L, frame);
    if (lua_pcall(L, 1, 1, 0) != 0)
        return -1;
    int more = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return more;
}

/* ---- Lua's collector --------------------------------------------------------------------------- */

/*
 * Of itself it takes some milliseconds now and then, whenever the script needs memory. Here it works
 * in the rest of frames only, in small steps. It begins anew once memory has doubled; where it falls
 * behind nevertheless, a frame has to wait for it.
 */
typedef struct collector_state {
    int resting;
    int kib_left; /* by the last time that it was through */
} collector_state;

static collector_state restrain_collector(lua_State *L)
{
#if LUA_VERSION_NUM >= 504
    lua_gc(L, LUA_GCINC, 200, 8, 8);
#endif
    lua_gc(L, LUA_GCSTOP, 0);
    return (collector_state){1, lua_gc(L, LUA_GCCOUNT, 0)};
}

static void collect(lua_State *L, collector_state *collector)
{
    int kib = lua_gc(L, LUA_GCCOUNT, 0);
    if (collector->resting && kib < 2 * collector->kib_left)
        return;
    long long stop = now() + collector_budget;
    do
        collector->resting = lua_gc(L, LUA_GCSTEP, 0);
    while (!collector->resting && (now() < stop || kib > 4 * collector->kib_left));
    lua_gc(L, LUA_GCSTOP, 0); /* a step starts it again in older Luas */
    if (collector->resting)
        collector->kib_left = lua_gc(L, LUA_GCCOUNT, 0);
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fprintf(stderr, "usage: %s SCRIPT [ARGUMENT...]\n", arguments[0]);
        return 2;
    }
    lua_State *L = luaL_newstate();
    if (L == NULL)
        return 1;
    luaL_openlibs(L);
    preload(L);
    if (run_script(L, count - 1, arguments + 1) != 0)
        return fail(L, arguments[1]);
    collector_state collector = restrain_collector(L);
    histogram frames = {{0}, 0, 0};
    long long start = now();
    int more = 1;
    for (int frame = 1; more > 0 && frame <= most_frames; frame++) {
        long long began = now();
        more = tick(L, frame);
        convoke_step(L, convoke_budget);
        count_frame(&frames, (long)(now() - began));
        collect(L, &collector);
        sleep_until(start + frame * 1000000LL / frames_per_second);
    }
    if (more < 0)
        return fail(L, arguments[1]);
    print_histogram(&frames);
    lua_getfield(L, 1, "failure");
    if (!lua_isnil(L, -1))
        return fail(L, "the game failed");
    lua_close(L);
    return 0;
}
