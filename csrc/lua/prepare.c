/*
 * Preparing a call: a client's prepare() fills a request from Lua values.
 */
#include "lua/prepare.h"
#include "http/headers.h"

#include "transfer/forks.h"

#include "lua/call.h"
#include "lua/client.h"
#include "lua/encode.h"
#include "lua/parts.h"
#include "lua/scalars.h"

/* Stack positions of Client:prepare's arguments and what it adds. */
enum {
    arg_client = 1,
    arg_operation,
    arg_params,
    arg_defaults,
    arg_headers,
    arg_allow_empty,
    arg_path,
    arg_sources,
    top_faults, /* nil while there is none */
    top_call,
};

typedef struct preparation {
    lua_State *L;
    const cvk_operation *operation;
    cvk_request *request;
    cvk_walk walk;
    size_t given;                  /* parameters found in `params` */
    int paths;                     /* path values so far */
    bool has_params, has_defaults; /* whether these are tables */
    bool first_field;              /* of the body */
    bool skips_body;               /* it may be absent, and nothing of it is given */
    bool body_given;               /* a value for the body, or for a field of it, was given */
    cvk_parts parts;
} preparation;

/* Pushes a member of the table at `index`. Returns whether it is not nil. */
static bool push_raw(lua_State *L, int index, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, index);
    return !lua_isnil(L, -1);
}

/* Pushes a member of what stands at `index`, nil when that is no table. */
static void push_member(lua_State *L, int index, const char *name)
{
    if (lua_istable(L, index))
        push_raw(L, index, name);
    else
        lua_pushnil(L);
}

static bool is_given(lua_State *L, const char *name)
{
    push_member(L, arg_params, name);
    bool given = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return given;
}

/* A client's default steps back when the caller gave what excludes it. */
static bool is_excluded(const preparation *p, const char *name)
{
    for (size_t i = 0; i < p->operation->exclusion_count; i++) {
        const cvk_exclusion *pair = &p->operation->exclusions[i];
        if ((strcmp(pair->one, name) == 0 && is_given(p->L, pair->other)) ||
            (strcmp(pair->other, name) == 0 && is_given(p->L, pair->one)))
            return true;
    }
    return false;
}

/* Pushes the value that stands in the path. Returns whether there is one. */
static bool push_path_value(preparation *p, const cvk_field *field, const cvk_spot *spot)
{
    lua_State *L = p->L;
    bool given = p->has_params && push_raw(L, arg_params, field->name);
    p->given += given;
    p->paths++;
    if (lua_istable(L, arg_path))
        lua_rawgeti(L, arg_path, p->paths);
    else if (p->paths == 1)
        lua_pushvalue(L, arg_path);
    else
        lua_pushnil(L);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return given;
    }
    if (given)
        cvk_model_fault(&p->walk, spot, "is given twice");
    return true;
}

/*
 * Pushes the value of a parameter, the caller's or the client's default. Returns whether there is
 * one; where there is none it may have pushed a nil, which the caller drops with the rest.
 */
static bool push_param(preparation *p, const cvk_field *field, const cvk_spot *spot)
{
    lua_State *L = p->L;
    if (field->place == CVK_PATH)
        return push_path_value(p, field, spot);
    if (p->has_params && push_raw(L, arg_params, field->name)) {
        p->given++;
        return true;
    }
    return p->has_defaults && !is_excluded(p, field->name) &&
           push_raw(L, arg_defaults, field->name);
}

/* Adds a field of a body that is no JSON, or the whole of it; the value is on top. */
static void add_other_body(preparation *p, const cvk_field *field, const cvk_spot *spot)
{
    size_t size;
    if (p->operation->body_form != CVK_BODY_RAW) {
        cvk_parts_field(&p->parts, field, spot);
    } else if (cvk_parts_source(&p->parts, lua_gettop(p->L))) {
        return;
    } else if (lua_type(p->L, -1) == LUA_TSTRING) {
        const char *text = lua_tolstring(p->L, -1, &size);
        cvk_buffer_add(&p->request->body, text, size);
    } else {
        cvk_fault_type(&p->walk, spot, lua_gettop(p->L),
                       "a string, a function, an open file or a table { data =, size = }");
    }
}

