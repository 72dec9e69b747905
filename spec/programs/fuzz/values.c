#include "values.h"

#include <math.h>

enum {
    deepest = 12,             /* levels of a value, but for those made deep on purpose */
    longest_repetition = 512, /* of a piece of text */
    allowance = 1 << 16,      /* bytes of repeated text an input may make */
};

static const char words_key; /* registry key; only its address counts */

/* ---- decisions ------------------------------------------------------------------------------- */

unsigned cvk_source_byte(cvk_source *source)
{
    return source->position < source->size ? source->data[source->position++] : 0;
}

unsigned cvk_source_below(cvk_source *source, size_t count)
{
    unsigned number = cvk_source_byte(source);
    if (count > 256)
        number = number << 8 | cvk_source_byte(source);
    return count == 0 ? 0 : number % (unsigned)count;
}

/* True `share` times of 256; never at the end of the bytes. */
static bool now_and_then(cvk_source *source, unsigned share)
{
    return cvk_source_byte(source) >= 256 - share;
}

static uint64_t eight_bytes(cvk_source *source)
{
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | cvk_source_byte(source);
    return bits;
}

/* ---- text ------------------------------------------------------------------------------------ */

void cvk_values_words(lua_State *L)
{
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &words_key);
}

static void push_word(lua_State *L, cvk_source *source)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &words_key);
    size_t count = lua_istable(L, -1) ? cvk_rawlen(L, -1) : 0;
    if (count == 0)
        lua_pushliteral(L, "a");
    else
        lua_rawgeti(L, -1, (int)cvk_source_below(source, count) + 1);
    lua_remove(L, -2);
}

static void push_raw(lua_State *L, cvk_source *source, size_t size)
{
    size_t left = source->size - source->position;
    if (size > left)
        size = left;
    lua_pushlstring(L, (const char *)source->data + source->position, size);
    source->position += size;
}

/* Characters of one to four bytes; also what is none: surrogates and beyond the last. */
static void push_characters(lua_State *L, cvk_source *source)
{
    luaL_Buffer text;
    unsigned count = cvk_source_below(source, 8) + 1;
    luaL_buffinit(L, &text);
    for (unsigned i = 0; i < count; i++) {
        unsigned kind = cvk_source_byte(source), low = cvk_source_byte(source);
        unsigned c = kind < 128 ? low : kind < 240 ? kind << 8 | low : (kind & 31) << 16 | low << 8;
        if (c < 0x80) {
            luaL_addchar(&text, (char)c);
        } else if (c < 0x800) {
            luaL_addchar(&text, (char)(0xc0 | c >> 6));
            luaL_addchar(&text, (char)(0x80 | (c & 63)));
        } else if (c < 0x10000) {
            luaL_addchar(&text, (char)(0xe0 | c >> 12));
            luaL_addchar(&text, (char)(0x80 | (c >> 6 & 63)));
            luaL_addchar(&text, (char)(0x80 | (c & 63)));
        } else {
            luaL_addchar(&text, (char)(0xf0 | c >> 18));
            luaL_addchar(&text, (char)(0x80 | (c >> 12 & 63)));
            luaL_addchar(&text, (char)(0x80 | (c >> 6 & 63)));
            luaL_addchar(&text, (char)(0x80 | (c & 63)));
        }
    }
    luaL_pushresult(&text);
}

static void push_text(lua_State *L, cvk_source *source, int depth);

/* The same piece over and over. */
static void push_repeated(lua_State *L, cvk_source *source, int depth)
{
    size_t size, count = cvk_source_below(source, longest_repetition) + 1;
    push_text(L, source, depth + 1);
    const char *piece = lua_tolstring(L, -1, &size);
    if (size * count > source->allowance)
        count = source->allowance / size;
    source->allowance -= size * count;
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (size_t i = 0; i < count; i++)
        luaL_addlstring(&text, piece, size);
    luaL_pushresult(&text);
    lua_remove(L, -2);
}

static void push_text(lua_State *L, cvk_source *source, int depth)
{
    luaL_checkstack(L, 10, "text");
    unsigned kind = cvk_source_byte(source) & 7;
    if (depth > deepest)
        kind = 1;
    switch (kind) {
    case 0:
    case 1:
        push_word(L, source);
        return;
    case 2:
    case 3:
        push_raw(L, source, cvk_source_below(source, 32));
        return;
    case 4:
        push_raw(L, source, cvk_source_below(source, 512));
        return;
    case 5:
        push_characters(L, source);
        return;
    case 6:
        push_repeated(L, source, depth);
        return;
    default:
        push_text(L, source, depth + 1);
        push_text(L, source, depth + 1);
        lua_concat(L, 2);
        return;
    }
}

void cvk_push_text(lua_State *L, cvk_source *source)
{
    source->allowance = allowance;
    push_text(L, source, 0);
}

/* ---- plain values ---------------------------------------------------------------------------- */

