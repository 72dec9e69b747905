/*
 * From Lua tables that describe an API to the structures of the catalogue.
 *
 * The tables have the shape in which lua/catalogue.h shows the built-in APIs, with what only documents have
 * beside it. They come from lua/convoke/openapi; what is wrong with them is a fault of ours and raises. A
 * schema that is one table in several places becomes one structure, so that it may hold itself.
 */
#include "lua/document.h"

#include "lua/compat.h"
#include "lua/decode.h"

#include <string.h>

#define DOCUMENT_TYPE "convoke.core.document"

enum { deepest_types = 150 };

/* One walk over tables. */
typedef struct builder {
    lua_State *L;
    cvk_document *document;
    int known;   /* stack index of a table: a table of Lua's -> the structure made of it */
    int pending; /* stack index of an array of types whose models are yet to be filled: they may
                          hold one another to any depth */
    int pending_count;
    int depth;
} builder;

typedef struct holder {
    cvk_document *document;
} holder;

/* Pushes the table of what is known, which the registry keeps for as long as the document's userdata lives. */
static void push_known(lua_State *L, const holder *held)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, held);
}

/* Takes the table on top, or nil, in its place. */
static void keep_known(lua_State *L, const holder *held)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, held);
}

static void *room(const builder *b, size_t size)
{
    void *memory = cvk_document_room(b->document, size);
    if (memory == NULL)
        luaL_error(b->L, "not enough memory");
    return memory;
}

/* ---- members of the table on top of the stack ----------------------------------------------------- */

/* The member as a text that the document owns, or NULL. */
static const char *text_of(const builder *b, const char *name)
{
    lua_State *L = b->L;
    size_t size;
    const char *copy = NULL;
    lua_getfield(L, -1, name);
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, -1, &size);
        copy = cvk_document_text(b->document, text, size);
        if (copy == NULL)
            luaL_error(L, "not enough memory");
    }
    lua_pop(L, 1);
    return copy;
}

static bool flag_of(const builder *b, const char *name)
{
    lua_getfield(b->L, -1, name);
    bool flag = lua_toboolean(b->L, -1) != 0;
    lua_pop(b->L, 1);
    return flag;
}

/* The member as a number; `*given`: whether it is one. */
static double number_of(const builder *b, const char *name, bool *given)
{
    lua_getfield(b->L, -1, name);
    double number = (double)lua_tonumber(b->L, -1);
    if (given != NULL)
        *given = lua_type(b->L, -1) == LUA_TNUMBER;
    lua_pop(b->L, 1);
    return number;
}

static size_t count_of(const builder *b, const char *name)
{
    double number = number_of(b, name, NULL);
    return number >= 1 && number < 1e9 ? (size_t)number : 0;
}

/* The position of the member's text among names that end with NULL; 0 where it is absent. */
static int choice_of(const builder *b, const char *name, const char *const *names)
{
    int choice = 0;
    lua_getfield(b->L, -1, name);
    if (!lua_isnil(b->L, -1)) {
        while (names[choice] != NULL && strcmp(names[choice], luaL_checkstring(b->L, -1)) != 0)
            choice++;
        if (names[choice] == NULL)
            luaL_error(b->L, "%s is none of ours: %s", name, lua_tostring(b->L, -1));
    }
    lua_pop(b->L, 1);
    return choice;
}

/* Pushes the array that is a member. Returns how many elements it has; 0: it is not there or empty, and
 * nothing is pushed. */
static size_t push_array(const builder *b, const char *name)
{
    lua_getfield(b->L, -1, name);
    size_t count = lua_istable(b->L, -1) ? cvk_rawlen(b->L, -1) : 0;
    if (count == 0)
        lua_pop(b->L, 1);
    return count;
}

static const char *const *texts_of(const builder *b, const char *name)
{
    lua_State *L = b->L;
    size_t count = push_array(b, name);
    if (count == 0)
        return NULL;
    const char **texts = room(b, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        lua_rawgeti(L, -1, (int)i + 1);
        const char *text = luaL_checklstring(L, -1, &size);
        texts[i] = cvk_document_text(b->document, text, size);
        if (texts[i] == NULL)
            luaL_error(L, "not enough memory");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return texts;
}

static const short *statuses_of(const builder *b, const char *name)
{
    size_t count = push_array(b, name);
    short *statuses = room(b, (count + 1) * sizeof *statuses);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(b->L, -1, (int)i + 1);
        statuses[i] = (short)lua_tointeger(b->L, -1);
        lua_pop(b->L, 1);
    }
    if (count > 0)
        lua_pop(b->L, 1);
    return statuses;
}

