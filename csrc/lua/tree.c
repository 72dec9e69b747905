/*
 * Large documents for Lua: the text stays in C, and only those parts of it become tables that are read.
 */
#include "lua/tree.h"

#include "base/json_tree.h"
#include "lua/compat.h"
#include "lua/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TREE_TYPE "convoke.core.tree"

enum {
    most_steps = 64, /* from one reference to the next */
    most_listed = 100,
    most_bytes = 256 * 1024 * 1024 /* of a file */
};

static cvk_tree *check_tree(lua_State *L)
{
    return luaL_checkudata(L, 1, TREE_TYPE);
}

static size_t check_node(lua_State *L, const cvk_tree *tree)
{
    size_t node = (size_t)luaL_checkinteger(L, 2);
    luaL_argcheck(L, node < tree->count, 2, "no such node");
    return node;
}

/* Tree:close(): gives back its memory; then it has no nodes. A Lua state that is being closed collects nothing
 * that is made meanwhile: there this is the only way. */
static int tree_close(lua_State *L)
{
    cvk_tree_free(check_tree(L));
    return 0;
}

/*
 * What a file holds, with a zero behind it; it is the caller's. NULL: it cannot be read, has another size than
 * it says, or does not begin as JSON's objects do.
 */
static char *read_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    char *text = NULL;
    long length = -1;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        length = ftell(file);
    if (length > 0 && length <= most_bytes && fseek(file, 0, SEEK_SET) == 0)
        text = malloc((size_t)length + 1);
    if (text != NULL) {
        *size = fread(text, 1, (size_t)length, file);
        text[*size] = '\0';
        if (*size != (size_t)length || text[strspn(text, " \t\r\n")] != '{') {
            free(text);
            text = NULL;
        }
    }
    if (file != NULL)
        fclose(file);
    return text;
}

static char *copy_text(lua_State *L, size_t *size)
{
    const char *text = luaL_checklstring(L, 1, size);
    char *copy = malloc(*size + 1);
    if (copy == NULL)
        luaL_error(L, "not enough memory");
    else
        memcpy(copy, text, *size + 1); /* Lua's strings have a zero behind them */
    return copy;
}

/*
 * core.tree(text, is_file): indexes JSON text, or what the file of that name holds. Returns a tree; or nil,
 * why not, the byte (from 1) and the JSON pointer of the value there; or false: the file cannot be read so.
 */
static int core_tree(lua_State *L)
{
    size_t size = 0;
    luaL_checkstring(L, 1);
    lua_settop(L, 2);
    cvk_tree *tree = cvk_lua_new_tree(L);
    char *copy = lua_toboolean(L, 2) ? read_file(lua_tostring(L, 1), &size) : copy_text(L, &size);
    if (copy == NULL) {
        lua_pushboolean(L, 0);
        return 1;
    }
    return cvk_lua_fill_tree(L, tree, copy, size);
}

cvk_tree *cvk_lua_new_tree(lua_State *L)
{
    cvk_tree *tree = lua_newuserdata(L, sizeof *tree);
    *tree = (cvk_tree){0};
    luaL_getmetatable(L, TREE_TYPE);
    lua_setmetatable(L, -2);
    return tree;
}

int cvk_lua_fill_tree(lua_State *L, cvk_tree *tree, char *text, size_t size)
{
    cvk_tree_fault fault;
    if (cvk_tree_read(tree, text, size, &fault))
        return 1;
    if (fault.why == NULL)
        return luaL_error(L, "not enough memory");
    lua_pushnil(L);
    lua_pushstring(L, fault.why);
    lua_pushinteger(L, (lua_Integer)fault.at + 1);
    lua_pushstring(L, fault.pointer);
    return 4;
}

/* Tree:find(pointer): the node that a JSON pointer names; or nil. */
static int tree_find(lua_State *L)
{
    const cvk_tree *tree = check_tree(L);
    size_t size, node;
    const char *pointer = luaL_checklstring(L, 2, &size);
    if (tree->count == 0 || !cvk_tree_find(tree, pointer, size, &node))
        return 0;
    lua_pushinteger(L, (lua_Integer)node);
    return 1;
}

