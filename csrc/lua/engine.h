/*
 * The engine of a Lua state: what is in flight in it, who waits for that, and what drives it.
 */
#ifndef CVK_LUA_ENGINE_H
#define CVK_LUA_ENGINE_H

#include "lua/compat.h"
#include "transfer/engine.h"

/*
 * What the engine knows of a userdata that it keeps while that is in flight. The userdata begins
 * with it.
 */
typedef struct cvk_kept {
    cvk_transfer *transfer; /* the engine's, from submission until it is taken; else NULL */
    int anchor;             /* see cvk_lua_anchor; 0: none */
    void (*close)(struct cvk_kept *kept); /* takes it out of the list and empties the userdata */
    struct cvk_kept *next, **link;        /* in the engine's list; link NULL: in none */
} cvk_kept;

/* The engine of a Lua state, made at the first need and anew after a fork; NULL: there is no
 * memory or descriptor for it. Raises when the state is being closed. */
cvk_engine *cvk_lua_or_none(lua_State *L);
#define CVK_NO_ENGINE "no memory or file descriptor left for the engine"

/* Makes the engine of a Lua state, unless it is there. */
void cvk_lua_make(lua_State *L);

/* Pushes the engine of a Lua state. */
void cvk_lua_push(lua_State *L);

/* Puts the functions that drive the engine into the module's table on top of the stack. */
void cvk_lua_register(lua_State *L);

/* Of the functions of core, and of the methods of clients and calls: the engine of their state. */
enum { CVK_ENGINE_UPVALUE = 1 };

/*
 * Keeps the call at `index` alive while its exchange is in flight, under a number from 1 that no
 * other one has meanwhile, together with who waits for it, at `waiter` (nil: nobody).
 */
void cvk_lua_anchor(lua_State *L, int index, int waiter, cvk_kept *kept);

/* In the child of a fork: lets go of what is the parent's, whose calls end here. */
void cvk_lua_leave_parent(lua_State *L);

/* Pushes an array of what is kept so, by numbers: calls, and anything but a userdata between them. */
void cvk_lua_push_anchors(lua_State *L);

/* Pushes who waits for the call of that number, or nil; from now on nobody does. */
void cvk_lua_forget(lua_State *L, int anchor);

/* Lets the call go; pushes who waits for it, or nil, and forgets that. */
void cvk_lua_release(lua_State *L, cvk_kept *kept);

/* Has kept->close called at the end of the state, because what a state's last finalizers make has no finalizer.
 * Raises when the state is that far. */
void cvk_lua_enlist(lua_State *L, cvk_kept *kept);

/* Pushes a call that was used before and may be used again, or returns NULL: there is none. */
cvk_kept *cvk_lua_take_spare(lua_State *L);

/* Keeps the call at `index` for another use, if there is room. */
void cvk_lua_keep_spare(lua_State *L, int index);

/* Takes it out of the engine's list, if it is there. */
void cvk_lua_delist(cvk_kept *kept);

#endif
