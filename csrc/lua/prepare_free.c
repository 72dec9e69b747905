/*
 * Preparing a free request: any endpoint of an API, described by the caller.
 */
#include "lua/prepare_free.h"

#include "lua/encode.h"
#include "lua/prepare.h"
#include "lua/scalars.h"

#include <string.h>

/* Stack positions of Client:prepare_free's arguments and what it adds. */
enum {
    arg_client = 1,
    arg_method,
    arg_path,
    arg_query,
    arg_headers,
    arg_body,
    arg_type,
    top_faults, /* nil while there is none */
    top_call,
};

/* Versions of clang-format differ about this line. */
/* clang-format off */
#define FREE(of, ...) {.method = (of), .path = "", .answer = {.kind = CVK_ANY}, __VA_ARGS__}
/* clang-format on */

/* What is fixed about free requests: first those without a body, then those with one. */
static const cvk_operation free_operations[] = {
    FREE(CVK_GET),
    FREE(CVK_POST),
    FREE(CVK_PUT),
    FREE(CVK_PATCH),
    FREE(CVK_DELETE),
    FREE(CVK_HEAD),
    FREE(CVK_GET, .has_body = true),
    FREE(CVK_POST, .has_body = true),
    FREE(CVK_PUT, .has_body = true),
    FREE(CVK_PATCH, .has_body = true),
    FREE(CVK_DELETE, .has_body = true),
};

static const cvk_operation *find_operation(const char *method, bool has_body)
{
    for (size_t i = 0; i < CVK_COUNT(free_operations); i++) {
        const cvk_operation *operation = &free_operations[i];
        if (operation->has_body == has_body &&
            strcmp(cvk_method_name(operation->method), method) == 0)
            return operation;
    }
    return NULL;
}

/* Adds one value to the query: a string, a boolean, a number or an int64. */
static void add_to_query(cvk_walk *walk, cvk_request *request, const char *name, int index)
{
    static const cvk_schema string = {.kind = CVK_STRING}, boolean = {.kind = CVK_BOOLEAN},
                            number = {.kind = CVK_NUMBER};
    lua_State *L = walk->L;
    cvk_spot up = {.name = "query"}, spot = {.up = &up, .name = name};
    int type = lua_type(L, index);
    size_t size;
    const cvk_schema *schema = type == LUA_TSTRING    ? &string
                               : type == LUA_TBOOLEAN ? &boolean
                                                      : &number;
    if (!cvk_model_text(walk, &spot, index, schema))
        return;
    const char *text = lua_tolstring(L, -1, &size);
    cvk_request_query(request, name, text, size);
    lua_pop(L, 1);
}

static void add_query(cvk_walk *walk, cvk_request *request)
{
    lua_State *L = walk->L;
    size_t count = lua_istable(L, arg_query) ? cvk_rawlen(L, arg_query) : 0;
    for (size_t i = 1; i < count; i += 2) {
        lua_rawgeti(L, arg_query, (int)i);
        lua_rawgeti(L, arg_query, (int)i + 1);
        add_to_query(walk, request, luaL_checkstring(L, -2), lua_gettop(L));
        lua_pop(L, 2);
    }
}

/* The body, and of what type it is where the caller says that. */
static void add_body(cvk_walk *walk, cvk_request *request)
{
    static const cvk_schema any = {.kind = CVK_ANY};
    lua_State *L = walk->L;
    size_t size;
    cvk_spot spot = {.name = "body"};
    if (lua_type(L, arg_body) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, arg_body, &size);
        cvk_buffer_add(&request->body, text, size);
    } else if (!lua_isnil(L, arg_body)) {
        cvk_model_write(walk, &spot, arg_body, &any);
    }
    if (lua_type(L, arg_type) == LUA_TSTRING) {
        const char *type = lua_tolstring(L, arg_type, &size);
        const char *fault = cvk_request_header(request, "Content-Type", type, size);
        cvk_spot up = {.name = "headers"}, header = {.up = &up, .name = "Content-Type"};
        if (fault != NULL)
            cvk_model_fault(walk, &header, "%s", fault);
    }
}

/*
 * Client:prepare_free(method, path, query, headers, body, type)
 *   method: "GET", "POST", "PUT", "PATCH", "DELETE" or "HEAD"; path: string, below the client's
 *   address; query: array of name, value, name, value, ... or nil; headers: table or nil; body: a
 *   string is sent as it is, any other value as JSON; nil: none; type: string, the body's
 *   Content-Type, or nil: JSON's.
 * Returns a call, or nil and an array of { field =, message = }.
 */
int cvk_client_prepare_free(lua_State *L)
{
    cvk_client *client = luaL_checkudata(L, arg_client, CVK_CLIENT_TYPE);
    luaL_argcheck(L, client->api != NULL, arg_client, "closed client");
    const char *method = luaL_checkstring(L, arg_method);
    size_t size;
    const char *path = luaL_checklstring(L, arg_path, &size);
    lua_settop(L, top_faults);
    const cvk_operation *operation = find_operation(method, !lua_isnil(L, arg_body));
    luaL_argcheck(L, operation != NULL, arg_method, "no such method, or none with a body");
    cvk_call *call = cvk_prepare_call(L, client);
    cvk_request *request = &call->exchange->request;
    cvk_walk walk = {.L = L,
                     .out = &request->body,
                     .faults = top_faults,
                     .convex = client->api->error_shape == CVK_ERRORS_CONVEX};
    const cvk_settings *settings = client->settings;
    cvk_request_begin(request, operation, &client->address,
                      operation->has_body ? &settings->lines_with_body : &settings->lines,
                      client->credential);
    const char *fault = cvk_request_free_path(request, path, size);
    cvk_spot spot = {.name = "path"};
    if (fault != NULL)
        cvk_model_fault(&walk, &spot, "%s", fault);
    add_query(&walk, request);
    add_body(&walk, request);
    cvk_prepare_headers(&walk, request, arg_headers);
    if (walk.fault_count > 0) {
        lua_pushnil(L);
        lua_pushvalue(L, top_faults);
        return 2;
    }
    if (cvk_request_failed(request))
        return luaL_error(L, "not enough memory");
    return 1;
}
