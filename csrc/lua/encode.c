#include "lua/encode.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lua/marks.h"

#include <math.h>

enum {
    /* What a value of Convex may be: see "Values" in its contract. */
    convex_levels = 64,
    convex_elements = 8192,
    convex_fields = 1024,
    convex_name_bytes = 1024,
};

static bool is_null(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == NULL;
}

static const char *type_name(lua_State *L, int index)
{
    return is_null(L, index) ? "null" : luaL_typename(L, index);
}

static void fault_type(cvk_walk *walk, const cvk_spot *spot, int index, const char *wanted)
{
    cvk_model_fault(walk, spot, "must be %s, not %s", wanted, type_name(walk->L, index));
}

/* ---- scalars: checked and given as text ------------------------------------------------------- */

static bool has_word(const char *const *words, const char *text, size_t size)
{
    for (; *words != NULL; words++)
        if (strlen(*words) == size && memcmp(*words, text, size) == 0)
            return true;
    return false;
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
static bool is_int64_number(lua_State *L, int index, const cvk_schema *schema)
{
    return (schema->kind == CVK_INTEGER || schema->kind == CVK_NUMBER) &&
           lua_type(L, index) == LUA_TTABLE && cvk_value_mark(L, index) == CVK_MARKED_INT64;
}

static bool check_string(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    lua_State *L = walk->L;
    size_t size;
    const char *text = lua_tolstring(L, index, &size);
    size_t length = cvk_utf8_length(text, size);
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
    } else {
        return true;
    }
    return false;
}

/* "1 to 365", "at least 0" */
static bool check_bounds(cvk_walk *walk, const cvk_spot *spot, double value,
                         const cvk_schema *schema)
{
    bool low = schema->bounded_below && value < schema->minimum;
    bool high = schema->bounded_above && value > schema->maximum;
    if (!low && !high)
        return true;
    char minimum[CVK_NUMBER_SIZE], maximum[CVK_NUMBER_SIZE];
    cvk_format_number(minimum, schema->minimum);
    cvk_format_number(maximum, schema->maximum);
    if (schema->bounded_below && schema->bounded_above)
        cvk_model_fault(walk, spot, "must be from %s to %s", minimum, maximum);
    else
        cvk_model_fault(walk, spot, "must be at %s %s", low ? "least" : "most",
                        low ? minimum : maximum);
    return false;
}

/* Writes the number, or int64, as text; 0 when there was a fault. */
static size_t check_integer(cvk_walk *walk, const cvk_spot *spot, int index,
                            const cvk_schema *schema, char text[CVK_NUMBER_SIZE])
{
    int64_t value;
    bool wrapped = lua_type(walk->L, index) == LUA_TTABLE;
    if (wrapped ? !cvk_int64_value(walk->L, index, &value)
                : !cvk_tointeger(walk->L, index, &value)) {
        cvk_model_fault(walk, spot,
                        wrapped ? "is an int64 that was changed" : "must be a whole number");
        return 0;
    }
    return check_bounds(walk, spot, (double)value, schema) ? cvk_format_integer(text, value) : 0;
}

/* Whether a double holds the number at `index` exactly. */
static bool fits_double(lua_State *L, int index)
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

static size_t check_number(cvk_walk *walk, const cvk_spot *spot, int index,
                           const cvk_schema *schema, char text[CVK_NUMBER_SIZE])
{
    double value = (double)lua_tonumber(walk->L, index);
    if (!isfinite(value)) {
        cvk_model_fault(walk, spot, "must be a finite number");
        return 0;
    }
    return check_bounds(walk, spot, value, schema) ? format_lua_number(walk->L, index, text) : 0;
}

/* Says what a number's schema allows, its words included. */
static void fault_number(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    if (schema->also == NULL) {
        fault_type(walk, spot, index, "a number");
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
            fault_type(walk, spot, index, "a string");
        else if (check_string(walk, spot, index, schema)) {
            lua_pushvalue(L, index);
            return true;
        }
        return false;
    case CVK_INTEGER:
    case CVK_NUMBER:
        whole = schema->kind == CVK_INTEGER && type == LUA_TNUMBER;
        if (whole || is_int64_number(L, index, schema))
            size = check_integer(walk, spot, index, schema, text);
        else if (type != LUA_TNUMBER)
            fault_number(walk, spot, index, schema);
        else
            size = check_number(walk, spot, index, schema, text);
        if (size > 0)
            lua_pushlstring(L, text, size);
        return size > 0;
    case CVK_BOOLEAN:
        if (type != LUA_TBOOLEAN) {
            fault_type(walk, spot, index, "a boolean");
            return false;
        }
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        return true;
    default:
        fault_type(walk, spot, index, "a plain value");
        return false;
    }
}

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
        const char *key = lua_tostring(L, -2);
        if (cvk_find_field(fields, count, key) < count)
            continue;
        cvk_spot spot = {.up = up, .name = key};
        const char *nearest = cvk_nearest_field(fields, count, key);
        if (nearest != NULL)
            cvk_model_fault(walk, &spot, "is not a field of %s; did you mean %s?", what, nearest);
        else
            cvk_model_fault(walk, &spot, "is not a field of %s", what);
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
        if (!lua_isnil(L, -1)) {
            present++;
            cvk_model_key(walk, field->name, strlen(field->name), &first);
            cvk_model_write(walk, &member, lua_gettop(L), &field->schema);
        } else if (field->required) {
            cvk_model_fault(walk, &member, "is required");
        }
        lua_pop(L, 1);
    }
    cvk_buffer_add_byte(walk->out, '}');
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        keys++;
    if (keys > present)
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
    size_t size = check_integer(walk, spot, index, schema, text);
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
    if (walk->convex && !fits_double(walk->L, index)) {
        cvk_model_fault(walk, spot,
                        "is no number that Convex's Float64 can hold; "
                        "convoke.int64 makes an Int64 of it");
        return;
    }
    size_t size = schema->kind == CVK_INTEGER ? check_integer(walk, spot, index, schema, text)
                                              : check_number(walk, spot, index, schema, text);
    cvk_buffer_add(walk->out, text, size);
}

static void write_string(cvk_walk *walk, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    size_t size;
    const char *text = lua_tolstring(walk->L, index, &size);
    if (check_string(walk, spot, index, schema))
        cvk_json_add_string(walk->out, text, size);
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
        cvk_model_fault(walk, spot, "is a %s, which JSON cannot hold", type_name(L, index));
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
        cvk_buffer_add_string(walk->out, lua_toboolean(walk->L, index) ? "true" : "false");
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
    if (is_null(walk->L, index))
        write_null(walk, spot, schema);
    else if (is_int64_number(walk->L, index, schema))
        write_int64(walk, spot, index, schema);
    else if ((size_t)schema->kind < CVK_COUNT(wanted) &&
             lua_type(walk->L, index) != wanted[schema->kind].type)
        fault_type(walk, spot, index, wanted[schema->kind].name);
    else
        write_by_kind(walk, spot, index, schema);
}
