#include "lua/parts.h"

#include "base/chance.h"
#include "http/styles.h"
#include "lua/encode.h"
#include "lua/scalars.h"

#include <lualib.h>
#include <stdio.h>

/* A list of a form repeats its name, an object is JSON. */
static const cvk_style form_style = {.kind = CVK_STYLE_FORM, .explode = true},
                       json_style = {.kind = CVK_STYLE_JSON};

/*
 * Pushes the JSON text of the value at `index`. Returns whether there is one: a fault of the value is noted,
 * and nothing pushed then.
 */
static bool push_json(cvk_parts *parts, const cvk_spot *spot, int index, const cvk_schema *schema)
{
    cvk_walk *walk = parts->walk;
    cvk_buffer *out = walk->out;
    int faults = walk->fault_count;
    cvk_buffer_clear(parts->scratch);
    walk->out = parts->scratch;
    cvk_model_write(walk, spot, index, schema);
    walk->out = out;
    if (walk->fault_count > faults)
        return false;
    if (parts->scratch->failed)
        luaL_error(walk->L, "not enough memory");
    lua_pushlstring(walk->L, parts->scratch->data, parts->scratch->size);
    return true;
}

/* ---- parameters ------------------------------------------------------------------------------------------ */

static const char *wire_name(const cvk_field *field)
{
    return field->wire != NULL ? field->wire : field->name;
}

/* Pushes the text of the cookies that the request has so far, with what goes before the next one. */
static void push_cookies(lua_State *L, const cvk_buffer *lines)
{
    static const char prefix[] = "Cookie: ";
    for (size_t i = 0; i < lines->size; i += strlen(lines->data + i) + 1) {
        if (strncmp(lines->data + i, prefix, sizeof prefix - 1) == 0) {
            lua_pushfstring(L, "%s; ", lines->data + i + sizeof prefix - 1);
            return;
        }
    }
    lua_pushliteral(L, "");
}

/* Adds the parameter, which is the JSON text on top, as a header or cookie. Returns what is wrong with it. */
static const char *add_to_head(cvk_parts *parts, const cvk_field *field)
{
    lua_State *L = parts->walk->L;
    size_t size;
    const char *json = lua_tolstring(L, -1, &size), *name = wire_name(field);
    cvk_buffer *text = parts->scratch;
    cvk_buffer_clear(text);
    cvk_style_text(text, name, field->style, field->place, json, size);
    if (text->failed)
        luaL_error(L, "not enough memory");
    if (field->place == CVK_HEADER)
        return cvk_request_header(parts->request, name, text->size == 0 ? "" : text->data,
                                  text->size);
    push_cookies(L, &parts->request->headers);
    lua_pushfstring(L, "%s=", name);
    lua_pushlstring(L, text->size == 0 ? "" : text->data, text->size);
    lua_concat(L, 3);
    const char *cookies = lua_tolstring(L, -1, &size);
    const char *fault = cvk_request_header(parts->request, "Cookie", cookies, size);
    lua_pop(L, 1);
    return fault;
}

void cvk_parts_param(cvk_parts *parts, const cvk_field *field, const cvk_spot *spot)
{
    lua_State *L = parts->walk->L;
    const char *fault = NULL;
    size_t size;
    if (!push_json(parts, spot, lua_gettop(L), &field->schema))
        return;
    const char *json = lua_tolstring(L, -1, &size);
    if (field->place == CVK_PATH)
        fault = cvk_request_styled_path(parts->request, wire_name(field), field->style, json, size);
    else if (field->place == CVK_QUERY)
        cvk_request_styled_query(parts->request, wire_name(field), field->style, json, size);
    else
        fault = add_to_head(parts, field);
    if (fault != NULL)
        cvk_model_fault(parts->walk, spot, "%s", fault);
    lua_pop(L, 1);
}

/* ---- forms ------------------------------------------------------------------------------------------------- */

static void add_form_field(cvk_parts *parts, const cvk_field *field, const char *json, size_t size)
{
    const cvk_style *style = field->style;
    if (style == NULL)
        style = size > 0 && json[0] == '{' ? &json_style : &form_style;
    cvk_style_pairs(&parts->request->body, wire_name(field), style, &parts->separator, json, size);
}

/* ---- multipart ----------------------------------------------------------------------------------------------- */

