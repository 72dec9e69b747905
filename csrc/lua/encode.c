#include "lua/encode.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lua/marks.h"
#include "lua/scalars.h"

#include <math.h>

enum {
    /* What a value of Convex may be: see "Values" in its contract. */
    convex_levels = 64,
    convex_elements = 8192,
    convex_fields = 1024,
    convex_name_bytes = 1024,
};

/* ---- tables ----------------------------------------------------------------------------------- */

static bool may_descend(cvk_walk *walk, const cvk_spot *spot, const void *table)
{
    int depth = 0;
    for (const cvk_spot *up = spot; up != NULL; up = up->up) {
        if (up->table == table) {
            cvk_model_fault(walk, spot, "contains itself");
            return false;
        }
        depth++;
    }
    int most = walk->convex ? convex_levels : CVK_DEEPEST;
    if (depth > most) {
        cvk_model_fault(walk, spot, "is nested deeper than %d levels", most);
        return false;
    }
    luaL_checkstack(walk->L, 10, "value too deep");
    return true;
}

/* What the keys of a table are. */
typedef enum shape { SHAPE_EMPTY, SHAPE_LIST, SHAPE_NAMES, SHAPE_HOLES, SHAPE_MIXED } shape;

static shape shape_of(lua_State *L, int index)
{
    int64_t numbers = 0, largest = 0, names = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        int64_t key;
        if (lua_type(L, -2) == LUA_TSTRING) {
            names++;
        } else if (lua_type(L, -2) == LUA_TNUMBER && cvk_tointeger(L, -2, &key) && key >= 1) {
            numbers++;
            if (key > largest)
                largest = key;
        } else {
            lua_pop(L, 2);
            return SHAPE_MIXED;
        }
    }
    if (names > 0)
        return numbers > 0 ? SHAPE_MIXED : SHAPE_NAMES;
    return numbers == 0 ? SHAPE_EMPTY : largest == numbers ? SHAPE_LIST : SHAPE_HOLES;
}

static void write_list(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *items)
{
    lua_State *L = walk->L;
    cvk_mark mark = cvk_value_mark(L, index);
    if (mark == CVK_MARKED_INT64 || mark == CVK_MARKED_BYTES) {
        cvk_model_fault(walk, spot, "must be a list, not %s",
                        mark == CVK_MARKED_INT64 ? "an int64" : "a Convex value");
        return;
    }
    switch (mark == CVK_MARKED_OBJECT ? SHAPE_NAMES : shape_of(L, index)) {
    case SHAPE_HOLES:
        cvk_model_fault(walk, spot, "is a list with holes");
        return;
    case SHAPE_MIXED:
        cvk_model_fault(walk, spot, "is a list with keys that are no positions");
        return;
    case SHAPE_NAMES:
        cvk_model_fault(walk, spot, "must be a list, not an object");
        return;
    default:
        break;
    }
    const void *table = lua_topointer(L, index);
    if (!may_descend(walk, spot, table))
        return;
    int64_t length = (int64_t)cvk_rawlen(L, index);
    if (walk->convex && length > convex_elements) {
        cvk_model_fault(walk, spot, "has more than %d elements, which Convex does not take",
                        convex_elements);
        return;
    }
    cvk_buffer_add_byte(walk->out, '[');
    for (int64_t i = 1; i <= length; i++) {
        cvk_spot element = {.up = spot, .index = i, .table = table};
        if (i > 1)
            cvk_buffer_add_byte(walk->out, ',');
        lua_rawgeti(L, index, (int)i);
        cvk_model_write(walk, &element, lua_gettop(L), items);
        lua_pop(L, 1);
    }
    cvk_buffer_add_byte(walk->out, ']');
}

/* Whether a list has as many elements as it may have; what is no list is not looked at. */
static bool check_count(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    if (!lua_istable(walk->L, index))
        return true;
    size_t count = cvk_rawlen(walk->L, index);
    bool few = count < schema->min_length;
    bool many = schema->max_length > 0 && count > schema->max_length;
    if (few)
        cvk_model_fault(walk, spot, "must have at least %d element%s", (int)schema->min_length,
                        schema->min_length == 1 ? "" : "s");
    else if (many)
        cvk_model_fault(walk, spot, "must have at most %d elements", (int)schema->max_length);
    return !few && !many;
}

