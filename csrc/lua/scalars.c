#include "lua/scalars.h"

#include "base/json.h"
#include "base/pattern.h"
#include "base/utf8.h"
#include "lua/marks.h"

#include <math.h>
#include <stdlib.h>

bool cvk_is_null(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == NULL;
}

const char *cvk_type_name(lua_State *L, int index)
{
    return cvk_is_null(L, index) ? "null" : luaL_typename(L, index);
}

void cvk_fault_type(cvk_walk *walk, const cvk_spot *spot, int index, const char *wanted)
{
    cvk_model_fault(walk, spot, "must be %s, not %s", wanted, cvk_type_name(walk->L, index));
}

static bool has_word(const char *const *words, const char *text, size_t size)
{
    for (; *words != NULL; words++)
        if (strlen(*words) == size && memcmp(*words, text, size) == 0)
            return true;
    return false;
}

/* Whether a text matches a pattern. That is kept as it is written: a large one takes little room so. */
static bool matches(const char *pattern, const char *text, size_t size)
{
    const char *why;
    cvk_pattern *made = cvk_pattern_new(pattern, strlen(pattern), &why);
    bool found = made == NULL || cvk_pattern_matches(made, text, size);
    free(made);
    return found;
}

/* Pushes "admin, user". */
static void push_words(lua_State *L, const char *const *words)
{
    luaL_Buffer list;
    luaL_buffinit(L, &list);
    for (const char *const *word = words; *word != NULL; word++) {
        if (word != words)
            luaL_addstring(&list, ", ");
        luaL_addstring(&list, *word);
    }
    luaL_pushresult(&list);
}

/* Whether an int64 stands where the schema wants a number. */
bool cvk_is_int64_number(lua_State *L, int index, const cvk_schema *schema)
{
    return (schema->kind == CVK_INTEGER || schema->kind == CVK_NUMBER) &&
           lua_type(L, index) == LUA_TTABLE && cvk_value_mark(L, index) == CVK_MARKED_INT64;
}

bool cvk_check_string(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    lua_State *L = walk->L;
    size_t size;
    const char *text = lua_tolstring(L, index, &size);
    size_t length = cvk_utf8_length(text, size);
    if (length == SIZE_MAX && schema->bytes)
        return true;
    if (length == SIZE_MAX) {
        cvk_model_fault(walk, spot, "is not valid UTF-8");
    } else if (length < schema->min_length) {
        if (length == 0)
            cvk_model_fault(walk, spot, "must not be empty");
        else
            cvk_model_fault(walk, spot, "must have at least %d characters",
                            (int)schema->min_length);
    } else if (schema->max_length > 0 && length > schema->max_length) {
        cvk_model_fault(walk, spot, "must have at most %d characters", (int)schema->max_length);
    } else if (schema->words != NULL && !has_word(schema->words, text, size)) {
        push_words(L, schema->words);
        cvk_model_fault(walk, spot, "must be one of: %s", lua_tostring(L, -1));
        lua_pop(L, 1);
    } else if (schema->pattern != NULL && !matches(schema->pattern, text, size)) {
        cvk_model_fault(walk, spot, "must match %s", schema->pattern);
    } else {
        return true;
    }
    return false;
}

/* "1 to 365", "at least 0" */
static bool check_bounds(cvk_walk *walk, const cvk_spot *spot, double value,
                         const cvk_schema *schema)
{
    bool low = schema->bounded_below &&
               (value < schema->minimum || (schema->above && value == schema->minimum));
    bool high = schema->bounded_above &&
                (value > schema->maximum || (schema->below && value == schema->maximum));
    if (!low && !high)
        return true;
    char minimum[CVK_NUMBER_SIZE], maximum[CVK_NUMBER_SIZE];
    cvk_format_number(minimum, schema->minimum);
    cvk_format_number(maximum, schema->maximum);
    if (low && schema->above)
        cvk_model_fault(walk, spot, "must be more than %s", minimum);
    else if (high && schema->below)
        cvk_model_fault(walk, spot, "must be less than %s", maximum);
    else if (schema->bounded_below && schema->bounded_above)
        cvk_model_fault(walk, spot, "must be from %s to %s", minimum, maximum);
    else
        cvk_model_fault(walk, spot, "must be at %s %s", low ? "least" : "most",
                        low ? minimum : maximum);
    return false;
}

