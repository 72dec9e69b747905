/*
 * Calls once they are prepared: submitted, waited for and read.
 */
#include "lua/call.h"

#include "lua/client.h"
#include "http/credential.h"
#include "transfer/handle.h"
#include "transfer/forks.h"
#include "lua/decode.h"
#include "http/headers.h"

#include <math.h>
#include <strings.h>

cvk_call *cvk_call_check(lua_State *L)
{
    cvk_call *call = lua_touserdata(L, 1);
    /* The methods have their metatable as an upvalue: quicker to compare with than by its name. */
    if (call == NULL || !lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(2)))
        call = luaL_checkudata(L, 1, CVK_CALL_TYPE); /* raises */
    lua_pop(L, 1);
    luaL_argcheck(L, call->exchange != NULL && call->exchange->settings != NULL, 1, "call is over");
    return call;
}

/* ---- the life of a call ------------------------------------------------------------------------ */

void cvk_call_clear(cvk_kept *kept)
{
    cvk_call *call = (cvk_call *)kept;
    cvk_lua_delist(kept);
    cvk_exchange_release(call->exchange);
    call->exchange = NULL;
}

static int call_gc(lua_State *L)
{
    cvk_call *call = luaL_checkudata(L, 1, CVK_CALL_TYPE);
    /* In flight only what nobody waits for and goes by pieces can be collected. */
    if (call->exchange != NULL && call->exchange->stage == CVK_IN_FLIGHT && call->kept.anchor == 0)
        cvk_lua_drop(L, &call->kept);
    cvk_call_clear(&call->kept);
    return 0;
}

/* Raises unless the exchange may be filled anew. libcurl may still use that of a cancelled call. */
static void check_rest(lua_State *L, const cvk_exchange *exchange)
{
    luaL_argcheck(L, exchange->stage != CVK_IN_FLIGHT, 1, "call is in flight");
    luaL_argcheck(L, exchange->failure != CVK_CANCELLED, 1, "call was cancelled");
}

/* Whether the call has finished and core.finished() has not returned it yet. A call that a fork has
 * ended is never returned there. */
static bool is_in_row(const cvk_call *call)
{
    const cvk_exchange *exchange = call->exchange;
    return exchange->stage == CVK_FINISHED && call->kept.anchor != 0 &&
           exchange->failure != CVK_CANCELLED;
}

/* Waits for a call in flight that goes by pieces and that nobody waits for. Returns as submit does. */
static int await_pieces(lua_State *L, cvk_call *call, cvk_engine *engine, int64_t timeout)
{
    luaL_argcheck(L, call->kept.anchor == 0, 1, "call is waited for already");
    cvk_lua_anchor(L, 1, 3, &call->kept);
    cvk_engine_await(engine, call->kept.transfer, call->kept.anchor, timeout);
    lua_pushinteger(L, call->kept.anchor);
    return 1;
}

/*
 * Call:submit(seconds, waiter): sends the call, which may take so many seconds in all; one in flight that
 * goes by pieces is waited for, for so long, until there is something to do. `waiter` is the
 * token of the coroutine that waits for it, which core.finished() returns again; or nil. Returns a
 * number from 1 that no other call in flight has; or nil and why it was not sent: memory ran out.
 * Raises where the call is in flight, finished but not taken, or cancelled.
 */
static int call_submit(lua_State *L)
{
    cvk_call *call = cvk_call_check(L);
    double seconds = luaL_checknumber(L, 2);
    int64_t timeout = seconds * 1e6 < 1 ? 1 : (int64_t)fmin(ceil(seconds * 1e6), 1e12);
    cvk_engine *engine = cvk_lua_engine(L);
    if (call->exchange->flow != NULL && call->exchange->stage == CVK_IN_FLIGHT)
        return await_pieces(L, call, engine, timeout);
    check_rest(L, call->exchange);
    luaL_argcheck(L, !is_in_row(call), 1, "call is not handed over yet");
    if (engine == NULL) {
        lua_pushnil(L);
        lua_pushstring(L, CVK_NO_ENGINE);
        return 2;
    }
    cvk_lua_anchor(L, 1, 3, &call->kept);
    call->kept.transfer = cvk_engine_submit(engine, call->exchange, call->kept.anchor, timeout);
    if (call->kept.transfer != NULL) {
        lua_pushinteger(L, call->kept.anchor);
        return 1;
    }
    cvk_lua_release(L, &call->kept);
    lua_pushnil(L);
    lua_pushstring(L, "not enough memory");
    return 2;
}

