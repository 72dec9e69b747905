#include "model.h"

static const cvk_schema anything = {.kind = CVK_ANY};

static bool read_value(lua_State *L, const cvk_schema *schema);

/* Turns the number on top into an integer where it is whole and the schema does not want a
 * number. Returns whether it did. */
static bool read_number(lua_State *L, const cvk_schema *schema)
{
#if LUA_VERSION_NUM >= 503
    int64_t value;
    if (schema->kind == CVK_NUMBER || lua_isinteger(L, -1) || !cvk_tointeger(L, -1, &value))
        return false;
    lua_pop(L, 1);
    lua_pushinteger(L, (lua_Integer)value);
    return true;
#else
    (void)L;
    (void)schema;
    return false;
#endif
}

/* Goes through the members of the table on top; `fields` NULL: all are `items`. */
static void read_members(lua_State *L, const cvk_model *model, const cvk_schema *items)
{
    int table = lua_gettop(L);
    luaL_checkstack(L, 8, "answer too deep");
    for (lua_pushnil(L); lua_next(L, table);) {
        int type = lua_type(L, -1);
        if (type == LUA_TSTRING || type == LUA_TBOOLEAN) {
            lua_pop(L, 1);
            continue;
        }
        const cvk_schema *schema = items;
        bool null = type == LUA_TLIGHTUSERDATA;
        if (model != NULL && !null && lua_type(L, -2) == LUA_TSTRING) {
            size_t i = cvk_find_field(model->fields, model->field_count, lua_tostring(L, -2));
            if (i < model->field_count)
                schema = &model->fields[i].schema;
        }
        bool changed =
            null ? model != NULL && lua_type(L, -2) == LUA_TSTRING : read_value(L, schema);
        if (changed) {
            if (null) {
                lua_pop(L, 1);
                lua_pushnil(L);
            }
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, table); /* an existing key: the traversal goes on */
        } else {
            lua_pop(L, 1);
        }
    }
}

/* Reads the value on top; returns whether it was replaced (tables change in place). */
static bool read_value(lua_State *L, const cvk_schema *schema)
{
    int type = lua_type(L, -1);
    if (type == LUA_TNUMBER)
        return read_number(L, schema);
    if (type != LUA_TTABLE)
        return false;
    bool list = schema->kind == CVK_ARRAY || (schema->kind == CVK_EITHER && lua_rawlen(L, -1) > 0);
    if (list || schema->kind == CVK_MAP)
        read_members(L, NULL, schema->items);
    else if (schema->kind == CVK_MODEL || schema->kind == CVK_EITHER)
        read_members(L, schema->model, &anything);
    else
        read_members(L, NULL, &anything);
    return false;
}

bool cvk_model_read(lua_State *L, const cvk_schema *schema)
{
    int type = lua_type(L, -1);
    read_value(L, schema);
    if (lua_type(L, -1) == LUA_TLIGHTUSERDATA)
        return true;
    switch (schema->kind) {
    case CVK_STRING:
        return type == LUA_TSTRING;
    case CVK_INTEGER:
    case CVK_NUMBER:
        return type == LUA_TNUMBER;
    case CVK_BOOLEAN:
        return type == LUA_TBOOLEAN;
    case CVK_MODEL:
    case CVK_MAP:
    case CVK_OBJECT:
        return type == LUA_TTABLE && lua_rawlen(L, -1) == 0;
    case CVK_ARRAY:
    case CVK_EITHER:
        return type == LUA_TTABLE;
    case CVK_NULL:
        return type != LUA_TBOOLEAN || lua_toboolean(L, -1); /* false would read as a failure */
    default:
        return true;
    }
}

/* Whether the table on top has a member of that name. */
static bool has_member(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    bool has = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return has;
}

static bool has_any(lua_State *L, const cvk_model *model, bool required)
{
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].required == required && has_member(L, model->fields[i].name))
            return true;
    return false;
}

static bool is_empty(lua_State *L)
{
    lua_pushnil(L);
    if (!lua_next(L, -2))
        return true;
    lua_pop(L, 2);
    return false;
}

/* A model that requires nothing is met by any field that it knows, and by no field at all. */
static bool meets(lua_State *L, const cvk_model *model)
{
    if (has_any(L, model, true))
        return true;
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].required)
            return false;
    return has_any(L, model, false) || is_empty(L);
}

bool cvk_model_meets(lua_State *L, const cvk_schema *schema)
{
    if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) > 0)
        return true;
    switch (schema->kind) {
    case CVK_MODEL:
        return meets(L, schema->model);
    case CVK_EITHER:
        return is_empty(L) || meets(L, schema->model);
    case CVK_ARRAY:
    case CVK_NULL:
        return is_empty(L);
    default:
        return true;
    }
}