/* Whether a number or boolean, written as text, is among the words of its schema, if it has any. */
bool cvk_check_word(cvk_walk *walk, const cvk_spot *spot, const cvk_schema *schema,
                    const char *text, size_t size)
{
    if (schema->words == NULL || has_word(schema->words, text, size))
        return true;
    push_words(walk->L, schema->words);
    cvk_model_fault(walk, spot, "must be one of: %s", lua_tostring(walk->L, -1));
    lua_pop(walk->L, 1);
    return false;
}

/* Writes the number, or int64, as text; 0 when there was a fault. */
size_t cvk_check_integer(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema,
                         char text[CVK_NUMBER_SIZE])
{
    int64_t value;
    bool wrapped = lua_type(walk->L, index) == LUA_TTABLE;
    if (wrapped ? !cvk_int64_value(walk->L, index, &value)
                : !cvk_tointeger(walk->L, index, &value)) {
        cvk_model_fault(walk, spot,
                        wrapped ? "is an int64 that was changed" : "must be a whole number");
        return 0;
    }
    if (!check_bounds(walk, spot, (double)value, schema))
        return 0;
    size_t size = cvk_format_integer(text, value);
    return cvk_check_word(walk, spot, schema, text, size) ? size : 0;
}

/* Whether a double holds the number at `index` exactly. */
bool cvk_fits_double(lua_State *L, int index)
{
#if LUA_VERSION_NUM >= 503
    int64_t value = (int64_t)lua_tointeger(L, index);
    double nearest = (double)value;
    return !lua_isinteger(L, index) || (nearest < 0x1p63 && (int64_t)nearest == value);
#else
    (void)L;
    (void)index;
    return true;
#endif
}

static size_t format_lua_number(lua_State *L, int index, char text[CVK_NUMBER_SIZE])
{
#if LUA_VERSION_NUM >= 503
    if (lua_isinteger(L, index))
        return cvk_format_integer(text, (int64_t)lua_tointeger(L, index));
#endif
    return cvk_format_number(text, (double)lua_tonumber(L, index));
}

size_t cvk_check_number(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema,
                        char text[CVK_NUMBER_SIZE])
{
    double value = (double)lua_tonumber(walk->L, index);
    if (!isfinite(value)) {
        cvk_model_fault(walk, spot, "must be a finite number");
        return 0;
    }
    if (!check_bounds(walk, spot, value, schema))
        return 0;
    size_t size = format_lua_number(walk->L, index, text);
    return cvk_check_word(walk, spot, schema, text, size) ? size : 0;
}

/* Says what a number's schema allows, its words included. */
static void fault_number(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    if (schema->also == NULL) {
        cvk_fault_type(walk, spot, index, "a number");
        return;
    }
    push_words(walk->L, schema->also);
    cvk_model_fault(walk, spot, "must be a number or one of: %s", lua_tostring(walk->L, -1));
    lua_pop(walk->L, 1);
}

bool cvk_model_text(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    lua_State *L = walk->L;
    char text[CVK_NUMBER_SIZE];
    size_t size = 0;
    int type = lua_type(L, index);
    bool whole;
    luaL_checkstack(L, 8, "value too deep");
    if (schema->also != NULL && type == LUA_TSTRING &&
        has_word(schema->also, lua_tostring(L, index), cvk_rawlen(L, index))) {
        lua_pushvalue(L, index);
        return true;
    }
    switch (schema->kind) {
    case CVK_STRING:
        if (type != LUA_TSTRING)
            cvk_fault_type(walk, spot, index, "a string");
        else if (cvk_check_string(walk, spot, index, schema)) {
            lua_pushvalue(L, index);
            return true;
        }
        return false;
    case CVK_INTEGER:
    case CVK_NUMBER:
        whole = schema->kind == CVK_INTEGER && type == LUA_TNUMBER;
        if (whole || cvk_is_int64_number(L, index, schema))
            size = cvk_check_integer(walk, spot, index, schema, text);
        else if (type != LUA_TNUMBER)
            fault_number(walk, spot, index, schema);
        else
            size = cvk_check_number(walk, spot, index, schema, text);
        if (size > 0)
            lua_pushlstring(L, text, size);
        return size > 0;
    case CVK_BOOLEAN:
        if (type != LUA_TBOOLEAN) {
            cvk_fault_type(walk, spot, index, "a boolean");
            return false;
        }
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        return true;
    default:
        cvk_fault_type(walk, spot, index, "a plain value");
        return false;
    }
}
