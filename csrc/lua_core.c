/*
 * The module convoke.core: the engine of a Lua state, clients, and small services for lua/convoke.
 * Not for users: its callers are the Lua files, and its arguments are checked for safety only.
 */
#include "lua_core.h"

#include "auth.h"
#include "convoke.h"
#include "date.h"
#include "easy.h"
#include "libcurl.h"
#include "lua_bell.h"
#include "lua_book.h"
#include "lua_catalogue.h"
#include "poller.h"
#include "response.h"
#include "uri.h"
#include "values.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the engine ------------------------------------------------------------------------------- */

typedef struct cvk_state {
    cvk_transport *transport;
    cvk_call *calls;
    int anchor_table, waiter_table, spare_table; /* where the registry has them */
    int spares;                                  /* how many calls are kept for further use */
    int anchors;                                 /* the largest number of one so far */
    int free_anchor;                             /* the first one free; 0: none */
    int waiters;                                 /* how many calls have one */
    bool closed;         /* together with the Lua state, whose last finalizers may still run */
    unsigned generation; /* that made it: a child of a fork must not touch its parent's sockets */
} cvk_state;

/* How many forks lie between this process and the first; asking the system costs a call each. */
static unsigned generation;

static void note_fork(void)
{
    generation++;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, note_fork);
}

/* Registry keys; only their addresses count. */
static const char engine_key, step_key, pollfd_key;

enum { most_spares = 256 };

static int close_engine(lua_State *L)
{
    cvk_state *state = lua_touserdata(L, 1);
    if (state->generation == generation)
        cvk_transport_free(state->transport);
    state->transport = NULL;
    state->closed = true;
    while (state->calls != NULL)
        cvk_call_clear(state->calls);
    return 0;
}

/* The engine of a Lua state, NULL where it has none. */
static cvk_state *find_state(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
    cvk_state *state = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return state;
}

/* The same in our own functions, which have it as an upvalue. */
static cvk_state *state_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(CVK_ENGINE_UPVALUE));
}

void cvk_engine_enlist(lua_State *L, cvk_call *call)
{
    cvk_state *state = state_of(L);
    if (state->closed)
        luaL_error(L, "convoke: the Lua state is being closed");
    call->next = state->calls;
    call->link = &state->calls;
    if (call->next != NULL)
        call->next->link = &call->next;
    state->calls = call;
}

cvk_call *cvk_engine_take_spare(lua_State *L)
{
    cvk_state *state = state_of(L);
    if (state->closed)
        return NULL;
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->spare_table);
    while (state->spares > 0) {
        lua_rawgeti(L, -1, state->spares);
        lua_pushnil(L);
        lua_rawseti(L, -3, state->spares--);
        cvk_call *call = lua_touserdata(L, -1);
        if (call->exchange != NULL) { /* not finalized yet, as at the end of a state */
            lua_remove(L, -2);
            return call;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return NULL;
}

void cvk_engine_keep_spare(lua_State *L, int index)
{
    cvk_state *state = state_of(L);
    if (state->spares == most_spares)
        return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->spare_table);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, ++state->spares);
    lua_pop(L, 1);
}

cvk_transport *cvk_engine_or_none(lua_State *L)
{
    cvk_state *state = state_of(L);
    if (state->transport != NULL && state->generation != generation) {
        lua_newtable(L);
        lua_rawseti(L, LUA_REGISTRYINDEX, state->anchor_table);
        state->free_anchor = 0; /* the parent's numbers are not used again */
        cvk_transport_abandon(state->transport);
        state->transport = NULL;
    }
    if (state->closed)
        luaL_error(L, "convoke: the Lua state is being closed");
    if (state->transport == NULL) {
        state->generation = generation;
        state->transport = cvk_transport_new();
    }
    return state->transport;
}

/* The same if there is one already, else NULL; never raises. */
static cvk_transport *transport_if_any(const cvk_state *state)
{
    return state == NULL || state->generation != generation ? NULL : state->transport;
}

static cvk_transport *engine_if_any(lua_State *L)
{
    return transport_if_any(state_of(L));
}