/* Whether the value on top is a function or a file of Lua's. */
static bool is_source(lua_State *L)
{
    if (!lua_isuserdata(L, -1) || !lua_getmetatable(L, -1))
        return lua_isfunction(L, -1);
    luaL_getmetatable(L, LUA_FILEHANDLE);
    bool is_file = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_file;
}

bool cvk_parts_source(cvk_parts *parts, int index)
{
    lua_State *L = parts->walk->L;
    if (parts->sources == 0)
        return false;
    if (lua_istable(L, index))
        lua_getfield(L, index, "data");
    else
        lua_pushvalue(L, index);
    bool is = is_source(L);
    lua_pop(L, 1);
    if (!is)
        return false;
    int count = (int)cvk_rawlen(L, parts->sources);
    lua_pushinteger(L, (lua_Integer)parts->request->body.size);
    lua_rawseti(L, parts->sources, count + 1);
    lua_pushvalue(L, index);
    lua_rawseti(L, parts->sources, count + 2);
    return true;
}

/* A part on its way: texts that are absent are NULL. */
typedef struct part {
    const char *name, *file_name, *type;
} part;

/* What quotes a name in a part's head may not hold (WHATWG HTML, multipart/form-data). */
static void add_name(cvk_buffer *to, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '"')
            cvk_buffer_add_string(to, "%22");
        else if (*name == '\r')
            cvk_buffer_add_string(to, "%0D");
        else if (*name == '\n')
            cvk_buffer_add_string(to, "%0A");
        else
            cvk_buffer_add_byte(to, *name);
    }
}

static void begin_part(cvk_parts *parts, const part *about)
{
    cvk_buffer *body = &parts->request->body;
    cvk_buffer_add_string(body, "--");
    cvk_buffer_add_string(body, parts->boundary);
    cvk_buffer_add_string(body, "\r\nContent-Disposition: form-data; name=\"");
    add_name(body, about->name);
    cvk_buffer_add_byte(body, '"');
    if (about->file_name != NULL) {
        cvk_buffer_add_string(body, "; filename=\"");
        add_name(body, about->file_name);
        cvk_buffer_add_byte(body, '"');
    }
    if (about->type != NULL) {
        cvk_buffer_add_string(body, "\r\nContent-Type: ");
        cvk_buffer_add_string(body, about->type);
    }
    cvk_buffer_add_string(body, "\r\n\r\n");
}

static void add_part(cvk_parts *parts, const part *about, const char *data, size_t size)
{
    begin_part(parts, about);
    cvk_buffer_add(&parts->request->body, data, size);
    cvk_buffer_add_string(&parts->request->body, "\r\n");
}

/* Pushes a member of the table at `index`, which must be a text of one line or absent; NULL then. */
static const char *push_line(cvk_parts *parts, const cvk_spot *spot, int index, const char *name)
{
    lua_State *L = parts->walk->L;
    lua_getfield(L, index, name);
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    if (text == NULL && !lua_isnil(L, -1))
        cvk_model_fault(parts->walk, spot, "has a %s that is no string", name);
    if (text != NULL && (strpbrk(text, "\r\n") != NULL || strlen(text) != cvk_rawlen(L, -1)))
        cvk_model_fault(parts->walk, spot, "has a %s of more than one line", name);
    return text;
}

/*
 * Adds a file: a string, what is read piece by piece, or a table { data =, filename =, type = }. `about` says what goes without these.
 */
static void add_file(cvk_parts *parts, const cvk_spot *spot, int index, part about)
{
    lua_State *L = parts->walk->L;
    int top = lua_gettop(L);
    size_t size;
    if (about.type == NULL)
        about.type = "application/octet-stream";
    about.file_name = "file";
    if (lua_istable(L, index)) {
        const char *given = push_line(parts, spot, index, "filename");
        about.file_name = given != NULL ? given : about.file_name;
        given = push_line(parts, spot, index, "type");
        about.type = given != NULL ? given : about.type;
        lua_getfield(L, index, "data");
    } else {
        lua_pushvalue(L, index);
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *data = lua_tolstring(L, -1, &size);
        add_part(parts, &about, data, size);
    } else if (parts->sources != 0 && is_source(L)) {
        begin_part(parts, &about);
        cvk_parts_source(parts, index);
        cvk_buffer_add_string(&parts->request->body, "\r\n");
    } else {
        cvk_model_fault(parts->walk, spot,
                        "must be a string, a function, an open file or a table { data =, "
                        "filename =, type =, size = }");
    }
    lua_settop(L, top);
}

