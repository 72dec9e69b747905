/*
 * The engine of a Lua state: its calls in flight, the coroutines that wait for them, and the functions
 * that drive it.
 */
#ifndef CVK_LUA_ENGINE_H
#define CVK_LUA_ENGINE_H

#include "lua/compat.h"
#include "transfer/engine.h"

/*
 * What the engine knows of a userdata, a call, that it keeps alive while its transfer is in flight. The
 * userdata begins with it.
 */
typedef struct cvk_kept {
    cvk_transfer *transfer; /* the engine's, from submission until it is taken; else NULL */
    int anchor;             /* see cvk_lua_anchor; 0: none */
    void (*close)(struct cvk_kept *kept); /* takes it out of the list and empties the userdata */
    struct cvk_kept *next, **link;        /* in the engine's list; link NULL: in none */
} cvk_kept;

/*
 * The engine of a Lua state. It is made when it is first needed, and anew after a fork. NULL: there is
 * no memory or descriptor for it. Raises when the state is being closed.
 */
cvk_engine *cvk_lua_engine(lua_State *L);
#define CVK_NO_ENGINE "no memory or file descriptor left for the engine"

/* Makes what holds the engine of a Lua state, unless it is there. */
void cvk_lua_engine_make(lua_State *L);

/* Pushes what holds the engine, to be an upvalue of functions. */
void cvk_lua_engine_push(lua_State *L);

/* Puts the functions that drive the engine into the module's table on top of the stack. */
void cvk_lua_engine_register(lua_State *L);

/* The upvalue that holds the engine, of the functions of core and of the methods of clients and calls. */
enum { CVK_ENGINE_UPVALUE = 1 };

/*
 * Keeps the call at `index` alive while its exchange is in flight, under a number from 1 that no other
 * call has meanwhile. At `waiter` is the token of the coroutine that waits for it; nil: none does.
 */
void cvk_lua_anchor(lua_State *L, int index, int waiter, cvk_kept *kept);

/* In the child of a fork: ends the parent's calls here, and releases what is the parent's. */
void cvk_lua_leave_parent(lua_State *L);

/* Pushes the array of the calls that are kept alive, by their numbers; a free place holds no userdata. */
void cvk_lua_push_anchors(lua_State *L);

/* Pushes the token of the coroutine that waits for the call with that number, or nil; from now on none
 * waits. */
void cvk_lua_forget_waiter(lua_State *L, int anchor);

/* Keeps the call alive no longer, and pushes what cvk_lua_forget_waiter pushes. */
void cvk_lua_release(lua_State *L, cvk_kept *kept);

/*
 * Has kept->close called at the end of the state: what a state's last finalizers make is never
 * finalized itself. Raises when the state is that far.
 */
void cvk_lua_enlist(lua_State *L, cvk_kept *kept);

/* Pushes a call that was used before and may be used again, or returns NULL: there is none. */
cvk_kept *cvk_lua_take_spare(lua_State *L);

/* Keeps the call at `index` for another use, if there is room. */
void cvk_lua_keep_spare(lua_State *L, int index);

/* Ends the transfer of a call in flight that is being collected. */
void cvk_lua_drop(lua_State *L, cvk_kept *kept);

/* Takes it out of the engine's list, if it is there. */
void cvk_lua_delist(cvk_kept *kept);

#endif
