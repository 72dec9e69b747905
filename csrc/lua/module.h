/*
 * What the Lua-facing files share: the engine of a Lua state, and its userdata.
 */
#ifndef CVK_LUA_MODULE_H
#define CVK_LUA_MODULE_H

#include "lua/compat.h"
#include "transfer/engine.h"

#define CVK_CLIENT_TYPE "convoke.core.client"
#define CVK_CALL_TYPE "convoke.core.call"

/* One client: where an API is, how to reach it, and as whom. */
typedef struct cvk_client {
    const cvk_api *api;         /* NULL: closed */
    cvk_settings *settings;     /* held */
    cvk_credential *credential; /* held; NULL: none */
    cvk_buffer address;         /* without a closing slash; a C string */
} cvk_client;

/* One call: a request, and what came of it. */
typedef struct cvk_call {
    cvk_exchange *exchange;        /* held; NULL: nothing in it */
    cvk_transfer *transfer;        /* the engine's, from submission until it is taken; else NULL */
    int anchor;                    /* see cvk_lua_anchor; 0: none */
    unsigned forks;                /* how many there had been when it was prepared */
    bool revoked;                  /* not to go on, whatever becomes of the exchange */
    struct cvk_call *next, **link; /* in the engine's list of calls; link NULL: in none */
} cvk_call;

/* The engine of a Lua state, made at the first need and anew after a fork; NULL: there is no
 * memory or descriptor for it. Raises when the state is being closed. */
cvk_engine *cvk_lua_or_none(lua_State *L);
#define CVK_NO_ENGINE "no memory or file descriptor left for the engine"

/* Makes the engine of a Lua state, unless it is there; pushes it; puts the functions that drive it into
 * the module's table on top of the stack. */
void cvk_lua_make(lua_State *L);
void cvk_lua_push(lua_State *L);
void cvk_lua_register(lua_State *L);

/* Of the functions of core, and of the methods of clients and calls: the engine of their state. */
enum { CVK_ENGINE_UPVALUE = 1 };

/*
 * Keeps the call at `index` alive while its exchange is in flight, under a number from 1 that no
 * other one has meanwhile, together with who waits for it, at `waiter` (nil: nobody).
 */
void cvk_lua_anchor(lua_State *L, int index, int waiter, cvk_call *call);

/* Pushes an array of what is kept so, by numbers: calls, and anything but a userdata between them. */
void cvk_lua_push_anchors(lua_State *L);

/* Pushes who waits for the call of that number, or nil; from now on nobody does. */
void cvk_lua_forget(lua_State *L, int anchor);

/* Lets the call go; pushes who waits for it, or nil, and forgets that. */
void cvk_lua_release(lua_State *L, cvk_call *call);

/* Puts a call into the engine's list, because what a state's last finalizers make has no finalizer.
 * Raises when the state is that far. */
void cvk_lua_enlist(lua_State *L, cvk_call *call);

/*
 * Pushes a call that has been of use before, and may be again, or returns NULL; takes the one at
 * `index` for such a use, if there is room.
 */
cvk_call *cvk_lua_take_spare(lua_State *L);
void cvk_lua_keep_spare(lua_State *L, int index);

/* Takes a call out of it, and empties it. */
void cvk_call_clear(cvk_call *call);

/* Client:prepare; its arguments are described where it is defined. */
int cvk_client_prepare(lua_State *L);

/* Makes the metatable of calls; pops the engine. */
void cvk_call_register(lua_State *L);

/* core.headers and core.header; described where they are defined. */
int cvk_core_headers(lua_State *L);
int cvk_core_header(lua_State *L);

#endif