/*
 * Call:wait(seconds): drives the engine until the call is finished, or has something to do if it goes by
 * pieces, for at most so many seconds. Returns whether it is; core.finished() does not return it then. Returns false also when another call
 * has finished, and after a signal, so that Lua can look.
 */
static int call_wait(lua_State *L)
{
    cvk_call *call = cvk_call_check(L);
    const cvk_exchange *exchange = call->exchange;
    double seconds = luaL_checknumber(L, 2);
    cvk_engine *engine = cvk_lua_engine(L); /* after a fork it ends the parent's calls */
    if (exchange->stage == CVK_IN_FLIGHT)
        cvk_engine_wait(engine, (int)ceil(fmin(seconds, 3600) * 1000));
    bool finished = exchange->stage == CVK_FINISHED;
    if (is_in_row(call)) {
        cvk_engine_take(engine, call->kept.transfer);
        call->kept.transfer = NULL;
        cvk_lua_release(L, &call->kept);
    } else if (exchange->flow != NULL && !finished &&
               cvk_engine_hear(engine, call->kept.transfer) != 0) {
        cvk_lua_release(L, &call->kept);
        finished = true;
    }
    lua_pushboolean(L, finished);
    return 1;
}

/* Call:is_of(client): whether it was prepared by that client, and is not over. */
static int call_is_of(lua_State *L)
{
    const cvk_call *call = luaL_checkudata(L, 1, CVK_CALL_TYPE);
    const cvk_client *client = luaL_checkudata(L, 2, CVK_CLIENT_TYPE);
    lua_pushboolean(L, call->exchange != NULL && call->exchange->settings != NULL &&
                           call->exchange->settings == client->settings);
    return 1;
}

/* Call:renew(client): its request carries the credential that the client has now. */
static int call_renew(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    const cvk_client *client = luaL_checkudata(L, 2, CVK_CLIENT_TYPE);
    size_t set = exchange->request.operation->security;
    check_rest(L, exchange);
    cvk_credential *credential =
        set > 0 && set <= client->set_count ? client->sets[set - 1] : client->credential;
    cvk_credential_retain(credential);
    cvk_credential_release(exchange->request.credential);
    exchange->request.credential = credential;
    return 0;
}

/*
 * Call:set_header(name, value): its request carries this header from now on, in place of one of the same
 * name. Where there is no memory for it the request is not sent, which fails for that reason.
 */
static int call_set_header(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    size_t size;
    const char *name = luaL_checkstring(L, 2), *value = luaL_checklstring(L, 3, &size);
    check_rest(L, exchange);
    const char *fault = cvk_request_header(&exchange->request, name, value, size);
    return fault == NULL ? 0 : luaL_error(L, "the header %s %s", name, fault);
}

/* Call:url(): where its request goes, without the credential. */
static int call_url(lua_State *L)
{
    const cvk_buffer *url = &cvk_call_check(L)->exchange->request.url;
    lua_pushlstring(L, url->data, url->size);
    return 1;
}

/* Call:done(): whether there is something to read. */
static int call_done(lua_State *L)
{
    lua_pushboolean(L, cvk_call_check(L)->exchange->stage == CVK_FINISHED);
    return 1;
}

/*
 * Call:revoked(): whether it was cancelled, in flight or not; and whether it belongs to the process that
 * has forked this one. Such a call goes on there and counts as cancelled here.
 */
static int call_revoked(lua_State *L)
{
    const cvk_call *call = cvk_call_check(L);
    bool left = call->forks != cvk_forks();
    lua_pushboolean(L, left || call->revoked || call->exchange->failure == CVK_CANCELLED);
    lua_pushboolean(L, left);
    return 2;
}

