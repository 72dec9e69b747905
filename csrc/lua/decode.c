/*
 * From the bytes of an answer to Lua values, in one walk along the schema.
 *
 * Each function that reads a value pushes it, or notes the fault in the scan and returns false; what
 * lies on Lua's stack then is taken off by cvk_model_read. Lua may raise for want of memory anywhere:
 * nothing here holds memory of C's while it calls Lua.
 */
#include "lua/decode.h"

#include "base/base64.h"
#include "base/json_scan.h"
#include "lua/depth.h"
#include "lua/marks.h"

#include <math.h>

enum {
    cached_models = 8,   /* of one answer, whose keys need not be looked up again */
    on_stack_bytes = 512 /* of a text with escapes that need no memory of Lua's */
};

/* Where a model's keys lie in the table of keys, and how many members its last object had. */
typedef struct known_model {
    const cvk_model *model;
    int first_key, members;
} known_model;

typedef struct reader {
    lua_State *L;
    cvk_scan scan;
    bool convex; /* integers and bytes come in Convex's wrappers, plain numbers are floats */
    int depth;
    int keys, array_mark, object_mark; /* stack indices; marks lie above keys */
    const cvk_schema *value;           /* what an envelope holds */
    bool promised;                     /* the value is of the kind that the schema says */
    bool empty;                        /* it has nothing of what its model requires */
    known_model models[cached_models];
} reader;

static const cvk_schema anything = {.kind = CVK_ANY};

/* What stands around the answers of Convex. In place of the value's schema the operation's counts. */
enum { envelope_value = 1 };
static const cvk_schema log_line = {.kind = CVK_STRING};
static const cvk_field envelope_fields[] = {
    {.name = "status", .required = true, .schema = {.kind = CVK_STRING}},
    [envelope_value] = {.name = "value", .required = true, .schema = {.kind = CVK_ANY}},
    {.name = "errorMessage", .schema = {.kind = CVK_STRING}},
    {.name = "errorData", .schema = {.kind = CVK_ANY}},
    {.name = "logLines", .schema = {.kind = CVK_ARRAY, .items = &log_line}},
    {.name = "code", .schema = {.kind = CVK_STRING}},
    {.name = "message", .schema = {.kind = CVK_STRING}},
};
static const cvk_model envelope = {
    .name = "envelope", .fields = envelope_fields, .field_count = CVK_COUNT(envelope_fields)};
static const cvk_schema envelope_schema = {.kind = CVK_MODEL, .model = &envelope};

static bool read_value(reader *r, const cvk_schema *schema);

static bool fail(reader *r, const char *fault)
{
    return cvk_scan_fail(&r->scan, r->scan.at, fault);
}

/* ---- strings and numbers ----------------------------------------------------------------------- */

static void push_text(reader *r, const cvk_scan_string *string)
{
    char small[on_stack_bytes];
    if (!string->escaped) {
        lua_pushlstring(r->L, string->text, string->size);
    } else if (string->size <= sizeof small) {
        lua_pushlstring(r->L, small, cvk_scan_unescape(string, small));
    } else {
        char *large = lua_newuserdata(r->L, string->size);
        lua_pushlstring(r->L, large, cvk_scan_unescape(string, large));
        lua_remove(r->L, -2);
    }
}

static bool read_string(reader *r)
{
    cvk_scan_string string;
    if (!cvk_scan_read_string(&r->scan, &string))
        return false;
    push_text(r, &string);
    return true;
}

/*
 * A whole number stays exact, unless the model says that it is a number with a fraction; Convex's
 * plain numbers all are. Where the model says integer, 1.0 and 1e3 are integers, too.
 */
