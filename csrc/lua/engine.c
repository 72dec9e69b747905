/*
 * What a Lua state has of the engine: the engine itself, the calls in flight and who waits for them. What drives
 * it, for lua/convoke and for C programs.
 */
#include "lua/engine.h"

#include "convoke.h"
#include "transfer/forks.h"
#include "transfer/libcurl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct cvk_state {
    cvk_engine *engine;
    cvk_kept *kept;
    int anchor_table, waiter_table, spare_table; /* where the registry has them */
    int spares;                                  /* how many calls are kept for further use */
    int anchors;                                 /* the largest number of one so far */
    int free_anchor;                             /* the first one free; 0: none */
    int waiters;                                 /* how many calls have one */
    bool forked;         /* that was noticed, and Lua is yet to hear of it */
    bool closed;         /* together with the Lua state, whose last finalizers may still run */
    unsigned generation; /* that made it: a child of a fork must not touch its parent's sockets */
} cvk_state;

/* Registry keys; only their addresses count. */
static const char engine_key, step_key, pollfd_key;

enum { most_spares = 256 };

static int close_engine(lua_State *L)
{
    cvk_state *state = lua_touserdata(L, 1);
    if (state->generation == cvk_forks())
        cvk_engine_free(state->engine);
    state->engine = NULL;
    state->closed = true;
    while (state->kept != NULL)
        state->kept->close(state->kept);
    return 0;
}

/* The state that module functions share, from the registry; NULL before convoke.core is loaded. */
static cvk_state *state_from_registry(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
    cvk_state *state = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return state;
}

/* That state in the functions of the module, which have it as an upvalue; never NULL. */
static cvk_state *state_from_upvalue(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(CVK_ENGINE_UPVALUE));
}

void cvk_lua_enlist(lua_State *L, cvk_kept *kept)
{
    cvk_state *state = state_from_upvalue(L);
    if (state->closed)
        luaL_error(L, "convoke: the Lua state is being closed");
    kept->next = state->kept;
    kept->link = &state->kept;
    if (kept->next != NULL)
        kept->next->link = &kept->next;
    state->kept = kept;
}

void cvk_lua_delist(cvk_kept *kept)
{
    if (kept->link == NULL)
        return;
    *kept->link = kept->next;
    if (kept->next != NULL)
        kept->next->link = kept->link;
    kept->link = NULL;
}

cvk_kept *cvk_lua_take_spare(lua_State *L)
{
    cvk_state *state = state_from_upvalue(L);
    if (state->closed)
        return NULL;
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->spare_table);
    while (state->spares > 0) {
        lua_rawgeti(L, -1, state->spares);
        lua_pushnil(L);
        lua_rawseti(L, -3, state->spares--);
        cvk_kept *kept = lua_touserdata(L, -1);
        if (kept->link != NULL) { /* not finalized yet, as at the end of a state */
            lua_remove(L, -2);
            return kept;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return NULL;
}

void cvk_lua_keep_spare(lua_State *L, int index)
{
    cvk_state *state = state_from_upvalue(L);
    if (state->spares == most_spares)
        return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->spare_table);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, ++state->spares);
    lua_pop(L, 1);
}

/* In the child of a fork: ends the calls of the parent, which goes on with them. */
static void leave_parent(lua_State *L, cvk_state *state)
{
    if (state->engine == NULL || state->generation == cvk_forks())
        return;
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, state->anchor_table);
    state->free_anchor = 0; /* the parent's numbers are not used again */
    cvk_engine_abandon(state->engine);
    state->engine = NULL;
    state->forked = true;
}

void cvk_lua_leave_parent(lua_State *L)
{
    leave_parent(L, state_from_upvalue(L));
}

/* Pushes whether there was a fork since that was last asked. */
static int push_forked(lua_State *L, cvk_state *state)
{
    lua_pushboolean(L, state->forked);
    state->forked = false;
    return 1;
}

cvk_engine *cvk_lua_engine(lua_State *L)
{
    cvk_state *state = state_from_upvalue(L);
    leave_parent(L, state);
    if (state->closed)
        luaL_error(L, "convoke: the Lua state is being closed");
    if (state->engine == NULL) {
        state->generation = cvk_forks();
        state->engine = cvk_engine_new();
    }
    return state->engine;
}