/*
 * Call:cancel([interrupted]): ends the call now, as a failure of the kind "cancelled". `interrupted`: an
 * error has stopped what waited for it, and the failure's message says so. Returns the number that it
 * had in flight and the token of the coroutine that waits for it; nothing where it had none.
 */
static int call_cancel(lua_State *L)
{
    cvk_call *call = cvk_call_check(L);
    call->revoked = true;
    cvk_engine *engine = NULL;
    if (call->exchange->stage == CVK_IN_FLIGHT)
        engine = cvk_lua_engine(L); /* in the child of a fork this releases what is the parent's */
    int anchor = call->kept.anchor;
    lua_pushinteger(L, anchor);
    if (call->exchange->stage == CVK_IN_FLIGHT) {
        cvk_engine_cancel(engine, call->kept.transfer);
        call->kept.transfer = NULL;
        if (lua_toboolean(L, 2))
            call->exchange->reason =
                "interrupted: what waited for the call was stopped by an error";
        cvk_lua_release(L, &call->kept);
    } else if (anchor != 0) {
        cvk_lua_forget_waiter(L, anchor);
    }
    return anchor == 0 ? 0 : 2;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static const char *failure_name(cvk_failure failure)
{
    static const char *const names[] = {
        [CVK_FINE] = NULL,       [CVK_RESOLVE] = "resolve",     [CVK_CONNECT] = "connect",
        [CVK_TLS] = "tls",       [CVK_TIMEOUT] = "timeout",     [CVK_NETWORK] = "network",
        [CVK_DECODE] = "decode", [CVK_TOO_LARGE] = "too_large", [CVK_CANCELLED] = "cancelled",
        [CVK_MEMORY] = "memory",
    };
    return names[failure];
}

/*
 * Call:failure(): nil when an answer came; else the kind, a text for people, whether a part of
 * the request had left, and the status if one had come.
 */
static int call_failure(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    if (exchange->failure == CVK_FINE)
        return 0;
    if (exchange->libcurl_message.size > 0)
        cvk_credential_redact(exchange->request.credential, exchange->libcurl_message.data,
                              exchange->libcurl_message.size);
    const char *message = cvk_exchange_message(exchange);
    lua_pushstring(L, failure_name(exchange->failure));
    if (exchange->failure == CVK_TOO_LARGE)
        lua_pushfstring(L, "the answer is larger than %s",
                        exchange->head_too_large ? "headers may be" : "max_response_bytes allows");
    else if (exchange->failure == CVK_MEMORY)
        lua_pushstring(L, "not enough memory");
    else if (exchange->failure == CVK_TLS)
        lua_pushfstring(L, "%s (trusting %s)", message, cvk_handle_trust(exchange->settings));
    else
        lua_pushstring(L, message);
    lua_pushboolean(L, exchange->sent);
    if (exchange->status == 0)
        return 3;
    lua_pushinteger(L, exchange->status);
    return 4;
}

static bool is_blank(const cvk_buffer *body)
{
    for (size_t i = 0; i < body->size; i++)
        if (strchr(" \t\r\n", body->data[i]) == NULL || body->data[i] == '\0')
            return false;
    return true;
}

/* What an answer with that status holds. */
static const cvk_schema *answer_of(const cvk_operation *operation, int status)
{
    for (size_t i = 0; i < operation->answer_count; i++) {
        int of = operation->answers[i].status;
        if (of == status || of == 0 || of == status / 100)
            return &operation->answers[i].schema;
    }
    return &operation->answer;
}

/* Whether an answer says that it is JSON. */
static bool says_json(const cvk_buffer *headers)
{
    size_t size;
    const char *type = cvk_headers_media_type(headers, &size);
    return type != NULL && ((size == 16 && strncasecmp(type, "application/json", size) == 0) ||
                            (size > 5 && strncasecmp(type + size - 5, "+json", 5) == 0));
}

/* Pushes an answer that is no JSON as it is. Returns whether it was one: a success with a body. */
static bool push_raw_answer(lua_State *L, const cvk_exchange *exchange, bool success)
{
    if (!success || exchange->body.size == 0 || says_json(&exchange->headers))
        return false;
    lua_pushlstring(L, exchange->body.data, exchange->body.size);
    return true;
}

/*
 * Call:answer(): the status, the decoded body, and what is wrong with the body: nil, "empty" or a
 * text for people; nothing when no answer came, see Call:failure().
 */
static int call_answer(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    if (exchange->failure != CVK_FINE)
        return 0;
    bool success = exchange->status >= 200 && exchange->status < 300;
    lua_settop(L, 1);
    lua_pushinteger(L, exchange->status);
    if (exchange->request.operation->typed_answer && push_raw_answer(L, exchange, success))
        return 2;
    if (is_blank(&exchange->body)) {
        lua_pushnil(L);
        lua_pushstring(L, "empty");
        return 3;
    }
    static const cvk_schema any = {.kind = CVK_ANY};
    const cvk_operation *operation = exchange->request.operation;
    bool convex = operation->envelope != CVK_PLAIN;
    bool shaped = success || (convex && exchange->status == 560);
    bool around = shaped && operation->envelope != CVK_CONVEX_EACH;
    cvk_answer_form form = !convex  ? CVK_ANSWER_PLAIN
                           : around ? CVK_ANSWER_ENVELOPED
                                    : CVK_ANSWER_CONVEX;
    if (cvk_model_read(L, exchange->body.data, exchange->body.size,
                       shaped ? answer_of(operation, exchange->status) : &any, form))
        return 2;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 3;
}

/* Call:protocol(): the version of HTTP that the answer came by, such as "1.1" or "2"; nil: not known. */
static int call_protocol(lua_State *L)
{
    static const char start[] = "HTTP/";
    const cvk_buffer *headers = &cvk_call_check(L)->exchange->headers;
    size_t at = sizeof start - 1, end = at;
    if (headers->size < at || memcmp(headers->data, start, at) != 0)
        return 0;
    while (end < headers->size && headers->data[end] > ' ')
        end++;
    lua_pushlstring(L, headers->data + at, end - at);
    return 1;
}

/* Call:body([most]): the raw answer, or its first `most` bytes, without secrets. */
static int call_body(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    size_t most = lua_isnoneornil(L, 2) ? SIZE_MAX : (size_t)luaL_checkinteger(L, 2);
    cvk_credential_redact(exchange->request.credential, exchange->body.data, exchange->body.size);
    lua_pushlstring(L, exchange->body.size == 0 ? "" : exchange->body.data,
                    exchange->body.size < most ? exchange->body.size : most);
    return 1;
}

/* Pushes a table of all headers by lower-case name, repeated ones joined by ", ". */
static void push_headers(lua_State *L, const cvk_buffer *headers)
{
    lua_newtable(L);
    size_t position = 0, name_size, size;
    const char *name, *value;
    while (cvk_headers_next(headers, &position, &name, &name_size, &value, &size)) {
        luaL_Buffer lower;
        luaL_buffinit(L, &lower);
        for (size_t i = 0; i < name_size; i++)
            luaL_addchar(&lower, (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]));
        luaL_pushresult(&lower);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_pushlstring(L, value, size);
        } else {
            lua_pushstring(L, ", ");
            lua_pushlstring(L, value, size);
            lua_concat(L, 3);
        }
        lua_rawset(L, -3);
    }
}