/* Tree:member(node, name): the node of a member of an object; or nil. */
static int tree_member(lua_State *L)
{
    const cvk_tree *tree = check_tree(L);
    size_t node = check_node(L, tree), size;
    const char *name = luaL_checklstring(L, 3, &size);
    size_t member = cvk_tree_member(tree, node, name, size);
    if (member == 0)
        return 0;
    lua_pushinteger(L, (lua_Integer)member);
    return 1;
}

static void push_key(lua_State *L, const cvk_tree *tree, size_t node)
{
    char small[256];
    size_t room = tree->nodes[node].at - tree->nodes[node].key;
    char *to = room <= sizeof small ? small : lua_newuserdata(L, room);
    lua_pushlstring(L, to, cvk_tree_key(tree, node, to, room));
    if (to != small)
        lua_remove(L, -2);
}

/* Tree:members(node): an array of the names of an object's members and one of their nodes; of an array
 * the first is empty; nothing where the node is neither. */
static int tree_members(lua_State *L)
{
    const cvk_tree *tree = check_tree(L);
    size_t node = check_node(L, tree);
    char kind = tree->text[tree->nodes[node].at];
    int count = 0;
    if (kind != '{' && kind != '[')
        return 0;
    lua_newtable(L);
    lua_newtable(L);
    for (size_t child = node + 1; child < tree->nodes[node].next; child = tree->nodes[child].next) {
        count++;
        if (kind == '{') {
            push_key(L, tree, child);
            lua_rawseti(L, -3, count);
        }
        lua_pushinteger(L, (lua_Integer)child);
        lua_rawseti(L, -2, count);
    }
    return 2;
}

/* Tree:kind(node): "object", "array", "string", "number", "boolean" or "null". */
static int tree_kind(lua_State *L)
{
    const cvk_tree *tree = check_tree(L);
    char first = tree->text[tree->nodes[check_node(L, tree)].at];
    lua_pushstring(L, first == '{'                   ? "object"
                      : first == '['                 ? "array"
                      : first == '"'                 ? "string"
                      : first == 't' || first == 'f' ? "boolean"
                      : first == 'n'                 ? "null"
                                                     : "number");
    return 1;
}