/* The engine of this process if it was made already, else NULL; never raises. */
static cvk_engine *engine_in(const cvk_state *state)
{
    return state == NULL || state->generation != cvk_forks() ? NULL : state->engine;
}

static cvk_engine *engine_peek(lua_State *L)
{
    return engine_in(state_from_upvalue(L));
}

void cvk_lua_drop(lua_State *L, cvk_kept *kept)
{
    cvk_engine *engine = engine_peek(L);
    if (engine != NULL)
        cvk_engine_cancel(engine, kept->transfer);
}

/* The engine, made at the first need. Raises where it cannot be made, with the reason. */
static cvk_engine *engine_require(lua_State *L)
{
    char why[CVK_LIBCURL_WORDS];
    cvk_engine *engine = cvk_lua_engine(L);
    if (engine == NULL)
        luaL_error(L, "convoke: %s", cvk_libcurl_load(why, sizeof why) ? CVK_NO_ENGINE : why);
    return engine;
}

/*
 * Two arrays by the number of a call in flight: the anchors, a call or the number of the next free
 * place; and the waiters, what is known of who waits for it, or false.
 */

void cvk_lua_anchor(lua_State *L, int index, int waiter, cvk_kept *kept)
{
    cvk_state *state = state_from_upvalue(L);
    bool waits = !lua_isnoneornil(L, waiter);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->anchor_table);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->waiter_table);
    int anchor = state->free_anchor, next = 0;
    if (anchor == 0) {
        anchor = state->anchors + 1;
    } else {
        lua_rawgeti(L, -2, anchor);
        next = (int)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    if (waits)
        lua_pushvalue(L, waiter);
    else
        lua_pushboolean(L, false);
    lua_rawseti(L, -2, anchor); /* this and the next may raise, so the numbers change after them */
    lua_pushvalue(L, index);
    lua_rawseti(L, -3, anchor);
    lua_pop(L, 2);
    if (state->free_anchor == 0)
        state->anchors = anchor;
    state->free_anchor = next;
    state->waiters += waits;
    kept->anchor = anchor;
}

void cvk_lua_forget_waiter(lua_State *L, int anchor)
{
    cvk_state *state = state_from_upvalue(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->waiter_table);
    lua_rawgeti(L, -1, anchor);
    if (lua_toboolean(L, -1)) {
        lua_pushboolean(L, false);
        lua_rawseti(L, -3, anchor);
        state->waiters--;
    } else {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    lua_remove(L, -2);
}

void cvk_lua_release(lua_State *L, cvk_kept *kept)
{
    cvk_state *state = state_from_upvalue(L);
    if (kept->anchor == 0) {
        lua_pushnil(L);
        return;
    }
    cvk_lua_forget_waiter(L, kept->anchor);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->anchor_table);
    lua_pushinteger(L, state->free_anchor);
    lua_rawseti(L, -2, kept->anchor);
    lua_pop(L, 1);
    state->free_anchor = kept->anchor;
    kept->anchor = 0;
}

void cvk_lua_engine_make(lua_State *L)
{
    cvk_forks(); /* are counted from now on */
    lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
    bool there = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (there)
        return;
    cvk_state *made = lua_newuserdata(L, sizeof *made);
    *made = (cvk_state){0};
    lua_newtable(L);
    made->anchor_table = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    made->waiter_table = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_createtable(L, most_spares, 0); /* at its final size: keeping a call needs no memory */
    made->spare_table = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_engine);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_key);
}

/* core.step([budget]): works for about `budget` seconds (default: until nothing is to be done)
 * without waiting. Returns true once in the child of a fork: its parent's calls have ended. */
static int core_step(lua_State *L)
{
    double budget = luaL_optnumber(L, 1, -1);
    cvk_state *state = state_from_upvalue(L);
    leave_parent(L, state);
    if (state->engine != NULL)
        cvk_engine_step(state->engine, budget < 0 ? -1 : (long)(fmin(budget, 60) * 1e6));
    return push_forked(L, state);
}

