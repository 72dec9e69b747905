#include "lua/catalogue.h"

#include "catalogue/catalogue.h"
#include "lua/compat.h"

#include <lauxlib.h>

#include <stdlib.h>
#include <string.h>

static void push_schema_members(lua_State *L, const cvk_schema *schema);

/* ---- members of the table on top of the stack ------------------------------------------------ */

static void set_string(lua_State *L, const char *key, const char *value)
{
    if (value == NULL)
        return;
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

static void set_boolean(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

static void set_true(lua_State *L, const char *key, bool value)
{
    if (value)
        set_boolean(L, key, true);
}

static void set_integer(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

static void set_strings(lua_State *L, const char *key, const char *const *values)
{
    if (values == NULL)
        return;
    lua_newtable(L);
    for (int i = 0; values[i] != NULL; i++) {
        lua_pushstring(L, values[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, key);
}

static void set_statuses(lua_State *L, const char *key, const short *values)
{
    lua_newtable(L);
    for (int i = 0; values[i] != 0; i++) {
        lua_pushinteger(L, values[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, key);
}

/* ---- types ----------------------------------------------------------------------------------- */

static const char *type_name(cvk_kind kind)
{
    switch (kind) {
    case CVK_STRING:
        return "string";
    case CVK_INTEGER:
        return "integer";
    case CVK_NUMBER:
        return "number";
    case CVK_BOOLEAN:
        return "boolean";
    case CVK_MODEL:
    case CVK_MAP:
    case CVK_OBJECT:
        return "object";
    case CVK_ARRAY:
        return "array";
    case CVK_ANY:
        return "any";
    case CVK_NULL:
        return "null";
    case CVK_EITHER:
        return "either";
    case CVK_UNION:
        return "union";
    }
    return NULL;
}

static const char *place_name(cvk_place place)
{
    switch (place) {
    case CVK_BODY:
        return "body";
    case CVK_PATH:
        return "path";
    case CVK_QUERY:
        return "query";
    case CVK_HEADER:
        return "header";
    case CVK_COOKIE:
        return "cookie";
    }
    return NULL;
}

/* The value that a default's JSON text stands for, or the text itself when that is no scalar. */
static void push_fallback(lua_State *L, const char *json)
{
    size_t length = strlen(json);
    char *end;
    double number = strtod(json, &end);
    if (length >= 2 && json[0] == '"' && strchr(json, '\\') == NULL)
        lua_pushlstring(L, json + 1, length - 2);
    else if (strcmp(json, "true") == 0 || strcmp(json, "false") == 0)
        lua_pushboolean(L, json[0] == 't');
    else if (length > 0 && *end == '\0' && strpbrk(json, ".eE") == NULL)
        lua_pushinteger(L, (lua_Integer)strtoll(json, NULL, 10));
    else if (length > 0 && *end == '\0')
        lua_pushnumber(L, (lua_Number)number);
    else
        lua_pushstring(L, json);
}

static void push_field(lua_State *L, const cvk_field *field, bool is_param)
{
    lua_createtable(L, 0, 6);
    set_string(L, "name", field->name);
    if (is_param)
        set_string(L, "where", place_name(field->place));
    set_boolean(L, "required", field->required);
    set_true(L, "listed", field->listed);
    set_true(L, "filled", field->filled);
    set_string(L, "summary", field->summary);
    set_string(L, "alias_of", field->alias_of);
    if (field->fallback != NULL) {
        push_fallback(L, field->fallback);
        lua_setfield(L, -2, "default");
    }
    push_schema_members(L, &field->schema);
}

static void push_fields(lua_State *L, const cvk_field *fields, size_t count, bool are_params)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_field(L, &fields[i], are_params);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

static void set_bound(lua_State *L, const char *key, const cvk_schema *schema, double bound)
{
    if (schema->kind == CVK_INTEGER) {
        set_integer(L, key, (lua_Integer)bound);
        return;
    }
    lua_pushnumber(L, (lua_Number)bound);
    lua_setfield(L, -2, key);
}

/* Registry key of the models' fields while the catalogue is being pushed; only its address counts. */
static const char models_key;

/* Sets the fields of a model, which many operations have in common: they share one table. */
static void set_model(lua_State *L, const cvk_model *model)
{
    set_string(L, "model", model->name);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &models_key);
    lua_rawgetp(L, -1, model);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        push_fields(L, model->fields, model->field_count, false);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, -3, model);
    }
    lua_setfield(L, -3, "fields");
    lua_pop(L, 1);
}

/* Adds what the schema says to the table on top: a parameter, a field, an answer or items. */
static void push_schema_members(lua_State *L, const cvk_schema *schema)
{
    luaL_checkstack(L, 8, "types of the catalogue");
    set_string(L, "type", type_name(schema->kind));
    set_true(L, "nullable", schema->nullable);
    if (schema->bounded_below)
        set_bound(L, "minimum", schema, schema->minimum);
    if (schema->bounded_above)
        set_bound(L, "maximum", schema, schema->maximum);
    if (schema->min_length > 0)
        set_integer(L, "min_length", (lua_Integer)schema->min_length);
    if (schema->max_length > 0)
        set_integer(L, "max_length", (lua_Integer)schema->max_length);
    set_strings(L, "enum", schema->words);
    set_strings(L, "also", schema->also);
    set_string(L, "format", schema->format);
    if (schema->model != NULL)
        set_model(L, schema->model);
    if (schema->items != NULL) {
        lua_createtable(L, 0, 4);
        push_schema_members(L, schema->items);
        lua_setfield(L, -2, "items");
    }
}

/* ---- operations ------------------------------------------------------------------------------ */

static const char *paging_name(cvk_paging paging)
{
    switch (paging) {
    case CVK_NO_PAGES:
        return NULL;
    case CVK_PAGES_BY_OFFSET:
        return "offset";
    case CVK_PAGES_BY_NEXT_PAGE:
        return "next_page";
    case CVK_PAGES_BY_NEXT_OFFSET:
        return "next_offset";
    case CVK_PAGES_BY_NUMBER:
        return "number";
    case CVK_PAGES_BY_SHORT_PAGE:
        return "short_page";
    }
    return NULL;
}

static const char *envelope_name(cvk_envelope envelope)
{
    switch (envelope) {
    case CVK_PLAIN:
        return NULL;
    case CVK_CONVEX_RUN:
        return "run";
    case CVK_CONVEX_NAMED:
        return "named";
    case CVK_CONVEX_EACH:
        return "each";
    }
    return NULL;
}

static void set_name(lua_State *L, const cvk_api *api, const cvk_operation *operation)
{
    if (operation->resource == NULL)
        lua_pushfstring(L, "%s.%s", api->name, operation->verb);
    else
        lua_pushfstring(L, "%s.%s.%s", api->name, operation->resource, operation->verb);
    lua_setfield(L, -2, "name");
}

static void set_path_params(lua_State *L, const cvk_operation *operation)
{
    lua_newtable(L);
    for (size_t i = 0; i < operation->param_count; i++) {
        if (operation->params[i].place != CVK_PATH)
            break; /* path parameters come first */
        lua_pushstring(L, operation->params[i].name);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "path_params");
}

static void set_exclusions(lua_State *L, const cvk_operation *operation)
{
    if (operation->exclusion_count == 0)
        return;
    lua_createtable(L, (int)operation->exclusion_count, 0);
    for (size_t i = 0; i < operation->exclusion_count; i++) {
        const cvk_exclusion *exclusion = &operation->exclusions[i];
        lua_createtable(L, 0, 3);
        set_string(L, "one", exclusion->one);
        set_string(L, "other", exclusion->other);
        set_boolean(L, "equal_is_fine", exclusion->equal_is_fine);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "exclusions");
}

/* Appends limits to the array on top: { count, per = seconds }, in the form of the option `rate`. */
static void append_limits(lua_State *L, const cvk_limit *limits, size_t count, bool shared)
{
    int before = (int)cvk_rawlen(L, -1);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 1, 3);
        lua_pushinteger(L, limits[i].count);
        lua_rawseti(L, -2, 1);
        set_integer(L, "per", limits[i].seconds);
        set_true(L, "shared", shared);
        set_string(L, "credential", limits[i].credential);
        lua_rawseti(L, -2, before + (int)i + 1);
    }
}

static void set_limits(lua_State *L, const cvk_api *api, const cvk_operation *operation)
{
    lua_createtable(L, (int)(operation->limit_count + api->limit_count), 0);
    append_limits(L, operation->limits, operation->limit_count, false);
    append_limits(L, api->limits, api->limit_count, true);
    lua_setfield(L, -2, "limits");
}

static void push_operation(lua_State *L, const cvk_api *api, size_t index)
{
    const cvk_operation *operation = cvk_operation_at(api, index);
    lua_createtable(L, 0, 22);
    set_string(L, "api", api->name);
    set_string(L, "id", operation->id);
    set_name(L, api, operation);
    set_string(L, "resource", operation->resource);
    set_string(L, "verb", operation->verb);
    set_string(L, "summary", operation->summary);
    set_string(L, "method", cvk_method_name(operation->method));
    set_string(L, "path", operation->path);
    set_path_params(L, operation);
    push_fields(L, operation->params, operation->param_count, true);
    lua_setfield(L, -2, "params");
    set_exclusions(L, operation);
    set_boolean(L, "body", operation->has_body);
    set_true(L, "whole_body", operation->whole_body);
    set_boolean(L, "extra", operation->extra || index >= api->operation_count);
    set_true(L, "no_credential", operation->no_credential);
    set_boolean(L, "safe", operation->safe);
    set_boolean(L, "idempotent", operation->idempotent);
    set_string(L, "envelope", envelope_name(operation->envelope));
    set_string(L, "paging", paging_name(operation->paging));
    set_string(L, "item_id", operation->item_id);
    set_string(L, "non_empty", operation->non_empty);
    set_string(L, "non_empty_member", operation->non_empty_member);
    set_limits(L, api, operation);
    set_statuses(L, "success", operation->success);
    set_statuses(L, "errors", operation->errors);
    set_integer(L, "index", (lua_Integer)index);
    lua_createtable(L, 0, 4);
    push_schema_members(L, &operation->answer);
    lua_setfield(L, -2, "answer");
}

/* ---- APIs ------------------------------------------------------------------------------------ */

static const char *auth_place_name(cvk_auth_place place)
{
    switch (place) {
    case CVK_AUTH_HEADER:
        return "header";
    case CVK_AUTH_BASIC:
        return "basic";
    case CVK_AUTH_COOKIE:
        return "cookie";
    case CVK_AUTH_QUERY:
        return "query";
    }
    return NULL;
}

static const char *error_shape_name(cvk_error_shape shape)
{
    switch (shape) {
    case CVK_ERRORS_CLERK:
        return "clerk";
    case CVK_ERRORS_CONVEX:
        return "convex";
    case CVK_ERRORS_DJANGO:
        return "django";
    case CVK_ERRORS_EDGEGAP:
        return "edgegap";
    }
    return NULL;
}

static void set_auths(lua_State *L, const cvk_api *api)
{
    lua_createtable(L, (int)api->auth_count, 0);
    for (size_t i = 0; i < api->auth_count; i++) {
        const cvk_auth *auth = &api->auths[i];
        lua_createtable(L, 0, 8);
        set_string(L, "option", auth->option);
        set_string(L, "partner", auth->partner);
        set_strings(L, "environment", auth->environment);
        set_string(L, "place", auth_place_name(auth->place));
        set_string(L, "name", auth->name);
        set_string(L, "prefix", auth->prefix);
        set_boolean(L, "renewable", auth->renewable);
        set_string(L, "summary", auth->summary);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "auths");
}

static void set_client_fields(lua_State *L, const cvk_api *api)
{
    lua_createtable(L, (int)api->client_field_count, 0);
    for (size_t i = 0; i < api->client_field_count; i++) {
        const cvk_client_field *field = &api->client_fields[i];
        lua_createtable(L, 0, 6);
        set_string(L, "option", field->option);
        set_string(L, "param", field->param);
        set_string(L, "header", field->header);
        set_string(L, "default", field->fallback);
        set_string(L, "summary", field->summary);
        push_schema_members(L, &field->schema);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "client_fields");
}

static void push_api(lua_State *L, const cvk_api *api)
{
    lua_createtable(L, 0, 14);
    set_string(L, "name", api->name);
    set_string(L, "title", api->title);
    set_string(L, "url", api->url);
    set_string(L, "url_environment", api->url_environment);
    set_string(L, "url_suffix", api->url_suffix);
    set_string(L, "accept", api->accept);
    set_boolean(L, "anonymous", api->anonymous);
    set_boolean(L, "shared_limit", api->shared_limit);
    set_string(L, "error_shape", error_shape_name(api->error_shape));
    set_strings(L, "request_id_headers", api->request_id_headers);
    set_strings(L, "not_executed_codes", api->not_executed_codes);
    set_auths(L, api);
    set_client_fields(L, api);
    size_t count = cvk_operation_count(api);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_operation(L, api, i);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "operations");
}

/* Appends the API's operations to the array below the API's table. */
static void append_operations(lua_State *L, const cvk_api *api, int *count)
{
    lua_getfield(L, -1, "operations");
    for (size_t i = 0; i < cvk_operation_count(api); i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        lua_rawseti(L, -4, ++*count);
    }
    lua_pop(L, 1);
}

/* Models share their fields from here to the next end_models(). */
static void begin_models(lua_State *L)
{
    luaL_checkstack(L, 6, "the catalogue");
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &models_key);
}

static void end_models(lua_State *L)
{
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &models_key);
}

int cvk_push_catalogue(lua_State *L)
{
    int count = 0;
    begin_models(L);
    lua_createtable(L, 0, 2);
    lua_newtable(L); /* apis */
    lua_newtable(L); /* operations */
    for (const cvk_api *const *api = cvk_apis; *api != NULL; api++) {
        push_api(L, *api);
        append_operations(L, *api, &count);
        lua_setfield(L, -3, (*api)->name);
    }
    lua_setfield(L, -3, "operations");
    lua_setfield(L, -2, "apis");
    end_models(L);
    return 1;
}

int cvk_push_api(lua_State *L)
{
    const cvk_api *api = cvk_find_api(luaL_checkstring(L, 1));
    luaL_argcheck(L, api != NULL, 1, "no such API");
    begin_models(L);
    push_api(L, api);
    end_models(L);
    return 1;
}

int cvk_push_api_names(lua_State *L)
{
    int count = 0;
    lua_newtable(L);
    for (const cvk_api *const *api = cvk_apis; *api != NULL; api++) {
        lua_pushstring(L, (*api)->name);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}
