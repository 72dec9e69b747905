/*
 * core.store: journals of jobs (store/store.h) for Lua. What they hold is for lua/convoke/jobs to say.
 */
#include "lua/store.h"

#include "lua/scalars.h"
#include "store/cells.h"
#include "store/store.h"

#define STORE_TYPE "convoke.core.store"

typedef struct lua_store {
    cvk_store *store;   /* NULL: closed */
    cvk_batch *current; /* that Store:next() has shown; NULL: none */
    int64_t last;       /* number of a batch */
    int pending;        /* batches handed over and not dropped */
} lua_store;

static lua_store *check_store(lua_State *L)
{
    lua_store *box = luaL_checkudata(L, 1, STORE_TYPE);
    if (box->store == NULL)
        luaL_error(L, "convoke: the store is closed");
    return box;
}

/* core.store(path, application id, version, schema): a store; or nil and why not. What is wrong with
 * the file the first batch tells. */
static int store_open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    cvk_database_form form = {.application_id = (int)luaL_checkinteger(L, 2),
                              .version = (int)luaL_checkinteger(L, 3),
                              .schema = luaL_checkstring(L, 4)};
    char why[256];
    lua_store *box = lua_newuserdata(L, sizeof *box);
    *box = (lua_store){0};
    luaL_getmetatable(L, STORE_TYPE);
    lua_setmetatable(L, -2);
    box->store = cvk_store_open(path, &form, why, sizeof why);
    if (box->store != NULL)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* Adds the value on top of the stack; false: it has no type that a store knows. */
static bool add_value(lua_State *L, cvk_buffer *cells)
{
    cvk_cell cell = {.kind = CVK_CELL_NULL};
    int type = lua_type(L, -1);
    if (type == LUA_TBOOLEAN) {
        cell.kind = CVK_CELL_INTEGER;
        cell.integer = lua_toboolean(L, -1);
    } else if (type == LUA_TNUMBER) {
        bool whole = cvk_tointeger(L, -1, &cell.integer);
        cell.kind = whole ? CVK_CELL_INTEGER : CVK_CELL_REAL;
        cell.real = (double)lua_tonumber(L, -1);
    } else if (type == LUA_TSTRING) {
        cell.kind = CVK_CELL_TEXT;
        cell.text = lua_tolstring(L, -1, &cell.size);
    } else if (type != LUA_TNIL && !cvk_is_null(L, -1)) {
        return false;
    }
    cvk_cells_add(cells, &cell);
    return true;
}

static int count_of(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    int count = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return count;
}

/* Adds the statement on top of the stack, an array of its SQL and `n` values behind it, in sets of
 * `each` where it has that. */
static bool add_statement(lua_State *L, cvk_buffer *cells)
{
    if (!lua_istable(L, -1))
        return false;
    int count = count_of(L, "n"), each = count_of(L, "each");
    bool fine = true;
    for (int i = 0; fine && i <= count; i++) {
        lua_rawgeti(L, -1, i + 1);
        fine = (i > 0 || lua_isstring(L, -1)) && add_value(L, cells);
        lua_pop(L, 1);
        if (each > 0 && i > 0 && i % each == 0)
            cvk_cells_mark(cells, CVK_CELL_END);
    }
    cvk_cells_mark(cells, CVK_CELL_STOP);
    return fine;
}

/* Store:submit(statements): hands over statements that happen all or not at all, each an array of
 * its SQL and its values, with `n`, how many those are. With `each`, too, it is run for each so many
 * values and brings one row: how many rows each time has changed. Returns the number that
 * Store:next() gives once they have happened; or nil: out of memory. */