/* core.wait(seconds): works, waiting at most so long for work; returns early when something
 * finished, and after a signal so that Lua can see to it. Returns as core.step() does. */
static int core_wait(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    int milliseconds = seconds <= 0 ? 0 : (int)ceil(fmin(seconds, 3600) * 1000);
    cvk_engine *engine = engine_require(L);
    bool forked = state_from_upvalue(L)->forked; /* then others have something to do, too */
    cvk_engine_wait(engine, forked ? 0 : milliseconds);
    return push_forked(L, state_from_upvalue(L));
}

/* core.finished(): the next call that has finished, or has something to do if it goes by pieces, the number that Call:submit() gave, and who waits for it,
 * as submit() was told; or nil. */
static int core_finished(lua_State *L)
{
    cvk_state *state = state_from_upvalue(L);
    cvk_engine *engine = engine_in(state);
    cvk_transfer *transfer = engine == NULL ? NULL : cvk_engine_finished(engine);
    bool ended = transfer != NULL;
    if (!ended && engine != NULL)
        transfer = cvk_engine_news(engine);
    if (transfer == NULL)
        return 0;
    int anchor = ended ? cvk_engine_take(engine, transfer) : cvk_engine_hear(engine, transfer);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->anchor_table);
    lua_rawgeti(L, -1, anchor);
    cvk_kept *kept = lua_touserdata(L, -1);
    lua_pushinteger(L, anchor);
    if (ended)
        kept->transfer = NULL;
    cvk_lua_release(L, kept);
    return 3;
}

/* core.in_running_thread(table): the table's value for the running coroutine, and whether it can
 * yield just there, which plain Lua 5.1 cannot tell. */
static int core_in_running_thread(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushthread(L);
    lua_rawget(L, 1);
    lua_pushboolean(L, lua_isyieldable(L));
    return 2;
}

/* core.waiters(): a table, for looking at only, of who waits for calls in flight, by their numbers;
 * false: nobody. */
static int core_waiters(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, state_from_upvalue(L)->waiter_table);
    return 1;
}

/* core.waiting(): how many calls somebody waits for. */
static int core_waiting(lua_State *L)
{
    lua_pushinteger(L, state_from_upvalue(L)->waiters);
    return 1;
}

/* core.forget(number): nobody waits for a call any more. Returns who did, or nil. */
static int core_forget(lua_State *L)
{
    cvk_lua_forget_waiter(L, (int)luaL_checkinteger(L, 1));
    return 1;
}

/* core.pollfd(): a descriptor, readable when there is work. */
static int core_pollfd(lua_State *L)
{
    lua_pushinteger(L, cvk_engine_fd(engine_require(L)));
    return 1;
}

/* core.timeout(): seconds until there is work by time, or nil. */
static int core_timeout(lua_State *L)
{
    cvk_engine *engine = engine_peek(L);
    long milliseconds = engine == NULL ? -1 : cvk_engine_timeout(engine);
    if (milliseconds < 0)
        return 0;
    lua_pushnumber(L, (lua_Number)milliseconds / 1000);
    return 1;
}

/* core.alarm([seconds]): makes the descriptor readable after that time too; nil: no more. */
static int core_alarm(lua_State *L)
{
    double seconds = luaL_optnumber(L, 1, -1);
    cvk_engine_alarm(engine_require(L), seconds < 0 ? -1 : (long)ceil(fmin(seconds, 3600) * 1000));
    return 0;
}

/* core.watch(fd, on): step() and wait() see to a descriptor of another room's, too, or no longer.
 * Returns whether they do. */
static int core_watch(lua_State *L)
{
    int fd = (int)luaL_checkinteger(L, 1);
    bool on = lua_toboolean(L, 2);
    cvk_engine *engine = on ? engine_require(L) : engine_peek(L);
    lua_pushboolean(L, engine != NULL && cvk_engine_watch(engine, fd, on) && on);
    return 1;
}