void cvk_model_key(cvk_walk *walk, const char *key, size_t size, bool *first)
{
    if (!*first)
        cvk_buffer_add_byte(walk->out, ',');
    *first = false;
    cvk_json_add_string(walk->out, key, size);
    cvk_buffer_add_byte(walk->out, ':');
}

static bool check_convex_name(cvk_walk *walk, const cvk_spot *member, const char *name, size_t size)
{
    const char *fault = NULL;
    if (name[0] == '$')
        fault =
            "may not begin with $: Convex keeps such names (see convoke.int64 and convoke.bytes)";
    else if (size > convex_name_bytes)
        fault = "is a name longer than 1024 bytes, which Convex does not take";
    for (size_t i = 0; i < size && fault == NULL; i++)
        if (name[i] < 0x20 || name[i] > 0x7e)
            fault =
                "is a name with other characters than printable ASCII, which Convex does not take";
    if (fault != NULL)
        cvk_model_fault(walk, member, "%s", fault);
    return fault == NULL;
}

/* An object with any keys; all its values are `values`. */
static void write_names(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *values)
{
    lua_State *L = walk->L;
    const void *table = lua_topointer(L, index);
    bool first = true;
    int fields = 0;
    if (!may_descend(walk, spot, table))
        return;
    cvk_buffer_add_byte(walk->out, '{');
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            cvk_model_fault(walk, spot, "is an object with a key that is no text");
            continue;
        }
        size_t size;
        const char *key = lua_tolstring(L, -2, &size);
        cvk_spot member = {.up = spot, .name = key, .table = table};
        if (cvk_utf8_length(key, size) == SIZE_MAX) {
            cvk_model_fault(walk, spot, "has a key that is not valid UTF-8");
            continue;
        }
        if (walk->convex && !check_convex_name(walk, &member, key, size))
            continue;
        if (walk->convex && ++fields == convex_fields + 1) {
            cvk_model_fault(walk, spot, "has more than %d fields, which Convex does not take",
                            convex_fields);
            lua_pop(L, 2);
            break;
        }
        cvk_model_key(walk, key, size, &first);
        cvk_model_write(walk, &member, lua_gettop(L), values);
    }
    cvk_buffer_add_byte(walk->out, '}');
}

static void write_object(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *values)
{
    lua_State *L = walk->L;
    cvk_mark mark = cvk_value_mark(L, index);
    shape keys = mark == CVK_MARKED_OBJECT ? SHAPE_NAMES : shape_of(L, index);
    if (mark == CVK_MARKED_ARRAY || keys == SHAPE_LIST || keys == SHAPE_HOLES)
        cvk_model_fault(walk, spot, "must be an object, not a list");
    else if (keys == SHAPE_MIXED)
        cvk_model_fault(walk, spot, "is an object with keys that are no text");
    else
        write_names(walk, spot, index, values);
}

bool cvk_model_has(const cvk_field *fields, size_t count, const char *key, size_t size)
{
    return strlen(key) == size && cvk_find_field(fields, count, key) < count;
}

void cvk_model_unknown(cvk_walk *walk, const cvk_spot *up, int index, const cvk_field *fields,
                       size_t count, const char *what)
{
    lua_State *L = walk->L;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            lua_pushvalue(L, -2);
            cvk_spot here = {.name = what};
            cvk_model_fault(walk, up == NULL ? &here : up, "has the key %s, which is no name",
                            lua_type(L, -1) == LUA_TNUMBER ? lua_tostring(L, -1) : "given");
            lua_pop(L, 1);
            continue;
        }
        size_t size;
        const char *key = lua_tolstring(L, -2, &size);
        if (cvk_model_has(fields, count, key, size))
            continue;
        cvk_spot spot = {.up = up, .name = key};
        if (strlen(key) != size) {
            cvk_model_fault(walk, &spot, "is not a field of %s: its name has a zero byte", what);
            continue;
        }
        const char *nearest = cvk_nearest_field(fields, count, key);
        if (nearest != NULL)
            cvk_model_fault(walk, &spot, "is not a field of %s; did you mean %s?", what, nearest);
        else
            cvk_model_fault(walk, &spot, "is not a field of %s", what);
    }
}