/* The same, but raises where there is none. */
static cvk_transport *engine(lua_State *L)
{
    char why[CVK_LIBCURL_WORDS];
    cvk_transport *transport = cvk_engine_or_none(L);
    if (transport == NULL)
        luaL_error(L, "convoke: %s", cvk_libcurl_load(why, sizeof why) ? CVK_NO_ENGINE : why);
    return transport;
}

/*
 * Two arrays by the number of a call in flight: the anchors, a call or the number of the next free
 * place; and the waiters, what is known of who waits for it, or false.
 */

void cvk_engine_anchor(lua_State *L, int index, int waiter, cvk_exchange *exchange)
{
    cvk_state *state = state_of(L);
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
    exchange->anchor = anchor;
}

void cvk_engine_forget(lua_State *L, int anchor)
{
    cvk_state *state = state_of(L);
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

void cvk_engine_release(lua_State *L, cvk_exchange *exchange)
{
    cvk_state *state = state_of(L);
    if (exchange->anchor == 0) {
        lua_pushnil(L);
        return;
    }
    cvk_engine_forget(L, exchange->anchor);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->anchor_table);
    lua_pushinteger(L, state->free_anchor);
    lua_rawseti(L, -2, exchange->anchor);
    lua_pop(L, 1);
    state->free_anchor = exchange->anchor;
    exchange->anchor = 0;
}

static void make_engine(lua_State *L)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
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
 * without waiting. */
static int core_step(lua_State *L)
{
    double budget = luaL_optnumber(L, 1, -1);
    cvk_transport *transport = engine_if_any(L);
    if (transport != NULL)
        cvk_transport_step(transport, budget < 0 ? -1 : (long)(fmin(budget, 60) * 1e6), 0);
    return 0;
}

/* core.wait(seconds): works, waiting at most so long for work; returns early when something
 * finished, and after a signal so that Lua can see to it. */
static int core_wait(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    int milliseconds = seconds <= 0 ? 0 : (int)ceil(fmin(seconds, 3600) * 1000);
    cvk_transport_step(engine(L), -1, milliseconds);
    return 0;
}

/* core.finished(): the next finished call, the number that Call:submit() gave, and who waits for it,
 * as submit() was told; or nil. */
static int core_finished(lua_State *L)
{
    cvk_state *state = state_of(L);
    cvk_transport *transport = transport_if_any(state);
    cvk_exchange *exchange = transport == NULL ? NULL : cvk_transport_finished(transport);
    if (exchange == NULL)
        return 0;
    cvk_transport_take(transport, exchange);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->anchor_table);
    lua_rawgeti(L, -1, exchange->anchor);
    lua_pushinteger(L, exchange->anchor);
    cvk_engine_release(L, exchange);
    cvk_exchange_release(exchange);
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
    lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L)->waiter_table);
    return 1;
}

/* core.waiting(): how many calls somebody waits for. */
static int core_waiting(lua_State *L)
{
    lua_pushinteger(L, state_of(L)->waiters);
    return 1;
}

/* core.forget(number): nobody waits for a call any more. Returns who did, or nil. */
static int core_forget(lua_State *L)
{
    cvk_engine_forget(L, (int)luaL_checkinteger(L, 1));
    return 1;
}

/* core.pollfd(): a descriptor, readable when there is work. */
static int core_pollfd(lua_State *L)
{
    lua_pushinteger(L, cvk_transport_fd(engine(L)));
    return 1;
}

/* core.timeout(): seconds until there is work by time, or nil. */
static int core_timeout(lua_State *L)
{
    cvk_transport *transport = engine_if_any(L);
    long milliseconds = transport == NULL ? -1 : cvk_transport_timeout(transport);
    if (milliseconds < 0)
        return 0;
    lua_pushnumber(L, (lua_Number)milliseconds / 1000);
    return 1;
}

/* core.alarm([seconds]): makes the descriptor readable after that time too; nil: no more. */
static int core_alarm(lua_State *L)
{
    double seconds = luaL_optnumber(L, 1, -1);
    cvk_transport_alarm(engine(L), seconds < 0 ? -1 : (long)ceil(fmin(seconds, 3600) * 1000));
    return 0;
}

