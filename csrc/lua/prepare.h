/*
 * Client:prepare, which makes a call of Lua values, and what its sibling shares.
 */
#ifndef CVK_LUA_PREPARE_H
#define CVK_LUA_PREPARE_H

#include "http/request.h"
#include "lua/call.h"
#include "lua/client.h"
#include "lua/faults.h"

/* Client:prepare; its arguments are described where it is defined. */
int cvk_client_prepare(lua_State *L);

/* Pushes a call of the client that is yet to be filled. Raises where memory runs out. */
cvk_call *cvk_prepare_call(lua_State *L, const cvk_client *client);

/*
 * Adds the headers in the table at `index`, if it is one; `headers.X-Name` is where a fault of the
 * walk's is.
 */
void cvk_prepare_headers(cvk_walk *walk, cvk_request *request, int index);

#endif