void cvk_model_field(cvk_walk *walk, const cvk_spot *spot, const cvk_field *field, bool given)
{
    if (field->listed)
        cvk_buffer_add_byte(walk->out, '[');
    if (given)
        cvk_model_write(walk, spot, lua_gettop(walk->L), &field->schema);
    else
        cvk_buffer_add_string(walk->out, field->fallback);
    if (field->listed)
        cvk_buffer_add_byte(walk->out, ']');
}

void cvk_model_write_rest(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_model *model,
                          bool *first)
{
    lua_State *L = walk->L;
    const void *table = lua_topointer(L, index);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            cvk_model_fault(walk, spot, "is an object with a key that is no text");
            continue;
        }
        size_t size;
        const char *key = lua_tolstring(L, -2, &size);
        cvk_spot member = {.up = spot, .name = key, .table = table};
        if (cvk_model_has(model->fields, model->field_count, key, size))
            continue;
        if (cvk_utf8_length(key, size) == SIZE_MAX) {
            cvk_model_fault(walk, spot, "has a key that is not valid UTF-8");
            continue;
        }
        cvk_model_key(walk, key, size, first);
        cvk_model_write(walk, &member, lua_gettop(L), model->rest);
    }
}

static void write_model(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_model *model)
{
    lua_State *L = walk->L;
    const void *table = lua_topointer(L, index);
    bool first = true;
    if (cvk_value_mark(L, index) == CVK_MARKED_ARRAY) {
        cvk_model_fault(walk, spot, "must be an object, not a list");
        return;
    }
    if (!may_descend(walk, spot, table))
        return;
    size_t present = 0, keys = 0;
    cvk_buffer_add_byte(walk->out, '{');
    for (size_t i = 0; i < model->field_count; i++) {
        const cvk_field *field = &model->fields[i];
        cvk_spot member = {.up = spot, .name = field->name, .table = table};
        lua_pushstring(L, field->name);
        lua_rawget(L, index);
        bool given = !lua_isnil(L, -1);
        present += given;
        if (given || field->filled) {
            cvk_model_key(walk, field->name, strlen(field->name), &first);
            cvk_model_field(walk, &member, field, given);
        } else if (field->required) {
            cvk_model_fault(walk, &member, "is required");
        }
        lua_pop(L, 1);
    }
    if (model->rest != NULL)
        cvk_model_write_rest(walk, spot, index, model, &first);
    cvk_buffer_add_byte(walk->out, '}');
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        keys++;
    if (keys > present && model->rest == NULL)
        cvk_model_unknown(walk, spot, index, model->fields, model->field_count, model->name);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void add_wrapped(cvk_walk *walk, const char *name, const void *bytes, size_t size)
{
    cvk_buffer_add_string(walk->out, "{\"");
    cvk_buffer_add_string(walk->out, name);
    cvk_buffer_add_string(walk->out, "\":\"");
    cvk_base64_add(walk->out, bytes, size);
    cvk_buffer_add_string(walk->out, "\"}");
}

/* An int64 is a whole number to all but Convex, which has a wrapper for it. */
static void write_int64(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    int64_t value;
    unsigned char bytes[8];
    char text[CVK_NUMBER_SIZE];
    size_t size = cvk_check_integer(walk, spot, index, schema, text);
    if (walk->convex && size > 0 && cvk_int64_value(walk->L, index, &value)) {
        cvk_little_endian(bytes, (uint64_t)value);
        add_wrapped(walk, "$integer", bytes, sizeof bytes);
    } else {
        cvk_buffer_add(walk->out, text, size);
    }
}

static void write_bytes(cvk_walk *walk, const cvk_spot *spot, int index)
{
    size_t size;
    cvk_push_raw_bytes(walk->L, index);
    const char *bytes = lua_tolstring(walk->L, -1, &size);
    if (!walk->convex)
        cvk_model_fault(walk, spot, "is a Convex value, which only Convex takes");
    else if (bytes == NULL)
        cvk_model_fault(walk, spot, "is a Convex value that was changed");
    else
        add_wrapped(walk, "$bytes", bytes, size);
    lua_pop(walk->L, 1);
}

/* NaN, the infinities and -0, which JSON has no word for (or loses). */
static void write_special_float(cvk_walk *walk, double value)
{
    unsigned char bytes[8];
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    cvk_little_endian(bytes, bits);
    add_wrapped(walk, "$float", bytes, sizeof bytes);
}

static void write_number(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    char text[CVK_NUMBER_SIZE];
    double value = (double)lua_tonumber(walk->L, index);
    if (walk->convex && schema->kind != CVK_INTEGER &&
        (!isfinite(value) || (value == 0 && signbit(value)))) {
        write_special_float(walk, value);
        return;
    }
    if (walk->convex && !cvk_fits_double(walk->L, index)) {
        cvk_model_fault(walk, spot,
                        "is no number that Convex's Float64 can hold; "
                        "convoke.int64 makes an Int64 of it");
        return;
    }
    size_t size = schema->kind == CVK_INTEGER ? cvk_check_integer(walk, spot, index, schema, text)
                                              : cvk_check_number(walk, spot, index, schema, text);
    cvk_buffer_add(walk->out, text, size);
}

static void write_string(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    size_t size;
    const char *text = lua_tolstring(walk->L, index, &size);
    if (cvk_check_string(walk, spot, index, schema))
        cvk_json_add_string(walk->out, text, size);
}

static void write_boolean(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    const char *word = lua_toboolean(walk->L, index) ? "true" : "false";
    if (cvk_check_word(walk, spot, schema, word, strlen(word)))
        cvk_buffer_add_string(walk->out, word);
}

static const cvk_schema any_schema = {.kind = CVK_ANY};

static void write_any(cvk_walk *walk, const cvk_spot *spot, int index)
{
    lua_State *L = walk->L;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        cvk_buffer_add_string(walk->out, lua_toboolean(L, index) ? "true" : "false");
        return;
    case LUA_TNUMBER:
        write_number(walk, spot, index, &any_schema);
        return;
    case LUA_TSTRING:
        write_string(walk, spot, index, &any_schema);
        return;
    case LUA_TTABLE:
        break;
    default:
        cvk_model_fault(walk, spot, "is a %s, which JSON cannot hold", cvk_type_name(L, index));
        return;
    }
    switch (cvk_value_mark(L, index)) {
    case CVK_MARKED_INT64:
        write_int64(walk, spot, index, &any_schema);
        return;
    case CVK_MARKED_BYTES:
        write_bytes(walk, spot, index);
        return;
    case CVK_MARKED_ARRAY:
        write_list(walk, spot, index, &any_schema);
        return;
    case CVK_MARKED_OBJECT:
        write_names(walk, spot, index, &any_schema);
        return;
    case CVK_UNMARKED:
        break;
    }
    shape keys = shape_of(L, index);
    if (keys == SHAPE_MIXED)
        cvk_model_fault(walk, spot, "mixes positions and names, or has keys that are neither");
    else if (keys == SHAPE_LIST || keys == SHAPE_HOLES)
        write_list(walk, spot, index, &any_schema);
    else
        write_names(walk, spot, index, &any_schema);
}