/* Strikes secrets out of the headers, once for an answer: they may be many, and be asked for one by one. */
static void redact_headers(cvk_exchange *exchange)
{
    if (exchange->headers_struck)
        return;
    cvk_credential_redact(exchange->request.credential, exchange->headers.data,
                          exchange->headers.size);
    exchange->headers_struck = exchange->stage == CVK_FINISHED;
}

/* Call:headers(): all headers by lower-case name, without secrets. */
static int call_headers(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    redact_headers(exchange);
    push_headers(L, &exchange->headers);
    return 1;
}

/* The text at 1 as a buffer to look at. */
static cvk_buffer check_text(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    cvk_buffer view = {.size = size};
    memcpy(&view.data, &text, sizeof text); /* nobody writes through it */
    return view;
}

/* core.headers(text): what Call:headers() returns, made of the text that Call:retire() gave. */
int cvk_core_headers(lua_State *L)
{
    const cvk_buffer headers = check_text(L);
    push_headers(L, &headers);
    return 1;
}

static int push_header(lua_State *L, const cvk_buffer *headers)
{
    size_t size;
    const char *value = cvk_headers_find(headers, luaL_checkstring(L, 2), &size);
    if (value == NULL)
        return 0;
    lua_pushlstring(L, value, size);
    return 1;
}

