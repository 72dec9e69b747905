#include "lua/records.h"

#include "base/records.h"
#include "lua/compat.h"
#include "lua/decode.h"
#include "lua/tree.h"

#include <stdio.h>
#include <stdlib.h>

#define RECORDS_TYPE "convoke.core.records"
#define RECORDER_TYPE "convoke.core.recorder"

static cvk_records *check_records(lua_State *L)
{
    return luaL_checkudata(L, 1, RECORDS_TYPE);
}

static cvk_recorder *check_recorder(lua_State *L)
{
    return luaL_checkudata(L, 1, RECORDER_TYPE);
}

/* ---- hashes ------------------------------------------------------------------------------------------- */

static const unsigned char *check_key(lua_State *L, int index)
{
    size_t size;
    const char *key = luaL_checklstring(L, index, &size);
    luaL_argcheck(L, size == CVK_SIPHASH_KEY, index, "a key has 16 bytes");
    return (const unsigned char *)key;
}

/*
 * core.digest(key, text, is_file): the hash of a text or a tree's text, or of what the file of that name
 * holds, as 16 digits; nil: the file cannot be read. The key has 16 bytes.
 */
static int core_digest(lua_State *L)
{
    const unsigned char *key = check_key(L, 1);
    uint64_t hash = 0;
    if (lua_toboolean(L, 3)) {
        if (!cvk_hash_file(luaL_checkstring(L, 2), key, &hash))
            return 0;
    } else {
        size_t size;
        const char *text;
        if (lua_type(L, 2) == LUA_TSTRING) {
            text = lua_tolstring(L, 2, &size);
        } else {
            const cvk_tree *tree = cvk_lua_check_tree(L, 2);
            text = tree->text;
            size = tree->size;
        }
        cvk_siphash state;
        cvk_siphash_begin(&state, key);
        cvk_siphash_add(&state, text, size);
        hash = cvk_siphash_end(&state);
    }
    char digits[17];
    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)hash);
    lua_pushstring(L, digits);
    return 1;
}

/* core.stamp(name): a text that stays the same as long as the bytes of the file of that name do; nil: there is
 * none, or its times do not show that, see cvk_file_stamp(). */
static int core_stamp(lua_State *L)
{
    char stamp[CVK_STAMP];
    if (!cvk_file_stamp(luaL_checkstring(L, 1), stamp))
        return 0;
    lua_pushstring(L, stamp);
    return 1;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

/* core.records(path): opens such a file; nil: there is none that is whole and this user's own. */
static int core_records(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    cvk_records *records = lua_newuserdata(L, sizeof *records);
    *records = (cvk_records){0};
    luaL_getmetatable(L, RECORDS_TYPE);
    lua_setmetatable(L, -2);
    return cvk_records_open(records, path) ? 1 : 0;
}

/* Records:key(): the key of its hash, 16 bytes that others do not know. */
static int records_key(lua_State *L)
{
    lua_pushlstring(L, (const char *)check_records(L)->key, CVK_SIPHASH_KEY);
    return 1;
}

/* The text that begins where the argument says, or NULL. A number that is none of a place finds nothing. */
static char *read_text(lua_State *L, const cvk_records *records, size_t *size)
{
    lua_Number at = luaL_optnumber(L, 2, (lua_Number)records->root);
    return at >= 0 && at < 1e15 ? cvk_records_read(records, (uint64_t)at, size) : NULL;
}

/* Records:tree(at): the JSON text that begins there as a tree, see core.tree(); of the root where `at` is nil.
 * nil: there is none. */
static int records_tree(lua_State *L)
{
    const cvk_records *records = check_records(L);
    size_t size;
    lua_settop(L, 2);
    cvk_tree *tree = cvk_lua_new_tree(L);
    char *text = read_text(L, records, &size);
    return text == NULL ? 0 : cvk_lua_fill_tree(L, tree, text, size);
}

/* Records:read(at): the value of the JSON text that begins there, as core.read() has it; of the root where `at`
 * is nil. nil: there is none. */
static int records_read(lua_State *L)
{
    static const cvk_schema any = {.kind = CVK_ANY};
    const cvk_records *records = check_records(L);
    size_t size;
    lua_settop(L, 2);
    cvk_tree *holder = cvk_lua_new_tree(L); /* frees the text, whatever is raised */
    holder->text = read_text(L, records, &size);
    return holder->text != NULL && cvk_model_read(L, holder->text, size, &any, CVK_ANSWER_PLAIN)
               ? 1
               : 0;
}

static int records_gc(lua_State *L)
{
    cvk_records_close(check_records(L));
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

/* core.recorder(path): begins such a file; nil: none can be written there. */
static int core_recorder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    cvk_recorder *recorder = lua_newuserdata(L, sizeof *recorder);
    *recorder = (cvk_recorder){0};
    luaL_getmetatable(L, RECORDER_TYPE);
    lua_setmetatable(L, -2);
    return cvk_recorder_open(recorder, path) ? 1 : 0;
}

/* Recorder:key(): as Records:key(). */
static int recorder_key(lua_State *L)
{
    lua_pushlstring(L, (const char *)check_recorder(L)->key, CVK_SIPHASH_KEY);
    return 1;
}

/* Recorder:add(text) or Recorder:add(tree, node): writes a text, or a tree's node as JSON; returns where it
 * begins, or 0: it is too long. */
static int recorder_add(lua_State *L)
{
    cvk_recorder *recorder = check_recorder(L);
    uint64_t at;
    if (lua_type(L, 2) == LUA_TSTRING) {
        size_t size;
        const char *text = lua_tolstring(L, 2, &size);
        at = cvk_recorder_add(recorder, text, size);
    } else {
        const cvk_tree *tree = cvk_lua_check_tree(L, 2);
        size_t node = (size_t)luaL_checkinteger(L, 3);
        luaL_argcheck(L, node < tree->count, 3, "no such node");
        char *text = malloc(tree->nodes[node].end - tree->nodes[node].at + 1);
        if (text == NULL)
            return luaL_error(L, "not enough memory");
        at = cvk_recorder_add(recorder, text, cvk_tree_compact(tree, node, text));
        free(text);
    }
    lua_pushnumber(L, (lua_Number)at);
    return 1;
}

/* Recorder:finish(root): puts the file in its place. Returns whether that was done. */
static int recorder_finish(lua_State *L)
{
    uint64_t root = (uint64_t)luaL_checknumber(L, 2);
    lua_pushboolean(L, cvk_recorder_finish(check_recorder(L), root));
    return 1;
}

static int recorder_gc(lua_State *L)
{
    cvk_recorder_close(check_recorder(L));
    return 0;
}

static void add_type(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void cvk_records_register(lua_State *L)
{
    static const luaL_Reg of_records[] = {
        {"key", records_key}, {"read", records_read}, {"tree", records_tree},
        {"__gc", records_gc}, {NULL, NULL},
    };
    static const luaL_Reg of_recorders[] = {
        {"add", recorder_add}, {"close", recorder_gc}, {"finish", recorder_finish},
        {"key", recorder_key}, {"__gc", recorder_gc},  {NULL, NULL},
    };
    static const luaL_Reg functions[] = {
        {"digest", core_digest},
        {"recorder", core_recorder},
        {"records", core_records},
        {"stamp", core_stamp},
        {NULL, NULL},
    };
    add_type(L, RECORDS_TYPE, of_records);
    add_type(L, RECORDER_TYPE, of_recorders);
    luaL_setfuncs(L, functions, 0);
}