/* core.in_flight(): how many calls are in flight. */
static int core_in_flight(lua_State *L)
{
    cvk_engine *engine = engine_peek(L);
    uint64_t count = engine == NULL ? 0 : cvk_engine_counters(engine)->in_flight;
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* core.is_in_flight(number): whether a call has that number. Not in the child of a fork where its
 * parent's has. */
static int core_is_in_flight(lua_State *L)
{
    lua_Integer number = luaL_checkinteger(L, 1);
    cvk_engine *engine = engine_peek(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state_from_upvalue(L)->anchor_table);
    lua_rawgeti(L, -1, (int)number);
    lua_pushboolean(L, engine != NULL && lua_isuserdata(L, -1));
    return 1;
}

/* core.stats(): what is in flight and queued now, and counters since the start. */
static int core_stats(lua_State *L)
{
    static const cvk_counters none;
    cvk_engine *engine = engine_peek(L);
    const cvk_counters *c = engine == NULL ? &none : cvk_engine_counters(engine);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"in_flight", c->in_flight},
        {"queued", c->queued},
        {"started", c->started},
        {"finished", c->finished},
        {"failed", c->failed},
        {"cancelled", c->cancelled},
        {"connections_opened", c->connections_opened},
        {"connections_reused", c->connections_reused},
        {"bytes_sent", c->bytes_sent},
        {"bytes_received", c->bytes_received},
    };
    lua_createtable(L, 0, (int)CVK_COUNT(rows));
    for (size_t i = 0; i < CVK_COUNT(rows); i++) {
        cvk_pushinteger(L, (int64_t)rows[i].value);
        lua_setfield(L, -2, rows[i].name);
    }
    return 1;
}

/* core.embed(step, pollfd): what C programs call by convoke_step and convoke_pollfd from now on. */
static int core_embed(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &pollfd_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &step_key);
    return 0;
}

/* Calls an embedded function, with the argument unless that is NULL. false: there is none, or it
 * failed. */
static bool call_embedded(lua_State *L, const void *key, const lua_Number *argument, long *result)
{
    if (!lua_checkstack(L, LUA_MINSTACK))
        return false;
    int top = lua_gettop(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    bool there = lua_isfunction(L, -1);
    if (there && argument != NULL)
        lua_pushnumber(L, *argument);
    bool called = there && lua_pcall(L, argument == NULL ? 0 : 1, 1, 0) == 0;
    if (called)
        *result = (long)lua_tonumber(L, -1);
    else if (there)
        fprintf(stderr, "convoke: %s\n", lua_isstring(L, -1) ? lua_tostring(L, -1) : "an error");
    lua_settop(L, top);
    return called;
}

int convoke_step(lua_State *L, long budget_us)
{
    long in_flight;
    lua_Number budget = (lua_Number)budget_us / 1000000;
    if (call_embedded(L, &step_key, budget_us < 0 ? NULL : &budget, &in_flight))
        return (int)in_flight;
    cvk_engine *engine = engine_in(state_from_registry(L));
    if (engine == NULL)
        return 0;
    cvk_engine_step(engine, budget_us);
    return (int)cvk_engine_counters(engine)->in_flight;
}

int convoke_pollfd(lua_State *L)
{
    long fd;
    if (call_embedded(L, &pollfd_key, NULL, &fd))
        return (int)fd;
    cvk_engine *engine = engine_in(state_from_registry(L));
    return engine == NULL ? -1 : cvk_engine_fd(engine);
}

/* ---- registering ------------------------------------------------------------------------------ */

void cvk_lua_engine_push(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
}

void cvk_lua_push_anchors(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, state_from_upvalue(L)->anchor_table);
}

void cvk_lua_engine_register(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"alarm", core_alarm},
        {"embed", core_embed},
        {"finished", core_finished},
        {"forget", core_forget},
        {"in_flight", core_in_flight},
        {"in_running_thread", core_in_running_thread},
        {"is_in_flight", core_is_in_flight},
        {"pollfd", core_pollfd},
        {"stats", core_stats},
        {"step", core_step},
        {"timeout", core_timeout},
        {"wait", core_wait},
        {"waiters", core_waiters},
        {"waiting", core_waiting},
        {"watch", core_watch},
        {NULL, NULL},
    };
    cvk_lua_engine_push(L);
    luaL_setfuncs(L, functions, 1);
}