/* Call:header(name): the value of one header, without secrets, or nil. */
static int call_header(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    redact_headers(exchange);
    return push_header(L, &exchange->headers);
}

/* core.header(text, name): what Call:header() returns, found in the text that Call:retire() gave. */
int cvk_core_header(lua_State *L)
{
    const cvk_buffer headers = check_text(L);
    return push_header(L, &headers);
}

/*
 * Call:retire(meta, metatable): the call has been read and is over; it may come back as another one.
 * Returns the table `meta`, with that metatable and at 1 the raw header lines without secrets, for
 * core.header and core.headers.
 */
static int call_retire(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    lua_setmetatable(L, 2);
    redact_headers(exchange);
    lua_pushlstring(L, exchange->headers.size == 0 ? "" : exchange->headers.data,
                    exchange->headers.size);
    lua_rawseti(L, 2, 1);
    if (cvk_exchange_retire(exchange))
        cvk_lua_keep_spare(L, 1);
    return 1;
}

void cvk_lua_push_redacted(lua_State *L, int index, const cvk_credential *credential)
{
    size_t size;
    const char *text = luaL_checklstring(L, index, &size);
    char *copy = lua_newuserdata(L, size + 1);
    memcpy(copy, text, size);
    cvk_credential_redact(credential, copy, size);
    lua_pushlstring(L, copy, size);
}

/* Call:redact(text): the text without secrets. */
static int call_redact(lua_State *L)
{
    cvk_lua_push_redacted(L, 2, cvk_call_check(L)->exchange->request.credential);
    return 1;
}

/* Call:retry_after(): seconds, or nil. */
static int call_retry_after(lua_State *L)
{
    double seconds = cvk_headers_retry_after(&cvk_call_check(L)->exchange->headers, time(NULL));
    if (seconds < 0)
        return 0;
    cvk_pushinteger(L, (int64_t)fmin(seconds, 1e15));
    return 1;
}

static void set_seconds(lua_State *L, const char *name, int64_t microseconds)
{
    if (microseconds <= 0)
        return;
    lua_pushnumber(L, (lua_Number)microseconds / 1000000);
    lua_setfield(L, -2, name);
}

/*
 * Call:phases(): a table of the seconds from the call's beginning to where phases were over: resolved,
 * connected, secured, answered; those that it came to. For clients that were made with times_phases.
 */
static int call_phases(lua_State *L)
{
    const cvk_phases *phases = &cvk_call_check(L)->exchange->phases;
    lua_createtable(L, 0, 4);
    set_seconds(L, "resolved", phases->resolved);
    set_seconds(L, "connected", phases->connected);
    set_seconds(L, "secured", phases->secured);
    set_seconds(L, "answered", phases->answered);
    return 1;
}

/* ---- other transports ---------------------------------------------------------------------------- */

/* Adds the header lines to the table on top; `Name: value` with each closing zero. */
static void push_lines(lua_State *L, const cvk_buffer *lines)
{
    for (size_t i = 0; i < lines->size; i += strlen(lines->data + i) + 1) {
        const char *line = lines->data + i, *colon = strchr(line, ':');
        lua_pushlstring(L, line, (size_t)(colon - line));
        lua_pushstring(L, colon + 2);
        lua_rawset(L, -3);
    }
}