static bool read_number(reader *r, const cvk_schema *schema)
{
    cvk_scan_number number;
    const char *start = r->scan.at;
    if (!cvk_scan_read_number(&r->scan, &number))
        return false;
    bool exact = schema->kind != CVK_NUMBER && !r->convex;
    if (number.exact) {
        if (exact)
            cvk_push_whole(r->L, number.whole);
        else
            lua_pushnumber(r->L, (lua_Number)number.whole);
        return true;
    }
    lua_pushnumber(r->L, (lua_Number)number.value);
    if (schema->kind != CVK_INTEGER || !exact || number.value != floor(number.value))
        return true;
    int64_t whole;
    if (!cvk_tointeger(r->L, -1, &whole))
        return cvk_scan_fail(&r->scan, start, "an integer beyond 64 bits");
    lua_pop(r->L, 1);
    cvk_push_whole(r->L, whole);
    return true;
}

/* ---- objects and arrays ------------------------------------------------------------------------ */

static bool enter(reader *r)
{
    if (++r->depth > CVK_DEEPEST)
        return fail(r, "a value nested too deep");
    luaL_checkstack(r->L, 8, "answer too deep");
    r->scan.at++;
    return true;
}

static void leave(reader *r)
{
    r->scan.at++;
    r->depth--;
}

/* Registry key of the table of keys: the names of fields in a row, and by each model where its own
 * begin. Only its address counts. */
static const char keys_key;

static void push_keys(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &keys_key);
    if (!lua_isnil(L, -1))
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &keys_key);
}

void cvk_decode_forget(lua_State *L)
{
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &keys_key);
}

/* Puts the names of a model's fields into the table of keys, unless they are there. */
static int find_keys(reader *r, const cvk_model *model)
{
    lua_State *L = r->L;
    lua_rawgetp(L, r->keys, model);
    int first = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (first > 0)
        return first;
    first = (int)cvk_rawlen(L, r->keys) + 1;
    for (size_t i = 0; i < model->field_count; i++) {
        lua_pushstring(L, model->fields[i].name);
        lua_rawseti(L, r->keys, first + (int)i);
    }
    lua_pushinteger(L, first);
    lua_rawsetp(L, r->keys, model);
    return first;
}

static known_model *know(reader *r, const cvk_model *model)
{
    known_model *known = &r->models[((uintptr_t)model >> 4) % cached_models];
    if (known->model == model)
        return known;
    int first = model->field_count == 0 ? 0 : find_keys(r, model);
    *known = (known_model){.model = model, .first_key = first};
    for (size_t i = 0; i < model->field_count; i++)
        known->members += model->fields[i].required;
    return known;
}

/* The index of the field that a key names, looked for from `next` on; or the model's field count. */
static size_t find_field(const cvk_model *model, const cvk_scan_string *key, size_t next)
{
    size_t count = model->field_count;
    char first = key->size == 0 ? '\0' : key->text[0];
    for (size_t i = 0; i < count; i++, next++) {
        if (next >= count)
            next = 0;
        const char *name = model->fields[next].name;
        if (name[0] == first && strncmp(name, key->text, key->size) == 0 && name[key->size] == '\0')
            return next;
    }
    return count;
}

/* Reads a key and its colon. */
static bool read_key(reader *r, cvk_scan_string *key)
{
    if (cvk_scan_peek(&r->scan) != '"')
        return fail(r, "an object without a key");
    if (!cvk_scan_read_string(&r->scan, key))
        return false;
    if (cvk_scan_peek(&r->scan) != ':')
        return fail(r, "a key without a colon");
    r->scan.at++;
    return true;
}

/* Takes a comma. Returns whether there was one; else the closing byte must come next. */
static bool read_comma(reader *r, int closing, bool *fine)
{
    int byte = cvk_scan_peek(&r->scan);
    *fine = byte == ',' || byte == closing;
    if (!*fine)
        fail(r, byte < 0         ? "an end amid a value"
                : closing == '}' ? "an object without its closing brace"
                                 : "an array without its closing bracket");
    r->scan.at += byte == ',';
    return byte == ',';
}