/* `given`: the value is on top. */
static void add_body_field(preparation *p, const cvk_field *field, const cvk_spot *spot, bool given)
{
    p->body_given = true;
    if (p->operation->body_form != CVK_BODY_JSON) {
        add_other_body(p, field, spot);
        return;
    }
    if (!p->operation->whole_body)
        cvk_model_key(&p->walk, field->name, strlen(field->name), &p->first_field);
    cvk_model_field(&p->walk, spot, field, given);
}

static const char *wire_name(const cvk_field *field)
{
    return field->wire != NULL ? field->wire : field->name;
}

static void add_text(preparation *p, const cvk_field *field, const cvk_spot *spot)
{
    size_t size;
    if (field->style != NULL) {
        cvk_parts_param(&p->parts, field, spot);
        return;
    }
    if (!cvk_model_text(&p->walk, spot, lua_gettop(p->L), &field->schema))
        return;
    const char *text = lua_tolstring(p->L, -1, &size);
    const char *fault = field->place == CVK_PATH ? cvk_request_path(p->request, text, size)
                        : field->place == CVK_QUERY
                            ? cvk_request_query(p->request, wire_name(field), text, size)
                            : cvk_request_header(p->request, wire_name(field), text, size);
    if (fault != NULL)
        cvk_model_fault(&p->walk, spot, "%s", fault);
    lua_pop(p->L, 1);
}

/* Whether a body that may be absent is: none of its fields is given. */
static bool skips_body(const preparation *p)
{
    const cvk_operation *operation = p->operation;
    for (size_t i = 0; i < operation->param_count; i++)
        if (operation->params[i].place == CVK_BODY && is_given(p->L, operation->params[i].name))
            return false;
    return true;
}

static void add_params(preparation *p)
{
    const cvk_operation *operation = p->operation;
    for (size_t i = 0; i < operation->param_count; i++) {
        const cvk_field *field = &operation->params[i];
        cvk_spot spot = {.name = field->name};
        bool given = push_param(p, field, &spot);
        if (!given && field->required && !(p->skips_body && field->place == CVK_BODY))
            cvk_model_fault(&p->walk, &spot, "is required");
        else if (field->place == CVK_BODY && (given || field->filled))
            add_body_field(p, field, &spot, given);
        else if (given)
            add_text(p, field, &spot);
        lua_settop(p->L, top_call);
    }
}

/* Adds what params hold beside the parameters that are listed: fields of the body. */
static void add_rest(preparation *p)
{
    const cvk_operation *operation = p->operation;
    const cvk_model listed = {.fields = operation->params,
                              .field_count = operation->param_count,
                              .rest = operation->rest};
    if (operation->rest == NULL || !p->has_params)
        return;
    if (operation->body_form != CVK_BODY_JSON) {
        p->body_given |= cvk_parts_rest(&p->parts, arg_params, &listed);
        return;
    }
    bool none = p->first_field;
    cvk_model_write_rest(&p->walk, NULL, arg_params, &listed, &p->first_field);
    p->body_given |= none && !p->first_field;
}

/* What requests of documents have that others have not: a body that may be absent, or is no JSON. */
static void end_body(preparation *p)
{
    const cvk_operation *operation = p->operation;
    if (operation->accept != NULL)
        cvk_request_header(p->request, "Accept", operation->accept, strlen(operation->accept));
    if (!operation->has_body)
        return;
    if (operation->optional_body && !p->body_given) {
        cvk_buffer_clear(&p->request->body);
        p->request->has_body = false;
    } else {
        cvk_parts_end(&p->parts);
    }
}

static void add_body(preparation *p)
{
    cvk_buffer *body = &p->request->body;
    cvk_envelope envelope = p->operation->envelope;
    bool has_body = p->operation->has_body && !p->operation->whole_body;
    p->skips_body = p->operation->optional_body && skips_body(p);
    has_body = has_body && p->operation->body_form == CVK_BODY_JSON;
    if (has_body)
        cvk_buffer_add_string(body, envelope == CVK_CONVEX_RUN ? "{\"args\":{" : "{");
    add_params(p);
    add_rest(p);
    if (has_body)
        cvk_buffer_add_string(
            body, envelope == CVK_CONVEX_RUN     ? "},\"format\":\"convex_encoded_json\"}"
                  : envelope == CVK_CONVEX_NAMED ? ",\"format\":\"convex_encoded_json\"}"
                                                 : "}");
}