typedef struct json_parts {
    cvk_parts *parts;
    part about;
} json_parts;

static void add_text_part(void *context, const cvk_style_item *item)
{
    json_parts *j = context;
    part about = j->about;
    if (about.type == NULL && item->is_object)
        about.type = "application/json";
    add_part(j->parts, &about, item->text.size == 0 ? "" : item->text.data, item->text.size);
}

/* Adds a value that has been checked: a list is as many parts, an object one of JSON. */
static void add_value(cvk_parts *parts, part about, const char *json, size_t size)
{
    if (size > 0 && json[0] == '{') {
        if (about.type == NULL)
            about.type = "application/json";
        add_part(parts, &about, json, size);
    } else {
        json_parts j = {.parts = parts, .about = about};
        cvk_style_each(json, size, add_text_part, &j);
    }
}

static void add_multipart_field(cvk_parts *parts, const cvk_field *field, const cvk_spot *spot)
{
    lua_State *L = parts->walk->L;
    int index = lua_gettop(L);
    const cvk_schema *schema = &field->schema;
    part about = {.name = wire_name(field),
                  .type = field->style == NULL ? NULL : field->style->type};
    if (schema->bytes) {
        add_file(parts, spot, index, about);
    } else if (schema->kind == CVK_ARRAY && schema->items->bytes && lua_istable(L, index)) {
        for (size_t i = 1, count = cvk_rawlen(L, index); i <= count; i++) {
            cvk_spot element = {.up = spot, .index = (int64_t)i};
            lua_rawgeti(L, index, (int)i);
            add_file(parts, &element, lua_gettop(L), about);
            lua_pop(L, 1);
        }
    } else if (push_json(parts, spot, index, schema)) {
        size_t size;
        const char *json = lua_tolstring(L, -1, &size);
        add_value(parts, about, json, size);
        lua_pop(L, 1);
    }
}

void cvk_parts_field(cvk_parts *parts, const cvk_field *field, const cvk_spot *spot)
{
    lua_State *L = parts->walk->L;
    size_t size;
    if (parts->request->operation->body_form == CVK_BODY_MULTIPART) {
        add_multipart_field(parts, field, spot);
    } else if (push_json(parts, spot, lua_gettop(L), &field->schema)) {
        const char *json = lua_tolstring(L, -1, &size);
        add_form_field(parts, field, json, size);
        lua_pop(L, 1);
    }
}

bool cvk_parts_rest(cvk_parts *parts, int index, const cvk_model *model)
{
    lua_State *L = parts->walk->L;
    bool any = false;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        size_t size = 0;
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &size) : NULL;
        cvk_field field = {.name = name, .schema = *model->rest};
        cvk_spot spot = {.name = name == NULL ? "params" : name};
        if (name == NULL)
            cvk_model_fault(parts->walk, &spot, "has a key that is no text");
        else if (strlen(name) != size)
            cvk_model_fault(parts->walk, &spot, "has a zero byte in its name");
        else if (cvk_find_field(model->fields, model->field_count, name) == model->field_count)
            cvk_parts_field(parts, &field, &spot);
        else
            continue;
        any = true;
    }
    return any;
}

void cvk_parts_begin(cvk_parts *parts)
{
    parts->separator = '\0';
    if (parts->request->operation->body_form == CVK_BODY_MULTIPART)
        snprintf(parts->boundary, sizeof parts->boundary, "convoke-%08x%08x%08x",
                 (unsigned)(cvk_chance() * 4294967295.0), (unsigned)(cvk_chance() * 4294967295.0),
                 (unsigned)(cvk_chance() * 4294967295.0));
}

void cvk_parts_end(cvk_parts *parts)
{
    cvk_request *request = parts->request;
    const char *type = request->operation->content_type;
    if (request->operation->body_form == CVK_BODY_MULTIPART) {
        char text[80 + CVK_BOUNDARY_SIZE];
        cvk_buffer_add_string(&request->body, "--");
        cvk_buffer_add_string(&request->body, parts->boundary);
        cvk_buffer_add_string(&request->body, "--\r\n");
        snprintf(text, sizeof text, "multipart/form-data; boundary=%s", parts->boundary);
        cvk_request_header(request, "Content-Type", text, strlen(text));
    } else {
        type = type != NULL ? type : "application/json";
        cvk_request_header(request, "Content-Type", type, strlen(type));
    }
}