static int store_submit(lua_State *L)
{
    lua_store *box = check_store(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    luaL_checkstack(L, 4, NULL);
    cvk_batch *batch = cvk_batch_new();
    if (batch == NULL)
        return 0;
    bool fine = true;
    int count = (int)cvk_rawlen(L, 2);
    for (int i = 1; fine && i <= count; i++) {
        lua_rawgeti(L, 2, i);
        fine = add_statement(L, &batch->statements);
        lua_pop(L, 1);
    }
    if (!fine || batch->statements.failed) {
        cvk_batch_free(batch);
        return fine ? 0 : luaL_error(L, "convoke: not statements that a store can run");
    }
    batch->number = ++box->last;
    box->pending++;
    lua_pushinteger(L, (lua_Integer)batch->number); /* needs no memory, so it cannot raise */
    cvk_store_submit(box->store, batch);
    return 1;
}

static void push_cell(lua_State *L, const cvk_cell *cell)
{
    if (cell->kind == CVK_CELL_INTEGER)
        cvk_pushinteger(L, cell->integer);
    else if (cell->kind == CVK_CELL_REAL)
        lua_pushnumber(L, (lua_Number)cell->real);
    else if (cell->kind == CVK_CELL_TEXT)
        lua_pushlstring(L, cell->text, cell->size);
    else
        lua_pushnil(L);
}

/* Pushes the rows of a statement as an array of arrays; its field `changes` is how many rows it has
 * changed. */
static void push_rows(lua_State *L, const cvk_buffer *result, size_t *at, int64_t changes)
{
    cvk_cell cell;
    lua_newtable(L);
    cvk_pushinteger(L, changes);
    lua_setfield(L, -2, "changes");
    int rows = 0, columns = 0;
    while (cvk_cells_next(result, at, &cell) && cell.kind != CVK_CELL_STOP) {
        if (columns == 0)
            lua_newtable(L);
        if (cell.kind == CVK_CELL_END) {
            lua_rawseti(L, -2, ++rows);
            columns = 0;
        } else {
            push_cell(L, &cell);
            lua_rawseti(L, -2, ++columns);
        }
    }
}

/* Pushes what a batch has brought. */
static void push_result(lua_State *L, const cvk_buffer *result)
{
    lua_newtable(L);
    cvk_cell changes;
    size_t at = 0;
    for (int i = 1; cvk_cells_next(result, &at, &changes); i++) {
        push_rows(L, result, &at, changes.integer);
        lua_rawseti(L, -2, i);
    }
}

/* Store:next(): the number of the next batch that has been run and an array of what its statements
 * have brought (see push_rows); or the number, nil and why none of them has happened; or nothing. It
 * is shown again until it is dropped: an interrupt may come before Lua has got hold of it. */
static int store_next(lua_State *L)
{
    lua_store *box = check_store(L);
    if (box->current == NULL && !cvk_store_is_parents(box->store))
        box->current = cvk_store_take(box->store);
    if (box->current == NULL)
        return 0;
    lua_settop(L, 1);
    lua_pushinteger(L, (lua_Integer)box->current->number);
    if (box->current->fault[0] == '\0') {
        push_result(L, &box->current->result);
        return 2;
    }
    lua_pushnil(L);
    lua_pushstring(L, box->current->fault);
    return 3;
}

/* Store:drop(): the batch that Store:next() has shown is done with. */
static int store_drop(lua_State *L)
{
    lua_store *box = check_store(L);
    cvk_batch *batch = box->current;
    box->current = NULL;
    box->pending -= batch != NULL;
    cvk_batch_free(batch);
    return 0;
}

/* Store:pending(): how many batches were handed over and have not been dropped. */
static int store_pending(lua_State *L)
{
    lua_pushinteger(L, check_store(L)->pending);
    return 1;
}

/* Store:fd(): a descriptor that is readable while there are batches to take. */
static int store_fd(lua_State *L)
{
    lua_pushinteger(L, cvk_store_fd(check_store(L)->store));
    return 1;
}

/* Store:is_parents(): whether it belongs to the process that has forked this one. */
static int store_is_parents(lua_State *L)
{
    lua_pushboolean(L, cvk_store_is_parents(check_store(L)->store));
    return 1;
}

/* Store:close(), and its finalizer: waits until all that was handed over has happened. */
static int store_close(lua_State *L)
{
    lua_store *box = luaL_checkudata(L, 1, STORE_TYPE);
    cvk_store *store = box->store;
    cvk_batch *batch = box->current;
    *box = (lua_store){0};
    cvk_batch_free(batch);
    cvk_store_free(store);
    return 0;
}

void cvk_store_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"submit", store_submit},   {"next", store_next},  {"drop", store_drop},
        {"pending", store_pending}, {"fd", store_fd},      {"is_parents", store_is_parents},
        {"close", store_close},     {"__gc", store_close}, {NULL, NULL},
    };
    luaL_newmetatable(L, STORE_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, store_open);
    lua_setfield(L, -2, "store");
}