static void check_exclusions(preparation *p)
{
    lua_State *L = p->L;
    for (size_t i = 0; i < p->operation->exclusion_count; i++) {
        const cvk_exclusion *pair = &p->operation->exclusions[i];
        push_member(L, arg_params, pair->one);
        push_member(L, arg_params, pair->other);
        bool both = !lua_isnil(L, -1) && !lua_isnil(L, -2);
        if (both && !(pair->equal_is_fine && lua_rawequal(L, -1, -2))) {
            cvk_spot spot = {.name = pair->one};
            cvk_model_fault(&p->walk, &spot, "cannot be given together with %s%s", pair->other,
                            pair->equal_is_fine ? " unless they are the same" : "");
        }
        lua_pop(L, 2);
    }
}

/* Whether the value on top is a list without anything but blank texts. */
static bool is_blank_list(lua_State *L)
{
    if (!lua_istable(L, -1))
        return false;
    bool blank = true;
    for (size_t i = 1, count = cvk_rawlen(L, -1); i <= count && blank; i++) {
        lua_rawgeti(L, -1, (int)i);
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";
        blank = text[strspn(text, " \t\r\n")] == '\0';
        lua_pop(L, 1);
    }
    return blank;
}

static void refuse_blank(preparation *p, const cvk_spot *spot)
{
    if (is_blank_list(p->L))
        cvk_model_fault(&p->walk, spot,
                        "must not be empty (the option allow_empty = true "
                        "sends it all the same)");
}