/*
 * Call:request(): the request as a plain table { method =, url =, headers =, body = }, for people
 * and for other transports; the credential is redacted in it.
 */
static int call_request(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    const cvk_request *request = &exchange->request;
    cvk_buffer *address = &exchange->address; /* freed with it, whatever Lua raises meanwhile */
    lua_createtable(L, 0, 5);
    lua_pushstring(L, cvk_method_name(request->operation->method));
    lua_setfield(L, -2, "method");
    cvk_buffer_clear(address);
    cvk_request_address(request, false, address);
    if (address->failed)
        return luaL_error(L, "not enough memory");
    lua_pushlstring(L, address->data, address->size);
    lua_setfield(L, -2, "url");
    lua_newtable(L);
    if (request->base != NULL)
        push_lines(L, request->base);
    push_lines(L, &request->headers);
    if (request->credential != NULL)
        push_lines(L, &request->credential->redacted);
    lua_setfield(L, -2, "headers");
    if (request->has_body) {
        lua_pushlstring(L, request->body.data, request->body.size);
        lua_setfield(L, -2, "body");
    }
    return 1;
}

/*
 * Call:respond(status, headers, body): what another transport brought; the call is done.
 * status: integer; headers: table by name, or nil; body: string or nil.
 */
static int call_respond(lua_State *L)
{
    cvk_exchange *exchange = cvk_call_check(L)->exchange;
    check_rest(L, exchange);
    cvk_exchange_reset(exchange);
    exchange->status = (int)luaL_checkinteger(L, 2);
    if (lua_istable(L, 3)) {
        for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
            if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1))
                return luaL_argerror(L, 3, "headers must be texts by name");
            cvk_buffer_add_string(&exchange->headers, lua_tostring(L, -2));
            cvk_buffer_add_string(&exchange->headers, ": ");
            lua_pushvalue(L, -1);
            cvk_buffer_add_string(&exchange->headers, lua_tostring(L, -1));
            cvk_buffer_add_string(&exchange->headers, "\r\n");
            lua_pop(L, 1);
        }
    }
    size_t size;
    const char *body = luaL_optlstring(L, 4, "", &size);
    if (size > exchange->settings->max_response_bytes)
        exchange->failure = CVK_TOO_LARGE;
    else
        cvk_buffer_add(&exchange->body, body, size);
    if (exchange->headers.failed || exchange->body.failed)
        return luaL_error(L, "not enough memory");
    exchange->sent = true;
    exchange->stage = CVK_FINISHED;
    return 0;
}

/* core.calls(): an array of the calls in flight. */
int cvk_core_calls(lua_State *L)
{
    int count = 0;
    cvk_lua_leave_parent(L);
    lua_newtable(L);
    cvk_lua_push_anchors(L);
    for (lua_pushnil(L); lua_next(L, -2);) {
        const cvk_call *call = lua_touserdata(L, -1); /* NULL: a free place */
        if (call != NULL && call->exchange != NULL && call->exchange->stage == CVK_IN_FLIGHT)
            lua_rawseti(L, -4, ++count);
        else
            lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return 1;
}

void cvk_call_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"answer", call_answer},
        {"body", call_body},
        {"cancel", call_cancel},
        {"done", call_done},
        {"failure", call_failure},
        {"header", call_header},
        {"headers", call_headers},
        {"is_of", call_is_of},
        {"phases", call_phases},
        {"protocol", call_protocol},
        {"redact", call_redact},
        {"renew", call_renew},
        {"request", call_request},
        {"respond", call_respond},
        {"retire", call_retire},
        {"retry_after", call_retry_after},
        {"revoked", call_revoked},
        {"set_header", call_set_header},
        {"submit", call_submit},
        {"url", call_url},
        {"wait", call_wait},
        {"__gc", call_gc},
        {NULL, NULL},
    };
    luaL_newmetatable(L, CVK_CALL_TYPE);
    lua_insert(L, -2);
    lua_pushvalue(L, -2);
    luaL_setfuncs(L, methods, 2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