static void write_null(cvk_walk *walk, const cvk_spot *spot, const cvk_schema *schema)
{
    if (schema->nullable || schema->kind == CVK_ANY || schema->kind == CVK_NULL)
        cvk_buffer_add_string(walk->out, "null");
    else
        cvk_model_fault(walk, spot, "may not be null");
}

enum { most_trials = 20000 }; /* of branches in one request, lest nested unions take for ever */

/* Whether a value of that Lua type may be what a schema says. */
static bool may_be(const cvk_schema *schema, int type)
{
    switch (schema->kind) {
    case CVK_STRING:
        return type == LUA_TSTRING;
    case CVK_INTEGER:
    case CVK_NUMBER:
        return type == LUA_TNUMBER;
    case CVK_BOOLEAN:
        return type == LUA_TBOOLEAN;
    case CVK_NULL:
        return type == LUA_TLIGHTUSERDATA;
    case CVK_ANY:
    case CVK_UNION:
        return true;
    default:
        return type == LUA_TTABLE;
    }
}

/* Which branch a table says that it is of, from 0; -1: none that there is, or nothing tells. */
static int told_branch(lua_State *L, int index, const cvk_schema *schema)
{
    int found = -1;
    if (schema->told_by == NULL || schema->words == NULL || !lua_istable(L, index))
        return -1;
    lua_pushstring(L, schema->told_by);
    lua_rawget(L, index);
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    for (int i = 0; word != NULL && found < 0 && schema->words[i] != NULL; i++)
        if (strcmp(schema->words[i], word) == 0)
            found = i;
    lua_pop(L, 1);
    return found;
}