/* ---- types ------------------------------------------------------------------------------------------ */

static void read_schema(builder *b, cvk_schema *schema);
static const cvk_field *read_fields(builder *b, const char *name, size_t *count);

/* What has been made of the table on top, or NULL. */
static void *known(const builder *b)
{
    lua_pushvalue(b->L, -1);
    lua_rawget(b->L, b->known);
    void *made = lua_touserdata(b->L, -1);
    lua_pop(b->L, 1);
    return made;
}

static void make_known(const builder *b, void *made)
{
    lua_pushvalue(b->L, -1);
    lua_pushlightuserdata(b->L, made);
    lua_rawset(b->L, b->known);
}

/* The schema that is a member, or NULL; pointers to it are the same for the same table. */
static const cvk_schema *schema_of(builder *b, const char *name)
{
    cvk_schema *schema = NULL;
    lua_getfield(b->L, -1, name);
    if (lua_istable(b->L, -1)) {
        schema = known(b);
        if (schema == NULL) {
            schema = room(b, sizeof *schema);
            make_known(b, schema);
            read_schema(b, schema);
        }
    }
    lua_pop(b->L, 1);
    return schema;
}

/* The model whose fields the table on top has. It is known by the table of its fields. */
static const cvk_model *read_model(builder *b)
{
    lua_State *L = b->L;
    lua_getfield(L, -1, "fields");
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        return NULL;
    }
    cvk_model *model = known(b);
    if (model != NULL) {
        lua_pop(L, 1);
        return model;
    }
    model = room(b, sizeof *model);
    make_known(b, model);
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, b->pending, ++b->pending_count);
    return model;
}

/* Fills all models that were met, and those met on the way. */
static void fill_models(builder *b)
{
    for (int i = 1; i <= b->pending_count; i++) {
        lua_rawgeti(b->L, b->pending, i);
        lua_getfield(b->L, -1, "fields");
        cvk_model *model = known(b);
        lua_pop(b->L, 1);
        model->name = text_of(b, "model");
        if (model->name == NULL)
            model->name = "the object";
        model->rest = schema_of(b, "rest");
        model->fields = read_fields(b, "fields", &model->field_count);
        lua_pop(b->L, 1);
    }
}

static const cvk_schema *const *read_branches(builder *b)
{
    size_t count = push_array(b, "branches");
    if (count == 0)
        return NULL;
    const cvk_schema **branches = room(b, (count + 1) * sizeof(const cvk_schema *));
    for (size_t i = 0; i < count; i++) {
        cvk_schema *schema;
        lua_rawgeti(b->L, -1, (int)i + 1);
        schema = known(b);
        if (schema == NULL) {
            schema = room(b, sizeof *schema);
            make_known(b, schema);
            read_schema(b, schema);
        }
        branches[i] = schema;
        lua_pop(b->L, 1);
    }
    lua_pop(b->L, 1);
    return branches;
}

static cvk_kind kind_of(const builder *b)
{
    static const char *const names[] = {"any",   "string", "integer", "number", "boolean",
                                        "array", "null",   "object",  NULL};
    static const cvk_kind kinds[] = {CVK_ANY,     CVK_STRING, CVK_INTEGER, CVK_NUMBER,
                                     CVK_BOOLEAN, CVK_ARRAY,  CVK_NULL,    CVK_OBJECT};
    return kinds[choice_of(b, "type", names)];
}