static void push_number(lua_State *L, cvk_source *source, const cvk_schema *schema)
{
    static const double odd[] = {
        -0.0, NAN,  INFINITY, -INFINITY, 0x1p53, 0x1p53 + 2, 0x1p63, -0x1p63,  0x1p64,  1e15,
        1e16, 1e21, 1e22,     0.1,       1e-7,   5e-324,     1e308,  123456.5, 1.0 / 3,
    };
    uint64_t bits;
    double number;
    unsigned kind = cvk_source_byte(source) & 7;
    switch (kind) {
    case 0:
        lua_pushinteger(L, (lua_Integer)cvk_source_byte(source));
        return;
    case 1:
        lua_pushinteger(L, (lua_Integer)eight_bytes(source));
        return;
    case 2:
        bits = eight_bytes(source);
        memcpy(&number, &bits, sizeof number);
        lua_pushnumber(L, number);
        return;
    case 3:
        lua_pushnumber(L, odd[cvk_source_below(source, CVK_COUNT(odd))]);
        return;
    case 4:
        lua_pushnumber(L, (double)cvk_source_byte(source) - 128);
        return;
    case 5:
        lua_pushnumber(L, ((double)cvk_source_below(source, 65536) - 32768) / 8);
        return;
    default:
        number = kind == 6 ? schema->minimum : schema->maximum;
        lua_pushinteger(L, (lua_Integer)number + (lua_Integer)cvk_source_below(source, 3) - 1);
        return;
    }
}

static void push_string(lua_State *L, cvk_source *source, const cvk_schema *schema)
{
    const char *const *words = schema->words != NULL ? schema->words : schema->also;
    if (words != NULL && !now_and_then(source, 32)) {
        size_t count = 0;
        while (words[count] != NULL)
            count++;
        lua_pushstring(L, words[cvk_source_below(source, count)]);
    } else if (schema->max_length > 0 && now_and_then(source, 64)) {
        luaL_Buffer text; /* as long as allowed, or one too many, in bytes or in characters */
        bool wide = now_and_then(source, 128);
        size_t count = schema->max_length + cvk_source_below(source, 2);
        luaL_buffinit(L, &text);
        for (size_t i = 0; i < count; i++)
            luaL_addstring(&text, wide ? "\xc3\xa9" : "e");
        luaL_pushresult(&text);
    } else {
        cvk_push_text(L, source);
    }
}

static int nothing(lua_State *L)
{
    (void)L;
    return 0;
}

/* A value that JSON cannot hold. */
static void push_misfit(lua_State *L, cvk_source *source)
{
    static char place;
    switch (cvk_source_byte(source) & 3) {
    case 0:
        lua_pushcfunction(L, nothing);
        return;
    case 1:
        lua_newthread(L);
        return;
    case 2:
        lua_pushlightuserdata(L, &place);
        return;
    default:
        lua_newuserdata(L, 1);
        return;
    }
}

/* Calls a function of the core with the value on top, in place of which its result stands. */
static void apply(lua_State *L, const char *function)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "convoke.core");
    lua_getfield(L, -1, function);
    lua_replace(L, -3);
    lua_pop(L, 1);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
}

