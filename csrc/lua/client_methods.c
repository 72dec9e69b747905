#include "lua/client_methods.h"

#include "base/uri.h"
#include "http/credential.h"
#include "http/headers.h"
#include "lua/call.h"
#include "lua/client.h"
#include "lua/document.h"
#include "lua/engine.h"
#include "lua/prepare.h"
#include "lua/prepare_free.h"
#include "transfer/libcurl.h"

#include <math.h>
#include <stdlib.h>

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
    for (size_t i = 0; i < client->set_count; i++)
        cvk_credential_release(client->sets[i]);
    free(client->sets);
    cvk_buffer_free(&client->address);
    *client = (cvk_client){0};
    return 0;
}

/* Client:redact(text): the text without the client's secrets. */
static int client_redact(lua_State *L)
{
    cvk_lua_push_redacted(L, 2, check_client(L)->credential);
    return 1;
}

/* Client:calls(): an array of its calls in flight. */
static int client_calls(lua_State *L)
{
    const cvk_client *client = check_client(L);
    int count = 0;
    lua_settop(L, 1);
    lua_newtable(L);
    cvk_lua_push_anchors(L);
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
    const char *fault = cvk_header_lines_set(lines, name, value, strlen(value));
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
 * What is wrong with the base address at `index`, or NULL. What decides on an address, such as
 * whether a credential may go there, rests on there being no fault: libcurl would take a text
 * without a scheme for plain http. Raises if the value is no string.
 */
static const char *address_fault(lua_State *L, int index)
{
    const char *address = luaL_checkstring(L, index);
    return strlen(address) == cvk_rawlen(L, index) ? cvk_uri_fault(address) : "holds a zero byte";
}

/* The API that the argument names, or that a document describes. */
static const cvk_api *check_api(lua_State *L, int index, cvk_document **document)
{
    *document = cvk_lua_document(L, index);
    const cvk_api *api =
        *document != NULL ? cvk_document_api(*document) : cvk_find_api(luaL_checkstring(L, index));
    luaL_argcheck(L, api != NULL, index, "no such API");
    return api;
}

/*
 * core.client(api, settings): `api` is a name or a document; settings are address, user_agent, connect_timeout (seconds),
 * max_response_bytes, max_in_flight (0: any number), http_version (0, 1 or 2), allow_http (boolean)
 * and, if wanted, times_phases (see Call:phases()), own_servers (operations of a document go to servers of their own), proxy, ca_file, cert, key, headers (a table that goes with every request).
 * Loads libcurl, where it is not yet; if that cannot be, returns nil and why. Raises for an address
 * with a fault, see core.address().
 */
static int core_client(lua_State *L)
{
    char why[CVK_LIBCURL_WORDS];
    cvk_document *document;
    const cvk_api *api = check_api(L, 1, &document);
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
    if (document != NULL)
        settings->document = cvk_document_retain(document);
    settings->connect_timeout =
        (long)fmin(fmax(1, number_field(L, 2, "connect_timeout") * 1000), 1e9);
    settings->max_response_bytes = size_field(L, 2, "max_response_bytes");
    settings->max_in_flight = size_field(L, 2, "max_in_flight");
    settings->http_version = (int)number_field(L, 2, "http_version");
    settings->proxy = copy_field(L, 2, "proxy");
    settings->ca_file = copy_field(L, 2, "ca_file");
    settings->cert = copy_field(L, 2, "cert");
    settings->key = copy_field(L, 2, "key");
    lua_getfield(L, 2, "allow_http");
    settings->allow_http = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    lua_getfield(L, 2, "times_phases");
    settings->times_phases = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    lua_getfield(L, 2, "own_servers");
    client->own_servers = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    lua_getfield(L, 2, "address");
    const char *fault = address_fault(L, lua_gettop(L));
    if (fault != NULL)
        return luaL_error(L, "the address %s", fault);
    cvk_buffer_add_string(&client->address, lua_tostring(L, -1));
    lua_pop(L, 1);
    write_lines(L, 2, api, &settings->lines);
    cvk_buffer_add(&settings->lines_with_body, settings->lines.data, settings->lines.size);
    set_line(L, &settings->lines_with_body, "Content-Type", "application/json");
    if (cvk_buffer_string(&client->address) == NULL || settings->lines.failed ||
        settings->lines_with_body.failed)
        return luaL_error(L, "not enough memory");
    /* Plain http to this machine stays on it, whatever proxy the environment names. */
    settings->no_proxy = cvk_uri_is_plain(client->address.data) &&
                         cvk_uri_is_loopback(client->address.data) && settings->proxy == NULL;
    client->api = api;
    return 1;
}

/* Pushes why a credential must not be sent to the client's address. Returns whether that is so. */
static bool push_exposure(lua_State *L, const cvk_client *client)
{
    const char *address = client->address.data;
    if (client->settings->allow_http ||
        !cvk_credential_is_exposed(address, client->settings->proxy))
        return false;
    lua_pushfstring(L,
                    "a credential does not go over plain http to %s%s; use https (or allow_http = "
                    "true)",
                    address, cvk_uri_is_loopback(address) ? " by a proxy" : "");
    return true;
}

/* Client:exposure(): why the client takes no credential, because others could read it; or nil. */
static int client_exposure(lua_State *L)
{
    const cvk_client *client = check_client(L);
    luaL_argcheck(L, client->api != NULL, 1, "closed client");
    return push_exposure(L, client) ? 1 : 0;
}

static size_t check_set(lua_State *L, const cvk_client *client, size_t set)
{
    if (set >= client->set_count)
        luaL_error(L, "no such set of credentials");
    return set;
}

/* Where a set of credentials is, from 0; there is room for it from now on. */
static cvk_credential **set_place(lua_State *L, cvk_client *client, size_t set)
{
    if (set >= 1000)
        luaL_error(L, "no such set of credentials");
    if (set >= client->set_count) {
        cvk_credential **sets = realloc(client->sets, (set + 1) * sizeof(cvk_credential *));
        if (sets == NULL) {
            luaL_error(L, "not enough memory");
            return NULL; /* never */
        }
        client->sets = sets;
        while (client->set_count <= set)
            sets[client->set_count++] = NULL;
    }
    return &client->sets[set];
}

/*
 * Client:credential(kind, value, partner, set): requests are sent with this credential from now on;
 * `set`: only those of the operations whose `security` is that number, at most 1000; nil: all others.
 * `kind` is the number of one that the catalogue lists for the API, from 1; `partner` the second
 * text of a kind that has two, such as a password. Returns true; or nil, what is wrong with a text,
 * without showing it, and whether that is the partner; or nil and why the client takes none, see
 * Client:exposure().
 */
static int client_credential(lua_State *L)
{
    cvk_client *client = check_client(L);
    luaL_argcheck(L, client->api != NULL, 1, "closed client");
    size_t kind = (size_t)luaL_checkinteger(L, 2) - 1, size, partner_size;
    luaL_argcheck(L, kind < client->api->auth_count, 2, "no such kind of credential");
    const cvk_auth *auth = &client->api->auths[kind];
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
    if (push_exposure(L, client)) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    size_t set = (size_t)luaL_optinteger(L, 5, 0);
    cvk_credential **place = set == 0 ? &client->credential : set_place(L, client, set - 1);
    cvk_buffer origin = {0};
    cvk_buffer_add(&origin, client->address.data, cvk_uri_origin_length(client->address.data));
    const char *text = cvk_buffer_string(&origin);
    cvk_credential *credential =
        text == NULL ? NULL : cvk_credential_new(auth, value, size, partner, partner_size, text);
    cvk_buffer_free(&origin);
    if (credential == NULL)
        return luaL_error(L, "not enough memory");
    cvk_credential_follow(credential, *place);
    *place = credential;
    lua_pushboolean(L, 1);
    return 1;
}

/*
 * Client:join(set, sets): the credential of a set, see Client:credential(), is that of several others
 * together, which an array of at most 4 numbers names. An empty array: it is none. `set` 0: that of all
 * operations that are of no set.
 */
static int client_join(lua_State *L)
{
    cvk_client *client = check_client(L);
    luaL_argcheck(L, client->api != NULL, 1, "closed client");
    size_t set = (size_t)luaL_checkinteger(L, 2);
    cvk_credential **place = set == 0 ? &client->credential : set_place(L, client, set - 1);
    cvk_credential *parts[4];
    size_t count = 0;
    for (; count < CVK_COUNT(parts) && count < cvk_rawlen(L, 3); count++) {
        lua_rawgeti(L, 3, (int)count + 1);
        parts[count] = client->sets[check_set(L, client, (size_t)lua_tointeger(L, -1) - 1)];
        luaL_argcheck(L, parts[count] != NULL, 3, "a set without a credential");
        lua_pop(L, 1);
    }
    cvk_credential *joined = NULL;
    if (count == 1)
        joined = cvk_credential_retain(parts[0]);
    else if (count > 1 && (joined = cvk_credential_join(parts, count)) == NULL)
        return luaL_error(L, "not enough memory");
    cvk_credential_release(*place);
    *place = joined;
    return 0;
}

/* core.address(text): what is wrong with a base address, or nil. */
static int core_address(lua_State *L)
{
    lua_pushstring(L, address_fault(L, 1));
    return 1;
}

void cvk_client_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"calls", client_calls},
        {"close", client_close},
        {"credential", client_credential},
        {"exposure", client_exposure},
        {"join", client_join},
        {"prepare", cvk_client_prepare},
        {"prepare_free", cvk_client_prepare_free},
        {"redact", client_redact},
        {"__gc", client_close},
        {NULL, NULL},
    };
    static const luaL_Reg functions[] = {
        {"address", core_address},
        {"client", core_client},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
    luaL_newmetatable(L, CVK_CLIENT_TYPE);
    cvk_lua_engine_push(L);
    luaL_setfuncs(L, methods, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_setfield(L, -2, "Client"); /* the methods, for Lua code that calls them often */
}