/* Fills a schema by the table on top. */
static void read_schema(builder *b, cvk_schema *schema)
{
    luaL_checkstack(b->L, 12, "types of a document");
    if (++b->depth > deepest_types)
        luaL_error(b->L, "types are nested too deep");
    schema->kind = kind_of(b);
    schema->nullable = flag_of(b, "nullable");
    schema->minimum = number_of(b, "minimum", &schema->bounded_below);
    schema->maximum = number_of(b, "maximum", &schema->bounded_above);
    schema->above = flag_of(b, "above");
    schema->below = flag_of(b, "below");
    schema->bytes = flag_of(b, "bytes");
    schema->min_length = count_of(b, "min_length");
    schema->max_length = count_of(b, "max_length");
    schema->pattern = text_of(b, "pattern");
    schema->words = texts_of(b, "enum");
    schema->branches = read_branches(b);
    schema->told_by = text_of(b, "told_by");
    if (schema->told_by != NULL)
        schema->words = texts_of(b, "branch_words");
    schema->model = read_model(b);
    schema->items = schema_of(b, "items");
    if (schema->branches != NULL || flag_of(b, "union"))
        schema->kind = CVK_UNION;
    else if (schema->kind == CVK_OBJECT && schema->model != NULL)
        schema->kind = CVK_MODEL;
    else if (schema->kind == CVK_OBJECT && schema->items != NULL)
        schema->kind = CVK_MAP;
    b->depth--;
}

static const cvk_style *read_style(const builder *b)
{
    static const char *const names[] = {"simple",     "label",          "matrix",
                                        "form",       "spaceDelimited", "pipeDelimited",
                                        "deepObject", "json",           NULL};
    cvk_style *style = NULL;
    lua_getfield(b->L, -1, "style");
    bool given = !lua_isnil(b->L, -1);
    lua_pop(b->L, 1);
    if (given) {
        style = room(b, sizeof *style);
        style->kind = (cvk_style_kind)choice_of(b, "style", names);
        style->explode = flag_of(b, "explode");
        style->reserved = flag_of(b, "reserved");
        style->type = text_of(b, "part_type");
    }
    return style;
}

static const cvk_field *read_fields(builder *b, const char *name, size_t *count)
{
    static const char *const places[] = {"body", "path", "query", "header", "cookie", NULL};
    *count = push_array(b, name);
    if (*count == 0)
        return NULL;
    cvk_field *fields = room(b, *count * sizeof *fields);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(b->L, -1, (int)i + 1);
        fields[i].name = text_of(b, "name");
        fields[i].place = (cvk_place)choice_of(b, "where", places);
        fields[i].required = flag_of(b, "required");
        fields[i].wire = text_of(b, "wire");
        fields[i].style = read_style(b);
        read_schema(b, &fields[i].schema);
        lua_pop(b->L, 1);
    }
    lua_pop(b->L, 1);
    return fields;
}

/* ---- operations --------------------------------------------------------------------------------------- */

static const cvk_answer *read_answers(builder *b, size_t *count)
{
    *count = push_array(b, "answers");
    if (*count == 0)
        return NULL;
    cvk_answer *answers = room(b, *count * sizeof *answers);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(b->L, -1, (int)i + 1);
        answers[i].status = (short)number_of(b, "status", NULL);
        read_schema(b, &answers[i].schema);
        lua_pop(b->L, 1);
    }
    lua_pop(b->L, 1);
    return answers;
}

static const cvk_operation *read_operation(builder *b)
{
    static const char *const methods[] = {"GET",  "POST",    "PUT",   "PATCH", "DELETE",
                                          "HEAD", "OPTIONS", "TRACE", NULL};
    static const char *const forms[] = {"json", "form", "multipart", "raw", NULL};
    cvk_operation *o = room(b, sizeof *o);
    o->id = text_of(b, "id");
    o->resource = text_of(b, "resource");
    o->verb = text_of(b, "verb");
    o->method = (cvk_method)choice_of(b, "method", methods);
    o->path = text_of(b, "wire_path");
    o->path_has_query = o->path != NULL && strchr(o->path, '?') != NULL;
    o->params = read_fields(b, "params", &o->param_count);
    o->has_body = flag_of(b, "body");
    o->whole_body = flag_of(b, "whole_body");
    o->optional_body = flag_of(b, "optional_body");
    o->no_credential = flag_of(b, "no_credential");
    o->safe = flag_of(b, "safe");
    o->idempotent = flag_of(b, "idempotent");
    o->body_form = (cvk_body_form)choice_of(b, "body_form", forms);
    o->content_type = text_of(b, "content_type");
    o->accept = text_of(b, "accept");
    o->server = text_of(b, "server");
    o->rest = schema_of(b, "rest");
    o->security = count_of(b, "security");
    o->success = statuses_of(b, "success");
    o->errors = statuses_of(b, "errors");
    o->typed_answer = flag_of(b, "typed_answer");
    o->answers = read_answers(b, &o->answer_count);
    lua_getfield(b->L, -1, "answer");
    read_schema(b, &o->answer);
    lua_pop(b->L, 1);
    return o;
}