/* core.in_flight(): how many calls are in flight. */
static int core_in_flight(lua_State *L)
{
    cvk_transport *transport = engine_if_any(L);
    uint64_t count = transport == NULL ? 0 : cvk_transport_counters(transport)->in_flight;
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

/* core.is_in_flight(number): whether a call has that number. Not in the child of a fork where its
 * parent's has. */
static int core_is_in_flight(lua_State *L)
{
    lua_Integer number = luaL_checkinteger(L, 1);
    cvk_transport *transport = engine_if_any(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L)->anchor_table);
    lua_rawgeti(L, -1, (int)number);
    lua_pushboolean(L, transport != NULL && lua_isuserdata(L, -1));
    return 1;
}

/* core.stats(): what is in flight and queued now, and counters since the start. */
static int core_stats(lua_State *L)
{
    static const cvk_counters none;
    cvk_transport *transport = engine_if_any(L);
    const cvk_counters *c = transport == NULL ? &none : cvk_transport_counters(transport);
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
    cvk_transport *transport = transport_if_any(find_state(L));
    if (transport == NULL)
        return 0;
    cvk_transport_step(transport, budget_us, 0);
    return (int)cvk_transport_counters(transport)->in_flight;
}

int convoke_pollfd(lua_State *L)
{
    long fd;
    if (call_embedded(L, &pollfd_key, NULL, &fd))
        return (int)fd;
    cvk_transport *transport = transport_if_any(find_state(L));
    return transport == NULL ? -1 : cvk_transport_fd(transport);
}

/* ---- clients ---------------------------------------------------------------------------------- */

static cvk_client *check_client(lua_State *L)
{
    return luaL_checkudata(L, 1, CVK_CLIENT_TYPE);
}

/* Client:close(), and its finalizer. What is in flight goes on by itself. */
static int client_close(lua_State *L)
{
    cvk_client *client = check_client(L);
    cvk_settings_release(client->settings);
    cvk_credential_release(client->credential);
    cvk_buffer_free(&client->address);
    *client = (cvk_client){0};
    return 0;
}

/* Client:calls(): an array of its calls in flight. */
static int client_calls(lua_State *L)
{
    const cvk_client *client = check_client(L);
    int count = 0;
    lua_settop(L, 1);
    lua_newtable(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L)->anchor_table);
    for (lua_pushnil(L); lua_next(L, 3);) {
        const cvk_call *call = lua_touserdata(L, -1); /* NULL: a free place */
        const cvk_exchange *exchange = call == NULL ? NULL : call->exchange; /* finalized: none */
        if (exchange != NULL && exchange->settings == client->settings)
            lua_rawseti(L, 2, ++count);
        else
            lua_pop(L, 1);
    }
    lua_settop(L, 2);
    return 1;
}

static char *copy_field(lua_State *L, int table, const char *name)
{
    lua_getfield(L, table, name);
    const char *text = lua_tostring(L, -1);
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL)
        luaL_error(L, "not enough memory");
    lua_pop(L, 1);
    return copy;
}

