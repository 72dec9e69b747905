#include "lua/write.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lua/compat.h"
#include "lua/marks.h"
#include "lua/scalars.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITER_TYPE "convoke.core.writer"

enum { deepest = 100 }; /* levels of tables */

/* What writing needs. It is an upvalue, so that nothing leaks where Lua raises for want of memory. */
typedef struct writer {
    cvk_buffer out;
    cvk_buffer names; /* those of the objects that are being written, the innermost last */
    char fault[64];   /* empty: none yet */
} writer;

typedef struct name {
    const char *text; /* the table's */
    size_t size;
} name;

static void add(writer *w, const char *text)
{
    cvk_buffer_add_string(&w->out, text);
}

static void write_value(lua_State *L, writer *w, int depth);

/* ---- numbers and marked values --------------------------------------------------------------- */

static void write_number(lua_State *L, writer *w)
{
    char text[CVK_NUMBER_SIZE];
    double value = lua_tonumber(L, -1);
    bool has_integers = false, is_float = true;
#if LUA_VERSION_NUM >= 503
    has_integers = true;
    is_float = !lua_isinteger(L, -1);
    if (!is_float)
        cvk_buffer_add(&w->out, text, cvk_format_integer(text, lua_tointeger(L, -1)));
#endif
    if (is_float && isnan(value)) {
        add(w, "{\"$convoke\":[\"number\",\"nan\"]}");
    } else if (is_float && isinf(value)) {
        add(w, value > 0 ? "{\"$convoke\":[\"number\",\"inf\"]}"
                         : "{\"$convoke\":[\"number\",\"-inf\"]}");
    } else if (is_float) {
        size_t size = cvk_format_number(text, value);
        cvk_buffer_add(&w->out, text, size);
        /* Where there are integers a float stays one; elsewhere whole numbers are sent as such. */
        bool is_whole = memchr(text, '.', size) == NULL && memchr(text, 'e', size) == NULL;
        if (is_whole && (has_integers || (value == 0 && signbit(value))))
            add(w, ".0");
    }
}

static void write_int64(lua_State *L, writer *w)
{
    char text[CVK_NUMBER_SIZE];
    int64_t value;
    if (!cvk_int64_value(L, lua_gettop(L), &value)) {
        snprintf(w->fault, sizeof w->fault, "holds an int64 that was changed");
        return;
    }
    add(w, "{\"$convoke\":[\"int64\",\"");
    cvk_buffer_add(&w->out, text, cvk_format_integer(text, value));
    add(w, "\"]}");
}

static void write_bytes(lua_State *L, writer *w)
{
    static const char digits[] = "0123456789abcdef";
    size_t size;
    cvk_push_raw_bytes(L, lua_gettop(L));
    const char *bytes = lua_tolstring(L, -1, &size);
    if (bytes == NULL)
        snprintf(w->fault, sizeof w->fault, "holds bytes that were changed");
    add(w, "{\"$convoke\":[\"bytes\",\"");
    for (size_t i = 0; bytes != NULL && i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        cvk_buffer_add_byte(&w->out, digits[byte >> 4]);
        cvk_buffer_add_byte(&w->out, digits[byte & 15]);
    }
    add(w, "\"]}");
    lua_pop(L, 1);
}

/* ---- tables ----------------------------------------------------------------------------------- */

static void write_array(lua_State *L, writer *w, int depth)
{
    int count = (int)cvk_rawlen(L, -1);
    cvk_buffer_add_byte(&w->out, '[');
    for (int i = 1; i <= count && w->fault[0] == '\0'; i++) {
        if (i > 1)
            cvk_buffer_add_byte(&w->out, ',');
        lua_rawgeti(L, -1, i);
        write_value(L, w, depth);
        lua_pop(L, 1);
    }
    cvk_buffer_add_byte(&w->out, ']');
}

static int compare(const void *one, const void *other)
{
    const name *a = one, *b = other;
    int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

/* Adds the names of the table on top to those of the writer, in order. Returns how many. */
static size_t collect_names(lua_State *L, writer *w)
{
    size_t before = w->names.size, count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1), count++) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            snprintf(w->fault, sizeof w->fault, "has a key that is no text");
            lua_pop(L, 2);
            return 0;
        }
        name each = {0};
        each.text = lua_tolstring(L, -2, &each.size);
        cvk_buffer_add(&w->names, &each, sizeof each);
    }
    if (w->names.failed)
        return 0;
    qsort(w->names.data + before, count, sizeof(name), compare);
    return count;
}