static bool is_null(reader *r)
{
    return cvk_scan_peek(&r->scan) == 'n' && r->scan.end - r->scan.at >= 4 &&
           memcmp(r->scan.at, "null", 4) == 0;
}

/* Which fields an object has is known of the first 64 of a model. */
static uint64_t bit_of(size_t field)
{
    return field < 64 ? UINT64_C(1) << field : 0;
}

/* Whether the field was there already; those beyond the first 64 count as seen. */
static bool was_seen(uint64_t seen, size_t field)
{
    return field >= 64 || (seen & bit_of(field)) != 0;
}

/*
 * Whether an object can be what its model says: one that has none of the fields that the model requires
 * is somebody else's, such as a login page's. A model that requires nothing is met by any field that
 * it knows, and by no field at all.
 */
static bool meets(const cvk_model *model, uint64_t named, int members)
{
    uint64_t required = 0;
    for (size_t i = 0; i < model->field_count; i++)
        required |= model->fields[i].required ? bit_of(i) : 0;
    return required != 0 ? (named & required) != 0
                         : named != 0 || members == 0 || model->rest != NULL;
}

/* The field that a key names, whether it has escapes or not; or the model's field count. */
static size_t field_of(const cvk_model *model, const cvk_scan_string *key, size_t next)
{
    char plain[64]; /* no field has a longer name */
    if (!key->escaped)
        return find_field(model, key, next);
    if (key->size > sizeof plain)
        return model->field_count;
    cvk_scan_string name = {.text = plain, .size = cvk_scan_unescape(key, plain)};
    return memchr(plain, '\0', name.size) != NULL ? model->field_count
                                                  : find_field(model, &name, next);
}

/* A model's null is absence, unless its field may be anything; what the same key said before is gone. */
static bool read_model(reader *r, const cvk_model *model)
{
    lua_State *L = r->L;
    known_model *known = know(r, model); /* reading a member may put another in its place */
    int first_key = known->first_key, members = 0;
    size_t next = 0;
    uint64_t named = 0, seen = 0; /* null or not; not null */
    bool more, fine = true;
    if (!enter(r))
        return false;
    lua_createtable(L, 0, known->members);
    for (more = cvk_scan_peek(&r->scan) != '}'; more; more = read_comma(r, '}', &fine)) {
        cvk_scan_string key;
        if (!read_key(r, &key))
            return false;
        size_t field = field_of(model, &key, next);
        bool is_known = field < model->field_count;
        bool null = is_null(r) && !(is_known && model->fields[field].schema.kind == CVK_ANY);
        if (is_known) {
            next = field + 1;
            named |= bit_of(field);
        }
        if (null)
            r->scan.at += 4;
        if (null && is_known && !was_seen(seen, field))
            continue;
        if (is_known)
            lua_rawgeti(L, r->keys, first_key + (int)field);
        else
            push_text(r, &key);
        if (null)
            lua_pushnil(L);
        else if (!read_value(r, is_known              ? &model->fields[field].schema
                                : model->rest != NULL ? model->rest
                                                      : &anything))
            return false;
        lua_rawset(L, -3);
        if (is_known)
            seen |= bit_of(field);
        members++;
    }
    if (!fine)
        return false;
    if (r->depth == 1 && !meets(model, named, members))
        r->empty = true;
    leave(r);
    know(r, model)->members = members;
    return true;
}

enum { usual_members = 4 }; /* room for as many at once: Lua's tables grow from one member on */

/* An object with any keys, whose values are `values`; `marked`: it is a free-form one. */
static bool read_map(reader *r, const cvk_schema *values, bool marked)
{
    lua_State *L = r->L;
    bool more, fine = true;
    if (!enter(r))
        return false;
    more = cvk_scan_peek(&r->scan) != '}';
    lua_createtable(L, 0, more ? usual_members : 0);
    if (marked) {
        lua_pushvalue(L, r->object_mark);
        lua_setmetatable(L, -2);
    }
    for (; more; more = read_comma(r, '}', &fine)) {
        cvk_scan_string key;
        if (!read_key(r, &key))
            return false;
        push_text(r, &key);
        if (!read_value(r, values))
            return false;
        lua_rawset(L, -3);
    }
    if (fine)
        leave(r);
    return fine;
}