/* Tree:read(node): the value, as free-form values of answers are read; nil and why it cannot be. */
static int tree_read(lua_State *L)
{
    static const cvk_schema any = {.kind = CVK_ANY};
    const cvk_tree *tree = check_tree(L);
    const cvk_node *node = &tree->nodes[check_node(L, tree)];
    if (cvk_model_read(L, tree->text + node->at, node->end - node->at, &any, CVK_ANSWER_PLAIN))
        return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

/* Tree:text(node): the value as it stands in the text. */
static int tree_text(lua_State *L)
{
    const cvk_tree *tree = check_tree(L);
    const cvk_node *node = &tree->nodes[check_node(L, tree)];
    lua_pushlstring(L, tree->text + node->at, node->end - node->at);
    return 1;
}

/* Tree:pointer(node): its JSON pointer. */
static int tree_pointer(lua_State *L)
{
    const cvk_tree *tree = check_tree(L);
    char pointer[1024];
    cvk_tree_pointer(tree, check_node(L, tree), pointer, sizeof pointer);
    lua_pushstring(L, pointer);
    return 1;
}

const cvk_tree *cvk_lua_check_tree(lua_State *L, int index)
{
    return luaL_checkudata(L, index, TREE_TYPE);
}

/* ---- references ---------------------------------------------------------------------------------- */

/* Whether a member's value is no part of the description but a sample. */
static bool is_sample(const cvk_tree *tree, size_t node)
{
    static const char *const names[] = {"example", "examples", "default", "enum", "const", "value"};
    char key[16];
    size_t size = cvk_tree_key(tree, node, key, sizeof key);
    if (size == SIZE_MAX)
        return false;
    for (size_t i = 0; i < CVK_COUNT(names); i++)
        if (strlen(names[i]) == size && memcmp(names[i], key, size) == 0)
            return true;
    return false;
}

/* Whether a node is a reference: a string named "$ref". */
static bool is_reference(const cvk_tree *tree, size_t node)
{
    const cvk_node *n = &tree->nodes[node];
    return n->key != CVK_NO_KEY && tree->text[n->at] == '"' && n->at - n->key >= 7 &&
           memcmp(tree->text + n->key, "\"$ref\"", 6) == 0;
}

static uint32_t hash_of(const char *text, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

/* Puts a reference into the table of those that were seen. Returns whether it was not there. */
static bool note(const cvk_tree *tree, uint32_t *seen, size_t room, size_t node)
{
    const char *text = tree->text + tree->nodes[node].at;
    size_t size = tree->nodes[node].end - tree->nodes[node].at;
    size_t i = hash_of(text, size) & (room - 1);
    for (; seen[i] != 0; i = (i + 1) & (room - 1)) {
        const cvk_node *other = &tree->nodes[seen[i]];
        if (other->end - other->at == size && memcmp(tree->text + other->at, text, size) == 0)
            return false;
    }
    seen[i] = (uint32_t)node;
    return true;
}

/* What is wrong with a reference within the text, or NULL. */
static const char *reference_fault(const cvk_tree *tree, size_t node)
{
    char text[1024];
    for (int step = 0; step < most_steps; step++) {
        size_t size = cvk_tree_string(tree, node, text, sizeof text), target;
        if (size == SIZE_MAX)
            return "is longer than a reference may be";
        if (size == 0 || text[0] != '#')
            return NULL; /* another file's */
        if (!cvk_tree_find(tree, text + 1, size - 1, &target))
            return "names nothing in the document";
        node = cvk_tree_member(tree, target, "$ref", 4);
        if (node == 0 || !is_reference(tree, node))
            return NULL;
    }
    return "leads from reference to reference without an end";
}

/* Adds a row { pointer =, ref =, fault = } to the array below. */
static void push_row(lua_State *L, const cvk_tree *tree, size_t node, const char *fault, int row)
{
    char pointer[1024];
    lua_createtable(L, 0, 3);
    cvk_tree_pointer(tree, node, pointer, sizeof pointer);
    lua_pushstring(L, pointer);
    lua_setfield(L, -2, "pointer");
    char ref[1024];
    size_t size = cvk_tree_string(tree, node, ref, sizeof ref);
    lua_pushlstring(L, ref, size == SIZE_MAX ? 0 : size);
    lua_setfield(L, -2, "ref");
    lua_pushstring(L, fault);
    lua_setfield(L, -2, "fault");
    lua_rawseti(L, -2, row);
}

/*
 * Tree:references(): an array of the references that lead nowhere, each { pointer =, ref =, fault = }, at
 * most 100; and one of those to other files, without `fault`. Each text is listed where it stands first.
 * References in samples are none.
 */
static int tree_references(lua_State *L)
{
    const cvk_tree *tree = check_tree(L);
    size_t count = 0, room = 64;
    int bad = 0, others = 0;
    for (size_t node = 0; node < tree->count; node++)
        count += is_reference(tree, node);
    while (room < 2 * count)
        room *= 2;
    uint32_t *seen = lua_newuserdata(L, room * sizeof *seen);
    memset(seen, 0, room * sizeof *seen);
    lua_newtable(L);
    lua_newtable(L);
    for (size_t node = 0; node < tree->count;) {
        if (is_sample(tree, node)) {
            node = tree->nodes[node].next;
            continue;
        }
        if (is_reference(tree, node) && note(tree, seen, room, node)) {
            const char *fault = reference_fault(tree, node);
            if (fault != NULL && bad < most_listed) {
                lua_pushvalue(L, -2);
                push_row(L, tree, node, fault, ++bad);
                lua_pop(L, 1);
            } else if (fault == NULL && tree->text[tree->nodes[node].at + 1] != '#') {
                push_row(L, tree, node, NULL, ++others);
            }
        }
        node++;
    }
    return 2;
}

void cvk_tree_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"close", tree_close},
        {"find", tree_find},
        {"kind", tree_kind},
        {"member", tree_member},
        {"members", tree_members},
        {"pointer", tree_pointer},
        {"read", tree_read},
        {"references", tree_references},
        {"text", tree_text},
        {"__gc", tree_close},
        {NULL, NULL},
    };
    luaL_newmetatable(L, TREE_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, core_tree);
    lua_setfield(L, -2, "tree");
}