/* Notes the faults of a union's nearest branch, which are at `faults`; or, where a table does not say of which
 * branch it is, that. */
static void note_nearest(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema,
                         int faults, int count)
{
    lua_State *L = walk->L;
    if (schema->told_by != NULL && lua_istable(L, index) && told_branch(L, index, schema) < 0) {
        cvk_spot told = {.up = spot, .name = schema->told_by};
        cvk_check_word(walk, &told, schema, "", 0);
        return;
    }
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, faults, i);
        cvk_walk_note(walk);
    }
}

/*
 * Writes a value as the first branch says that it fits. Where it fits none, the faults of the nearest one
 * are noted: of that which the value says, else of those whose type the value has the one with the fewest.
 */
static void write_union(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    lua_State *L = walk->L;
    int outer = walk->faults, outer_count = walk->fault_count, best = lua_gettop(L) + 1, fewest = 0;
    size_t before = walk->out->size;
    int told = told_branch(L, index, schema);
    bool is_near = false; /* the best branch is what the value says, or of its type */
    lua_pushnil(L);       /* the faults of the best branch */
    for (const cvk_schema *const *branch = schema->branches; *branch != NULL; branch++) {
        if (++walk->trials > most_trials)
            break;
        lua_pushnil(L);
        walk->faults = best + 1;
        walk->fault_count = 0;
        walk->out->size = before;
        cvk_model_write(walk, spot, index, *branch);
        if (walk->fault_count == 0)
            break;
        bool near =
            told >= 0 ? branch - schema->branches == told : may_be(*branch, lua_type(L, index));
        if (fewest == 0 || (near && !is_near) || (near == is_near && walk->fault_count < fewest)) {
            fewest = walk->fault_count;
            is_near = near;
            lua_replace(L, best);
        }
        lua_settop(L, best);
    }
    bool fits = walk->fault_count == 0 && lua_gettop(L) > best;
    walk->faults = outer;
    walk->fault_count = outer_count;
    if (!fits && fewest == 0)
        cvk_model_fault(walk, spot, "has too many forms to try");
    else if (!fits)
        note_nearest(walk, spot, index, schema, best, fewest);
    lua_settop(L, best - 1);
}

static void write_by_kind(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    switch (schema->kind) {
    case CVK_STRING:
        write_string(walk, spot, index, schema);
        break;
    case CVK_INTEGER:
    case CVK_NUMBER:
        write_number(walk, spot, index, schema);
        break;
    case CVK_BOOLEAN:
        write_boolean(walk, spot, index, schema);
        break;
    case CVK_UNION:
        write_union(walk, spot, index, schema);
        break;
    case CVK_MODEL:
        write_model(walk, spot, index, schema->model);
        break;
    case CVK_ARRAY:
        if (check_count(walk, spot, index, schema))
            write_list(walk, spot, index, schema->items);
        break;
    case CVK_MAP:
        write_object(walk, spot, index, schema->items);
        break;
    case CVK_OBJECT:
        write_object(walk, spot, index, &any_schema);
        break;
    default:
        write_any(walk, spot, index);
        break;
    }
}

void cvk_model_write(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    static const struct {
        int type;
        const char *name;
    } wanted[] = {
        [CVK_STRING] = {LUA_TSTRING, "a string"}, [CVK_INTEGER] = {LUA_TNUMBER, "a number"},
        [CVK_NUMBER] = {LUA_TNUMBER, "a number"}, [CVK_BOOLEAN] = {LUA_TBOOLEAN, "a boolean"},
        [CVK_MODEL] = {LUA_TTABLE, "an object"},  [CVK_ARRAY] = {LUA_TTABLE, "a list"},
        [CVK_MAP] = {LUA_TTABLE, "an object"},    [CVK_OBJECT] = {LUA_TTABLE, "an object"},
    };
    luaL_checkstack(walk->L, 8, "value too deep");
    if (cvk_is_null(walk->L, index))
        write_null(walk, spot, schema);
    else if (cvk_is_int64_number(walk->L, index, schema))
        write_int64(walk, spot, index, schema);
    else if ((size_t)schema->kind < CVK_COUNT(wanted) &&
             lua_type(walk->L, index) != wanted[schema->kind].type)
        cvk_fault_type(walk, spot, index, wanted[schema->kind].name);
    else
        write_by_kind(walk, spot, index, schema);
}