static double number_field(lua_State *L, int table, const char *name)
{
    lua_getfield(L, table, name);
    double value = luaL_checknumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* A number that may be larger than this machine's sizes. */
static size_t size_field(lua_State *L, int table, const char *name)
{
    return (size_t)fmin(number_field(L, table, name), (double)(SIZE_MAX / 2));
}

static void set_line(lua_State *L, cvk_buffer *lines, const char *name, const char *value)
{
    const char *fault = cvk_lines_set(lines, name, value, strlen(value));
    if (fault != NULL)
        luaL_error(L, "the header %s %s", name, fault);
}

/* The header lines that all requests of a client have. */
static void write_lines(lua_State *L, int table, const cvk_api *api, cvk_buffer *lines)
{
    set_line(L, lines, "Accept", api->accept);
    lua_getfield(L, table, "user_agent");
    set_line(L, lines, "User-Agent", luaL_checkstring(L, -1));
    lua_getfield(L, table, "headers");
    if (lua_istable(L, -1))
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
            set_line(L, lines, luaL_checkstring(L, -2), luaL_checkstring(L, -1));
    lua_pop(L, 2);
}

/*
 * core.client(api, settings): settings are address, user_agent, connect_timeout (seconds),
 * max_response_bytes, max_in_flight (0: any number), http_version (0, 1 or 2), direct (boolean)
 * and, if wanted, proxy, ca_file, cert, key, headers (a table that goes with every request).
 * Loads libcurl, where it is not yet; if that cannot be, returns nil and why.
 */
static int core_client(lua_State *L)
{
    char why[CVK_LIBCURL_WORDS];
    const cvk_api *api = cvk_find_api(luaL_checkstring(L, 1));
    luaL_argcheck(L, api != NULL, 1, "no such API");
    luaL_checktype(L, 2, LUA_TTABLE);
    if (!cvk_libcurl_load(why, sizeof why)) {
        lua_pushnil(L);
        lua_pushstring(L, why);
        return 2;
    }
    cvk_client *client = lua_newuserdata(L, sizeof *client);
    *client = (cvk_client){0};
    luaL_getmetatable(L, CVK_CLIENT_TYPE);
    lua_setmetatable(L, -2);
    cvk_settings *settings = cvk_settings_new();
    if (settings == NULL)
        return luaL_error(L, "not enough memory");
    client->settings = settings;
    settings->connect_timeout =
        (long)fmin(fmax(1, number_field(L, 2, "connect_timeout") * 1000), 1e9);
    settings->max_response_bytes = size_field(L, 2, "max_response_bytes");
    settings->max_in_flight = size_field(L, 2, "max_in_flight");
    settings->http_version = (int)number_field(L, 2, "http_version");
    settings->proxy = copy_field(L, 2, "proxy");
    settings->ca_file = copy_field(L, 2, "ca_file");
    settings->cert = copy_field(L, 2, "cert");
    settings->key = copy_field(L, 2, "key");
    lua_getfield(L, 2, "direct");
    settings->direct = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    lua_getfield(L, 2, "address");
    cvk_buffer_add_string(&client->address, luaL_checkstring(L, -1));
    lua_pop(L, 1);
    write_lines(L, 2, api, &settings->lines);
    cvk_buffer_add(&settings->with_body, settings->lines.data, settings->lines.size);
    set_line(L, &settings->with_body, "Content-Type", "application/json");
    if (cvk_buffer_string(&client->address) == NULL || settings->lines.failed ||
        settings->with_body.failed)
        return luaL_error(L, "not enough memory");
    client->api = api;
    return 1;
}

/*
 * Client:credential(way, value, partner): from now on requests prove themselves by the API's
 * `way` (index in the catalogue, from 1). Returns true, or nil and what is wrong with the text,
 * and whether that is about the partner, without showing it.
 */
static int client_credential(lua_State *L)
{
    cvk_client *client = check_client(L);
    luaL_argcheck(L, client->api != NULL, 1, "closed client");
    size_t way = (size_t)luaL_checkinteger(L, 2) - 1, size, partner_size;
    luaL_argcheck(L, way < client->api->auth_count, 2, "no such way");
    const cvk_auth *auth = &client->api->auths[way];
    const char *value = luaL_checklstring(L, 3, &size);
    const char *partner = luaL_optlstring(L, 4, "", &partner_size);
    bool about_partner;
    const char *fault =
        cvk_credential_fault(auth, value, size, partner, partner_size, &about_partner);
    if (fault != NULL) {
        lua_pushnil(L);
        lua_pushstring(L, fault);
        lua_pushboolean(L, about_partner);
        return 3;
    }
    cvk_buffer origin = {0};
    cvk_buffer_add(&origin, client->address.data, cvk_uri_origin_length(client->address.data));
    const char *text = cvk_buffer_string(&origin);
    cvk_credential *credential =
        text == NULL ? NULL : cvk_credential_new(auth, value, size, partner, partner_size, text);
    cvk_buffer_free(&origin);
    if (credential == NULL)
        return luaL_error(L, "not enough memory");
    cvk_credential_follow(credential, client->credential);
    client->credential = credential;
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- small services ---------------------------------------------------------------------------- */

/* core.address(text): what is wrong with a base address, or nil, whether it is plain http and
 * whether it names this machine. */
static int core_address(lua_State *L)
{
    const char *address = luaL_checkstring(L, 1);
    const char *fault =
        strlen(address) == lua_rawlen(L, 1) ? cvk_uri_fault(address) : "holds a zero byte";
    if (fault != NULL) {
        lua_pushstring(L, fault);
        return 1;
    }
    lua_pushnil(L);
    lua_pushboolean(L, cvk_uri_is_plain(address));
    lua_pushboolean(L, cvk_uri_is_loopback(address));
    return 3;
}

/* core.now(): seconds of a clock that never goes back. */
static int core_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)cvk_microseconds() / 1000000);
    return 1;
}

