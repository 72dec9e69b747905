/*
 * Calls as userdata of Lua.
 */
#ifndef CVK_LUA_CALL_H
#define CVK_LUA_CALL_H

#include "http/exchange.h"
#include "lua/engine.h"

#define CVK_CALL_TYPE "convoke.core.call"

/* One call: a request, and what came of it. */
typedef struct cvk_call {
    cvk_kept kept;          /* the engine's view of it; comes first */
    cvk_exchange *exchange; /* held; NULL: nothing in it */
    unsigned forks;         /* how many there had been when it was prepared */
    bool revoked;           /* not to go on, whatever becomes of the exchange */
} cvk_call;

/* The call at 1 of one of its methods; raises for anything else, and for a call that is over. */
cvk_call *cvk_call_check(lua_State *L);

/* Ends what the call holds, at the end of the Lua state or when it is collected. */
void cvk_call_clear(cvk_kept *kept);

/* Makes the metatable of calls; pops the engine. */
void cvk_call_register(lua_State *L);

/* Pushes a copy of the string at an index in which the secrets of a credential are struck out. A NULL
 * credential is fine. */
void cvk_lua_push_redacted(lua_State *L, int index, const cvk_credential *credential);

/* core.calls, described where it is defined. */
int cvk_core_calls(lua_State *L);

/* core.headers, described where it is defined. */
int cvk_core_headers(lua_State *L);

/* core.header, described where it is defined. */
int cvk_core_header(lua_State *L);

#endif