static void write_object(lua_State *L, writer *w, int depth)
{
    size_t at = w->names.size, before = at;
    lua_pushliteral(L, "$convoke");
    lua_rawget(L, -2);
    /* One that could be taken for a mark of ours is kept within one. */
    bool is_kept = !lua_isnil(L, -1);
    lua_pop(L, 1);
    add(w, is_kept ? "{\"$convoke\":[\"object\",{" : "{");
    size_t count = collect_names(L, w);
    for (size_t i = 0; i < count && w->fault[0] == '\0'; i++, at += sizeof(name)) {
        name each;
        memcpy(&each, w->names.data + at, sizeof each);
        if (i > 0)
            cvk_buffer_add_byte(&w->out, ',');
        cvk_json_add_string(&w->out, each.text, each.size);
        cvk_buffer_add_byte(&w->out, ':');
        lua_pushlstring(L, each.text, each.size);
        lua_rawget(L, -2);
        write_value(L, w, depth);
        lua_pop(L, 1);
    }
    w->names.size = before;
    add(w, is_kept ? "}]}" : "}");
}

/* Whether the table on top has neither a name nor an element; `is_list`: it has a first one. */
static bool is_empty(lua_State *L, bool *is_list)
{
    lua_rawgeti(L, -1, 1);
    *is_list = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (*is_list)
        return false;
    lua_pushnil(L);
    if (!lua_next(L, -2))
        return true;
    lua_pop(L, 2);
    return false;
}

static void write_table(lua_State *L, writer *w, int depth)
{
    if (depth > deepest || !lua_checkstack(L, 10)) {
        snprintf(w->fault, sizeof w->fault, "is nested too deeply");
        return;
    }
    cvk_mark mark = cvk_value_mark(L, lua_gettop(L));
    bool is_list = false;
    bool has_none = mark == CVK_UNMARKED && is_empty(L, &is_list);
    if (mark == CVK_MARKED_INT64)
        write_int64(L, w);
    else if (mark == CVK_MARKED_BYTES)
        write_bytes(L, w);
    else if (has_none)
        add(w, "{\"$convoke\":[\"table\"]}"); /* a list or an object: the field decides */
    else if (is_list || mark == CVK_MARKED_ARRAY)
        write_array(L, w, depth + 1);
    else
        write_object(L, w, depth + 1);
}

/* ---- values ----------------------------------------------------------------------------------- */

/* Writes the value on top of the stack. */
static void write_value(lua_State *L, writer *w, int depth)
{
    size_t size;
    const char *text;
    switch (cvk_is_null(L, lua_gettop(L)) ? LUA_TNIL : lua_type(L, -1)) {
    case LUA_TNIL:
        add(w, "null");
        break;
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &size);
        cvk_json_add_string(&w->out, text, size);
        break;
    case LUA_TNUMBER:
        write_number(L, w);
        break;
    case LUA_TBOOLEAN:
        add(w, lua_toboolean(L, -1) ? "true" : "false");
        break;
    case LUA_TTABLE:
        write_table(L, w, depth);
        break;
    default:
        snprintf(w->fault, sizeof w->fault, "holds a %s", luaL_typename(L, -1));
    }
}

/* core.write(value): the value as JSON text; or nil and what is wrong with it. */
static int core_write(lua_State *L)
{
    writer *w = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    cvk_buffer_shrink(&w->out);
    cvk_buffer_shrink(&w->names);
    w->fault[0] = '\0';
    write_value(L, w, 1);
    if (w->fault[0] == '\0' && !w->out.failed && !w->names.failed) {
        lua_pushlstring(L, w->out.data, w->out.size);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, w->fault[0] == '\0' ? "is too large for the memory" : w->fault);
    return 2;
}

/* core.is_utf8(text): whether all of a text is UTF-8. */
static int core_is_utf8(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_pushboolean(L, cvk_utf8_length(text, size) != SIZE_MAX);
    return 1;
}

static int writer_gc(lua_State *L)
{
    writer *w = luaL_checkudata(L, 1, WRITER_TYPE);
    cvk_buffer_free(&w->out);
    cvk_buffer_free(&w->names);
    return 0;
}

void cvk_write_register(lua_State *L)
{
    writer *w = lua_newuserdata(L, sizeof *w);
    *w = (writer){0};
    luaL_newmetatable(L, WRITER_TYPE);
    lua_pushcfunction(L, writer_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pushcclosure(L, core_write, 1);
    lua_setfield(L, -2, "write");
    lua_pushcfunction(L, core_is_utf8);
    lua_setfield(L, -2, "is_utf8");
}