/* Convex's own values, one of four damaged. */
static void push_wrapper(lua_State *L, cvk_source *source)
{
    unsigned kind = cvk_source_byte(source);
    if (kind & 1) {
        lua_pushinteger(L, (lua_Integer)eight_bytes(source));
        apply(L, "int64");
    } else {
        cvk_push_text(L, source);
        apply(L, "bytes");
    }
    if ((kind & 6) == 6) {
        cvk_push_any(L, source);
        lua_rawseti(L, -2, (int)cvk_source_below(source, 3) + 1);
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const cvk_schema anything = {.kind = CVK_ANY, .minimum = 1, .maximum = 100};

static void push_any(lua_State *L, cvk_source *source, int depth);
static void push_value(lua_State *L, cvk_source *source, const cvk_schema *schema, int depth);

static void push_list(lua_State *L, cvk_source *source, const cvk_schema *items, int depth)
{
    unsigned shape = cvk_source_byte(source), count = shape & 7;
    lua_newtable(L);
    for (unsigned i = 1; i <= count; i++) {
        push_value(L, source, items, depth + 1);
        lua_rawseti(L, -2, (int)i);
    }
    if (shape < 224)
        return;
    switch (shape >> 3 & 3) { /* what no list should have */
    case 0:
        lua_pushboolean(L, 1);
        lua_rawseti(L, -2, (int)count + 2);
        return;
    case 1:
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "name");
        return;
    case 2:
        apply(L, "object");
        return;
    default:
        apply(L, "array");
        return;
    }
}

static void push_names(lua_State *L, cvk_source *source, const cvk_schema *values, int depth)
{
    unsigned shape = cvk_source_byte(source), count = shape & 7;
    lua_newtable(L);
    for (unsigned i = 0; i < count; i++) {
        cvk_push_text(L, source);
        push_value(L, source, values, depth + 1);
        lua_rawset(L, -3);
    }
    if (shape < 224)
        return;
    switch (shape >> 3 & 3) {
    case 0:
        lua_pushnumber(L, 1.5);
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
        return;
    case 1:
        lua_pushboolean(L, 1);
        lua_rawseti(L, -2, 1);
        return;
    case 2:
        apply(L, "array");
        return;
    default:
        apply(L, "object");
        return;
    }
}

/* Lists in lists, maybe deeper than anybody reads; or one that holds itself. */
static void push_deep(lua_State *L, cvk_source *source)
{
    unsigned levels = cvk_source_byte(source);
    lua_newtable(L);
    if (levels == 255) {
        lua_pushvalue(L, -1);
        lua_rawseti(L, -2, 1);
    }
    for (unsigned i = 0; i < levels; i++) {
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        if (levels & 1)
            lua_rawseti(L, -2, 1);
        else
            lua_setfield(L, -2, "in");
    }
}

static void push_any(lua_State *L, cvk_source *source, int depth)
{
    luaL_checkstack(L, 10, "value");
    unsigned kind = cvk_source_byte(source);
    if (depth > deepest)
        kind &= 3;
    switch (kind & 15) {
    case 0:
    case 1:
        lua_pushboolean(L, kind & 1);
        return;
    case 2:
    case 3:
    case 4:
        push_number(L, source, &anything);
        return;
    case 5:
    case 6:
    case 7:
        cvk_push_text(L, source);
        return;
    case 8:
        lua_pushlightuserdata(L, NULL);
        return;
    case 9:
    case 10:
        push_list(L, source, &anything, depth);
        return;
    case 11:
    case 12:
    case 13:
        push_names(L, source, &anything, depth);
        return;
    case 14:
        push_wrapper(L, source);
        return;
    default:
        if (kind < 128)
            push_deep(L, source);
        else
            push_misfit(L, source);
        return;
    }
}

void cvk_push_any(lua_State *L, cvk_source *source)
{
    push_any(L, source, 0);
}

/* ---- by schema ------------------------------------------------------------------------------- */

/* Sets those fields of the table on top that the bytes ask for; all that are required, if none. */
static void set_fields(lua_State *L, cvk_source *source, const cvk_field *fields, size_t count,
                       int depth)
{
    for (size_t i = 0; i < count; i++) {
        unsigned chance = cvk_source_byte(source);
        if (fields[i].required ? chance >= 248 : chance < 128)
            continue;
        push_value(L, source, &fields[i].schema, depth + 1);
        lua_setfield(L, -2, fields[i].name);
    }
    if (now_and_then(source, 16)) {
        cvk_push_text(L, source);
        push_any(L, source, depth + 1);
        lua_rawset(L, -3);
    }
}

static void push_by_kind(lua_State *L, cvk_source *source, const cvk_schema *schema, int depth)
{
    switch (schema->kind) {
    case CVK_STRING:
        push_string(L, source, schema);
        return;
    case CVK_INTEGER:
    case CVK_NUMBER:
        if (schema->also != NULL && now_and_then(source, 64))
            push_string(L, source, schema);
        else
            push_number(L, source, schema);
        return;
    case CVK_BOOLEAN:
        lua_pushboolean(L, cvk_source_byte(source) & 1);
        return;
    case CVK_EITHER:
        if (cvk_source_byte(source) & 1) {
            push_list(L, source, schema->items, depth);
            return;
        } /* fall through */
    case CVK_MODEL:
        lua_newtable(L);
        set_fields(L, source, schema->model->fields, schema->model->field_count, depth);
        return;
    case CVK_ARRAY:
        push_list(L, source, schema->items, depth);
        return;
    case CVK_MAP:
        push_names(L, source, schema->items, depth);
        return;
    case CVK_OBJECT:
        push_names(L, source, &anything, depth);
        return;
    case CVK_NULL:
        lua_pushlightuserdata(L, NULL);
        return;
    default:
        push_any(L, source, depth);
        return;
    }
}

static void push_value(lua_State *L, cvk_source *source, const cvk_schema *schema, int depth)
{
    luaL_checkstack(L, 10, "value");
    unsigned chance = cvk_source_byte(source);
    if (depth > deepest)
        lua_pushboolean(L, 1);
    else if (chance >= 248)
        push_any(L, source, depth);
    else if (chance >= 232 && schema->nullable)
        lua_pushlightuserdata(L, NULL);
    else
        push_by_kind(L, source, schema, depth);
}

void cvk_push_value(lua_State *L, cvk_source *source, const cvk_schema *schema)
{
    push_value(L, source, schema, 0);
}

void cvk_push_params(lua_State *L, cvk_source *source, const cvk_operation *operation)
{
    const cvk_field *first = operation->params;
    lua_newtable(L);
    set_fields(L, source, first, operation->param_count, 0);
    if (operation->param_count > 0 && first->place == CVK_PATH && now_and_then(source, 128)) {
        push_value(L, source, &first->schema, 0);
        if (!now_and_then(source, 32)) { /* mostly not in both places */
            lua_pushnil(L);
            lua_setfield(L, -3, first->name);
        }
    } else {
        lua_pushnil(L);
    }
}