/* A list that must not be empty, lest it matches everything; nor may be what its elements list. */
static void check_not_empty(preparation *p)
{
    lua_State *L = p->L;
    const char *name = p->operation->non_empty;
    if (name == NULL || lua_toboolean(L, arg_allow_empty))
        return;
    push_member(L, arg_params, name);
    cvk_spot whole = {.name = name};
    refuse_blank(p, &whole);
    size_t count = lua_istable(L, -1) ? cvk_rawlen(L, -1) : 0;
    for (size_t i = 1; i <= count; i++) {
        cvk_spot element = {.up = &whole, .index = (int64_t)i};
        cvk_spot spot = {.up = &element, .name = p->operation->non_empty_member};
        lua_rawgeti(L, -1, (int)i);
        push_member(L, lua_gettop(L), spot.name);
        refuse_blank(p, &spot);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

static void check_unknown(preparation *p)
{
    lua_State *L = p->L;
    size_t keys = 0;
    if (!lua_istable(L, arg_params))
        return;
    for (lua_pushnil(L); lua_next(L, arg_params); lua_pop(L, 1))
        keys++;
    if (keys > p->given && p->operation->rest == NULL) {
        const cvk_operation *operation = p->operation;
        lua_pushfstring(L, "%s%s%s", operation->resource == NULL ? "" : operation->resource,
                        operation->resource == NULL ? "" : ":", operation->verb);
        if (operation->whole_body && operation->param_count > 0) { /* the last one is the body */
            lua_pushfstring(L, "%s, whose body is the parameter %s", lua_tostring(L, -1),
                            operation->params[operation->param_count - 1].name);
            lua_remove(L, -2);
        }
        cvk_model_unknown(&p->walk, NULL, arg_params, p->operation->params,
                          p->operation->param_count, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
}

void cvk_prepare_headers(cvk_walk *walk, cvk_request *request, int index)
{
    lua_State *L = walk->L;
    if (!lua_istable(L, index))
        return;
    cvk_spot up = {.name = "headers"};
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            cvk_model_fault(walk, &up, "has a key that is no text");
            continue;
        }
        size_t name_size, size;
        const char *name = lua_tolstring(L, -2, &name_size), *value = NULL;
        cvk_spot spot = {.up = &up, .name = name};
        const char *fault = cvk_header_name_fault(name, name_size);
        if (fault == NULL && lua_type(L, -1) != LUA_TSTRING)
            fault = "must be a string";
        if (fault == NULL) {
            value = lua_tolstring(L, -1, &size);
            fault = cvk_request_header(request, name, value, size);
        }
        if (fault != NULL)
            cvk_model_fault(walk, &spot, "%s", fault);
    }
}

cvk_call *cvk_prepare_call(lua_State *L, const cvk_client *client)
{
    cvk_call *call = (cvk_call *)cvk_lua_take_spare(L); /* it begins with what is kept */
    if (call == NULL) {
        call = lua_newuserdata(L, sizeof *call);
        *call = (cvk_call){.kept = {.close = cvk_call_clear}};
        luaL_getmetatable(L, CVK_CALL_TYPE);
        lua_setmetatable(L, -2);
        cvk_lua_enlist(L, &call->kept);
        call->exchange = cvk_exchange_new();
    }
    if (call->exchange == NULL)
        luaL_error(L, "not enough memory");
    cvk_exchange_use(call->exchange, client->settings);
    call->revoked = false;
    call->forks = cvk_forks();
    return call;
}

/* Begins the request of an operation that a document describes. */
static void begin_of_document(preparation *p, const cvk_client *client, cvk_call *call)
{
    const cvk_operation *operation = p->operation;
    cvk_buffer address = client->address;
    if (operation->server != NULL && client->own_servers) {
        address = (cvk_buffer){.size = strlen(operation->server)};
        memcpy(&address.data, &operation->server, sizeof operation->server); /* it is only read */
    }
    cvk_credential *credential = operation->no_credential   ? NULL
                                 : operation->security == 0 ? client->credential
                                 : operation->security <= client->set_count
                                     ? client->sets[operation->security - 1]
                                     : NULL;
    cvk_spot spot = {.name = "url"};
    if (credential != NULL && operation->server != NULL && !client->settings->allow_http &&
        cvk_credential_is_exposed(address.data, client->settings->proxy))
        cvk_model_fault(&p->walk, &spot, "is plain http, over which no credential goes (%s)",
                        address.data);
    p->parts = (cvk_parts){.walk = &p->walk,
                           .request = p->request,
                           .scratch = &call->exchange->address,
                           .sources = lua_istable(p->L, arg_sources) ? arg_sources : 0};
    cvk_request_begin(p->request, operation, &address, &client->settings->lines, credential);
    cvk_parts_begin(&p->parts);
}

static void begin_request(preparation *p, const cvk_client *client, cvk_call *call)
{
    const cvk_settings *settings = client->settings;
    if (settings->document != NULL)
        begin_of_document(p, client, call);
    else
        cvk_request_begin(p->request, p->operation, &client->address,
                          p->operation->has_body ? &settings->lines_with_body : &settings->lines,
                          p->operation->no_credential ? NULL : client->credential);
}

/*
 * Client:prepare(operation, params, defaults, headers, allow_empty, path [, sources])
 *   operation: index in the API's table, from 0; params, defaults (values for parameters that are
 *   absent) and headers: tables or nil; allow_empty: boolean; path: the path value, or an array
 *   of them, where they are not among params; else nil; sources: a table to which each value that is
 *   to be read piece by piece is added, behind the number of bytes of the body before it; nil: there is none.
 * Returns a call, or nil and an array of { field =, message = }.
 */
int cvk_client_prepare(lua_State *L)
{
    cvk_client *client = luaL_checkudata(L, arg_client, CVK_CLIENT_TYPE);
    luaL_argcheck(L, client->api != NULL, arg_client, "closed client");
    size_t index = (size_t)luaL_checkinteger(L, arg_operation);
    luaL_argcheck(
        L, index < cvk_operation_count(client->api) && cvk_operation_at(client->api, index) != NULL,
        arg_operation, "no such operation");
    lua_settop(L, top_faults);
    cvk_call *call = cvk_prepare_call(L, client);
    preparation p = {
        .L = L,
        .operation = cvk_operation_at(client->api, index),
        .request = &call->exchange->request,
        .walk = {.L = L,
                 .out = &call->exchange->request.body,
                 .faults = top_faults,
                 .convex = client->api->error_shape == CVK_ERRORS_CONVEX},
        .has_params = lua_istable(L, arg_params),
        .has_defaults = lua_istable(L, arg_defaults),
        .first_field = true,
    };
    begin_request(&p, client, call);
    add_body(&p);
    if (client->settings->document != NULL)
        end_body(&p);
    cvk_prepare_headers(&p.walk, p.request, arg_headers);
    check_exclusions(&p);
    check_not_empty(&p);
    check_unknown(&p);
    if (p.walk.fault_count > 0) {
        lua_pushnil(L);
        lua_pushvalue(L, top_faults);
        return 2;
    }
    if (cvk_request_failed(p.request))
        return luaL_error(L, "not enough memory");
    return 1;
}