static bool read_array(reader *r, const cvk_schema *items, bool marked)
{
    lua_State *L = r->L;
    bool more, fine = true;
    int count = 0;
    if (!enter(r))
        return false;
    more = cvk_scan_peek(&r->scan) != ']';
    lua_createtable(L, more ? usual_members : 0, 0);
    if (marked) {
        lua_pushvalue(L, r->array_mark);
        lua_setmetatable(L, -2);
    }
    for (; more; more = read_comma(r, ']', &fine)) {
        if (!read_value(r, items))
            return false;
        lua_rawseti(L, -2, ++count);
    }
    if (fine)
        leave(r);
    return fine;
}

/* ---- Convex's own values ----------------------------------------------------------------------- */

/* Pushes the value of a wrapper whose name and text have been read; false: it is none. */
static bool push_wrapped(reader *r, const cvk_scan_string *name, const cvk_scan_string *text)
{
    lua_State *L = r->L;
    size_t size;
    unsigned char *bytes = lua_newuserdata(L, text->size / 4 * 3 + 1);
    bool good = !text->escaped && cvk_base64_read(text->text, text->size, bytes, &size);
    if (good && name->size == 8 && memcmp(name->text, "$integer", 8) == 0 && size == 8) {
        cvk_push_int64(L, (int64_t)cvk_from_little_endian(bytes));
    } else if (good && name->size == 6 && memcmp(name->text, "$float", 6) == 0 && size == 8) {
        uint64_t bits = cvk_from_little_endian(bytes);
        double value;
        memcpy(&value, &bits, sizeof value);
        lua_pushnumber(L, (lua_Number)value);
    } else if (good && name->size == 6 && memcmp(name->text, "$bytes", 6) == 0) {
        lua_pushlstring(L, (const char *)bytes, size);
        cvk_push_bytes(L);
    } else {
        lua_pop(L, 1);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

/*
 * Reads an object with one member whose name begins with $: {"$integer": "<base64>"} and the like.
 * false: it is no such object, and nothing has been read.
 */
static bool read_wrapper(reader *r)
{
    const cvk_scan before = r->scan;
    cvk_scan_string name, text;
    r->scan.at++;
    if (cvk_scan_peek(&r->scan) == '"' && r->scan.end - r->scan.at > 1 && r->scan.at[1] == '$' &&
        read_key(r, &name) && cvk_scan_peek(&r->scan) == '"' &&
        cvk_scan_read_string(&r->scan, &text) && cvk_scan_peek(&r->scan) == '}' &&
        push_wrapped(r, &name, &text)) {
        r->scan.at++;
        return true;
    }
    r->scan = before;
    return false;
}

/* ---- values ------------------------------------------------------------------------------------ */

/* Whether the value whose first byte that is may be what the schema says; null always may. */
static bool may_be(const cvk_schema *schema, int first)
{
    if (first == 'n')
        return true;
    switch (schema->kind) {
    case CVK_STRING:
        return first == '"';
    case CVK_INTEGER:
    case CVK_NUMBER:
        return first == '-' || (first >= '0' && first <= '9');
    case CVK_BOOLEAN:
        return first == 't' || first == 'f';
    case CVK_MODEL:
    case CVK_MAP:
    case CVK_OBJECT:
        return first == '{';
    case CVK_ARRAY:
        return first == '[';
    case CVK_EITHER:
        return first == '[' || first == '{';
    case CVK_NULL:
        return first != 'f'; /* false would read as a failure */
    case CVK_ANY:
    case CVK_UNION:
        return true;
    }
    return true;
}

static bool read_object(reader *r, const cvk_schema *schema)
{
    if (r->convex && read_wrapper(r))
        return true;
    switch (schema->kind) {
    case CVK_MODEL:
    case CVK_EITHER:
        return read_model(r, schema->model);
    case CVK_MAP:
        return read_map(r, schema->items, false);
    case CVK_UNION:
        if (schema->model != NULL)
            return read_model(r, schema->model);
        return read_map(r, &anything, true);
    default:
        return read_map(r, &anything, true);
    }
}

static bool read_word(reader *r, const char *word, size_t size)
{
    if ((size_t)(r->scan.end - r->scan.at) < size || memcmp(r->scan.at, word, size) != 0)
        return fail(r, "a word that is no value");
    r->scan.at += size;
    return true;
}

static bool read_boolean(reader *r, bool value)
{
    lua_pushboolean(r->L, value);
    return read_word(r, value ? "true" : "false", value ? 4 : 5);
}

static bool read_value(reader *r, const cvk_schema *schema)
{
    int first = cvk_scan_peek(&r->scan);
    if (schema == &envelope_fields[envelope_value].schema) {
        schema = r->value;
        r->promised = may_be(schema, first);
    }
    switch (first) {
    case '{':
        return read_object(r, schema);
    case '[':
        if (schema->kind == CVK_ARRAY || schema->kind == CVK_EITHER ||
            (schema->kind == CVK_UNION && schema->items != NULL))
            return read_array(r, schema->items, false);
        return read_array(r, &anything, true);
    case '"':
        return read_string(r);
    case 't':
        return read_boolean(r, true);
    case 'f':
        return read_boolean(r, false);
    case 'n':
        lua_pushlightuserdata(r->L, NULL); /* cjson.null */
        return read_word(r, "null", 4);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(r, schema);
    case -1:
        return fail(r, "an end where a value should be");
    default:
        return fail(r, "something that is no value");
    }
}

/* Whether the value on top is no table, or an empty one. */
static bool holds_nothing(lua_State *L)
{
    if (!lua_istable(L, -1))
        return true;
    lua_pushnil(L);
    if (lua_next(L, -2) == 0)
        return true;
    lua_pop(L, 2);
    return false;
}

bool cvk_model_read(lua_State *L, const char *text, size_t size, const cvk_schema *schema,
                    cvk_answer_form form)
{
    int top = lua_gettop(L);
    reader r = {.L = L,
                .convex = form != CVK_ANSWER_PLAIN,
                .value = schema,
                .keys = top + 1,
                .array_mark = top + 2,
                .object_mark = top + 3};
    cvk_scan_begin(&r.scan, text, size);
    luaL_checkstack(L, 8, "answer too deep");
    push_keys(L);
    cvk_push_mark(L, CVK_MARKED_ARRAY);
    cvk_push_mark(L, CVK_MARKED_OBJECT);
    if (form == CVK_ANSWER_ENVELOPED)
        schema = &envelope_schema;
    int first = cvk_scan_peek(&r.scan);
    r.promised = form == CVK_ANSWER_ENVELOPED ? first == '{' : may_be(schema, first);
    if (read_value(&r, schema) && cvk_scan_peek(&r.scan) >= 0)
        fail(&r, "text after the value");
    if (schema->kind == CVK_NULL && r.scan.fault == NULL && !holds_nothing(L))
        r.empty = true;
    if (r.scan.no_memory)
        luaL_error(L, "not enough memory");
    if (r.scan.fault == NULL && r.promised && !r.empty) {
        lua_replace(L, r.keys);
        lua_settop(L, r.keys);
        return true;
    }
    lua_settop(L, top);
    if (r.scan.fault == NULL)
        lua_pushstring(L, r.promised ? "it holds nothing of what was promised"
                                     : "the JSON value is of another kind than promised");
    else
        lua_pushfstring(L, "%s at byte %d", r.scan.fault, (int)(r.scan.at - r.scan.text) + 1);
    return false;
}
