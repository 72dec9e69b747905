#include "lua/pieces.h"

#include "lua/call.h"

static cvk_flow *check_flow(lua_State *L)
{
    cvk_flow *flow = cvk_call_check(L)->exchange->flow;
    luaL_argcheck(L, flow != NULL, 1, "call is whole");
    return flow;
}

/*
 * Call:flow(wanted [, uploads [, size]]): from now on the call goes by pieces. `wanted`: which answers do, "whole"
 * (none), "events" or "pieces" (any); uploads: whether the body is what Call:give is told; size: how many bytes that
 * is, nil: not known. An answer that is there already is as if it had just come.
 */
static int call_flow(lua_State *L)
{
    static const char *const words[] = {"whole", "events", "pieces", NULL};
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    int wanted = luaL_checkoption(L, 2, NULL, words);
    if (exchange->flow == NULL)
        exchange->flow = cvk_flow_new();
    cvk_flow *flow = exchange->flow;
    if (flow == NULL)
        return luaL_error(L, "not enough memory");
    flow->wanted = (cvk_wanted)wanted;
    flow->uploads = lua_toboolean(L, 3);
    flow->size = (int64_t)luaL_optnumber(L, 4, -1);
    if (exchange->stage == CVK_FINISHED && exchange->failure == CVK_FINE)
        cvk_flow_answered(flow, exchange->status, &exchange->headers);
    return 0;
}

/* Call:by_pieces(): the status of an answer that has begun and goes by pieces; nil: there is none. */
static int call_by_pieces(lua_State *L)
{
    const cvk_exchange *exchange = cvk_call_check(L)->exchange;
    if (exchange->flow == NULL || !exchange->flow->by_pieces)
        return 0;
    lua_pushinteger(L, exchange->status);
    return 1;
}

/* Call:awaited(): whether somebody waits for it. */
static int call_awaited(lua_State *L)
{
    lua_pushboolean(L, cvk_call_check(L)->kept.anchor != 0);
    return 1;
}

/* Call:take(): what has come of the answer and was not taken yet, or nil. */
static int call_take(lua_State *L)
{
    cvk_buffer *body = &cvk_call_check(L)->exchange->body;
    if (body->size == 0)
        return 0;
    lua_pushlstring(L, body->data, body->size);
    cvk_buffer_clear(body);
    return 1;
}

/* Call:hungry(): whether more of the body is to be given before the call goes on. */
static int call_hungry(lua_State *L)
{
    const cvk_flow *flow = check_flow(L);
    lua_pushboolean(L, flow->uploads && !flow->given_all && flow->given.size == flow->taken);
    return 1;
}

/*
 * Call:give(text): the next piece of the body. Call:give(from, to): the same, bytes of the text that was prepared for
 * the body, from 1. Call:give(): that was all.
 */
static int call_give(lua_State *L)
{
    cvk_flow *flow = check_flow(L);
    const cvk_buffer *body = &cvk_call_check(L)->exchange->request.body;
    size_t size = 0, from = 0;
    const char *data = NULL;
    if (lua_isnoneornil(L, 2)) {
        flow->given_all = true;
        return 0;
    }
    if (lua_isnoneornil(L, 3)) {
        data = luaL_checklstring(L, 2, &size);
    } else {
        from = (size_t)luaL_checkinteger(L, 2);
        size = (size_t)luaL_checkinteger(L, 3);
        luaL_argcheck(L, from >= 1 && size <= body->size && from <= size + 1, 2, "out of the body");
        size = size + 1 - from;
        data = size == 0 ? "" : body->data + from - 1;
    }
    if (!cvk_flow_give(flow, data, size))
        return luaL_error(L, "not enough memory");
    return 0;
}

/* Call:prepared_size(): how many bytes of the body were prepared. */
static int call_prepared_size(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)cvk_call_check(L)->exchange->request.body.size);
    return 1;
}

/* Call:absorb(): the body that was given as a whole becomes the request's own. */
static int call_absorb(lua_State *L)
{
    cvk_flow *flow = check_flow(L);
    cvk_buffer *body = &cvk_call_check(L)->exchange->request.body, before = *body;
    *body = flow->given;
    flow->given = before;
    flow->uploads = false;
    return 0;
}

/* Call:was_read(): whether any of the body that was given may be on its way. */
static int call_was_read(lua_State *L)
{
    lua_pushboolean(L, check_flow(L)->was_read);
    return 1;
}

/* Call:begin_again(): the body is given anew from its beginning. */
static int call_begin_again(lua_State *L)
{
    cvk_flow_begin_again(check_flow(L));
    return 0;
}

void cvk_lua_pieces_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"absorb", call_absorb},
        {"prepared_size", call_prepared_size},
        {"awaited", call_awaited},
        {"begin_again", call_begin_again},
        {"by_pieces", call_by_pieces},
        {"flow", call_flow},
        {"give", call_give},
        {"hungry", call_hungry},
        {"take", call_take},
        {"was_read", call_was_read},
        {NULL, NULL},
    };
    luaL_getmetatable(L, CVK_CALL_TYPE);
    cvk_lua_engine_push(L);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, methods, 2);
    lua_pop(L, 1);
}