/* core.time(): seconds since the epoch, with their fraction. */
static int core_time(lua_State *L)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
    return 1;
}

/* core.http_date(text): seconds since the epoch of an HTTP date, or nil. */
static int core_http_date(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    time_t seconds = cvk_parse_http_date(text, size);
    if (seconds < 0)
        return 0;
    lua_pushnumber(L, (lua_Number)seconds);
    return 1;
}

/* core.date_time(value): seconds since the epoch of a text that is a date-time of RFC 3339, or nil. */
static int core_date_time(lua_State *L)
{
    size_t size;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &size) : NULL;
    double seconds;
    if (text == NULL || !cvk_parse_date_time(text, size, &seconds))
        return 0;
    lua_pushnumber(L, seconds);
    return 1;
}

/* core.nearest(name, names): the name among an array of names that is nearest, or nil. */
static int core_nearest(lua_State *L)
{
    cvk_field fields[64] = {{0}};
    const char *name = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t count = lua_rawlen(L, 2);
    if (count > CVK_COUNT(fields))
        count = CVK_COUNT(fields);
    luaL_checkstack(L, (int)count + 1, "too many names");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        fields[i].name = luaL_checkstring(L, -1);
    }
    lua_pushstring(L, cvk_nearest_field(fields, count, name));
    return 1;
}

/* core.catalogue(): all APIs and operations; see lua_catalogue.h. */
static int core_catalogue(lua_State *L)
{
    return cvk_push_catalogue(L);
}

static void push_engine(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
}

static void register_client(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"prepare", cvk_client_prepare}, {"credential", client_credential},
        {"calls", client_calls},         {"close", client_close},
        {"__gc", client_close},          {NULL, NULL},
    };
    luaL_newmetatable(L, CVK_CLIENT_TYPE);
    push_engine(L);
    luaL_setfuncs(L, methods, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

int luaopen_convoke_core(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"address", core_address},
        {"alarm", core_alarm},
        {"catalogue", core_catalogue},
        {"client", core_client},
        {"date_time", core_date_time},
        {"decoder", cvk_call_decoder},
        {"embed", core_embed},
        {"finished", core_finished},
        {"forget", core_forget},
        {"header", cvk_core_header},
        {"headers", cvk_core_headers},
        {"http_date", core_http_date},
        {"in_flight", core_in_flight},
        {"in_running_thread", core_in_running_thread},
        {"is_in_flight", core_is_in_flight},
        {"nearest", core_nearest},
        {"now", core_now},
        {"pollfd", core_pollfd},
        {"stats", core_stats},
        {"step", core_step},
        {"time", core_time},
        {"timeout", core_timeout},
        {"wait", core_wait},
        {"waiters", core_waiters},
        {"waiting", core_waiting},
        {NULL, NULL},
    };
    make_engine(L);
    register_client(L);
    push_engine(L);
    cvk_call_register(L);
    lua_createtable(L, 0, (int)CVK_COUNT(functions));
    push_engine(L);
    luaL_setfuncs(L, functions, 1);
    cvk_values_register(L);
    cvk_bell_register(L);
    cvk_book_register(L);
    lua_pushstring(L, CVK_POLLER_NAME);
    lua_setfield(L, -2, "poller");
    luaL_getmetatable(L, CVK_CLIENT_TYPE); /* their methods, for those that call them often */
    lua_setfield(L, -2, "Client");
    luaL_getmetatable(L, CVK_CALL_TYPE);
    lua_setfield(L, -2, "Call");
    return 1;
}