static holder *check_document(lua_State *L)
{
    return luaL_checkudata(L, 1, DOCUMENT_TYPE);
}

static builder begin(lua_State *L)
{
    builder b = {.L = L, .document = check_document(L)->document, .known = 4, .pending = 5};
    lua_settop(L, 3);
    push_known(L, check_document(L));
    lua_newtable(L);
    lua_pushvalue(L, 3);
    return b;
}

/*
 * Document:compile(index, operation): makes the operation known under an index, from 0, described by a table
 * of the shape that lua/catalogue.h tells. Beside that an operation has wire_path (its path as it is
 * sent), body_form ("json", "form", "multipart", "raw"), content_type, optional_body, accept, server,
 * answers (an array of types with `status`), typed_answer, security, rest; a parameter wire, style, explode,
 * reserved, part_type; a type branches, told_by and branch_words (an array beside that of the branches), rest,
 * bytes, above, below.
 */
static int document_compile(lua_State *L)
{
    size_t index = (size_t)luaL_checkinteger(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    builder b = begin(L);
    luaL_argcheck(L, index < cvk_document_api(b.document)->more_count, 2, "no such operation");
    const cvk_operation *operation = read_operation(&b);
    fill_models(&b);
    cvk_document_compiled(b.document, index, operation);
    return 0;
}

/* Document:size(): how much memory its structures take, in bytes. */
static int document_size(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)cvk_document_size(check_document(L)->document));
    return 1;
}

static int document_gc(lua_State *L)
{
    holder *held = check_document(L);
    cvk_decode_forget(L);
    lua_pushnil(L);
    keep_known(L, held);
    cvk_document_release(held->document);
    held->document = NULL;
    return 0;
}

/* ---- the API -------------------------------------------------------------------------------------------- */

static void read_auths(builder *b, cvk_api *api)
{
    static const char *const places[] = {"header", "basic", "cookie", "query", NULL};
    size_t count = push_array(b, "auths");
    if (count == 0)
        return;
    cvk_auth *auths = room(b, count * sizeof *auths);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(b->L, -1, (int)i + 1);
        auths[i].option = text_of(b, "option");
        auths[i].partner = text_of(b, "partner");
        auths[i].place = (cvk_auth_place)choice_of(b, "place", places);
        auths[i].name = text_of(b, "name");
        auths[i].prefix = text_of(b, "prefix");
        auths[i].renewable = flag_of(b, "renewable");
        auths[i].spaces = flag_of(b, "spaces");
        if (auths[i].prefix == NULL)
            auths[i].prefix = "";
        lua_pop(b->L, 1);
    }
    lua_pop(b->L, 1);
    api->auths = auths;
    api->auth_count = count;
}

/*
 * core.document(count, api): an API of so many operations, described by a table of the shape that
 * lua/catalogue.h tells, without operations: name, title, accept, auths, request_id_headers, anonymous.
 */
static int core_document(lua_State *L)
{
    size_t count = (size_t)luaL_checkinteger(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    holder *held = lua_newuserdata(L, sizeof *held);
    held->document = NULL;
    luaL_getmetatable(L, DOCUMENT_TYPE);
    lua_setmetatable(L, -2);
    lua_newtable(L);
    keep_known(L, held);
    held->document = cvk_document_new(count);
    if (held->document == NULL)
        return luaL_error(L, "not enough memory");
    builder b = {.L = L, .document = held->document};
    cvk_api *api = cvk_document_api(held->document);
    lua_pushvalue(L, 2);
    api->name = text_of(&b, "name");
    api->title = text_of(&b, "title");
    api->accept = text_of(&b, "accept");
    api->request_id_headers = texts_of(&b, "request_id_headers");
    api->anonymous = flag_of(&b, "anonymous");
    read_auths(&b, api);
    lua_pop(L, 1);
    return 1;
}

cvk_document *cvk_lua_document(lua_State *L, int index)
{
    const holder *held = luaL_testudata(L, index, DOCUMENT_TYPE);
    return held == NULL ? NULL : held->document;
}

void cvk_document_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"compile", document_compile},
        {"size", document_size},
        {"__gc", document_gc},
        {NULL, NULL},
    };
    luaL_newmetatable(L, DOCUMENT_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, core_document);
    lua_setfield(L, -2, "document");
}
