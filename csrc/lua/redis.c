/*
 * core.redis: connections to Redis and Valkey (store/redis.h) for Lua. What is kept there is for
 * lua/convoke/jobs to say.
 */
#include "lua/redis.h"

#include "http/strike.h"
#include "store/cells.h"
#include "store/hiredis.h"
#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>

#define REDIS_TYPE "convoke.core.redis"

enum {
    most_words = 1 << 20,       /* of a command */
    largest_command = 64 << 20, /* bytes of all its words */
};

typedef struct lua_redis {
    cvk_redis *redis;     /* NULL: closed */
    cvk_buffer password;  /* that no text may show */
    cvk_command *current; /* that Redis:next() has shown; NULL: none */
    int64_t last;         /* number of a command */
    int pending;          /* commands handed over and not dropped */
} lua_redis;

static lua_redis *check_redis(lua_State *L)
{
    lua_redis *box = luaL_checkudata(L, 1, REDIS_TYPE);
    if (box->redis == NULL)
        luaL_error(L, "convoke: the connection is closed");
    return box;
}

/* A field of the table at 1, which keeps it alive; NULL: it is not there. */
static const char *field(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

static int64_t milliseconds(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    double seconds = luaL_checknumber(L, -1);
    lua_pop(L, 1);
    return (int64_t)(seconds * 1000);
}

/* core.redis(address): a connection, which is made for the first command; or nil and why not. The
 * address is a table of strings: host and port, or path; user, password, database, tls (any) where
 * needed; and of numbers of seconds: connect_timeout, timeout. */
static int redis_open(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    cvk_redis_address address = {.host = field(L, "host"),
                                 .port = field(L, "port"),
                                 .path = field(L, "path"),
                                 .user = field(L, "user"),
                                 .password = field(L, "password"),
                                 .database = field(L, "database"),
                                 .has_tls = field(L, "tls") != NULL,
                                 .connect_limit = milliseconds(L, "connect_timeout"),
                                 .command_limit = milliseconds(L, "timeout")};
    luaL_argcheck(L, address.path != NULL || (address.host != NULL && address.port != NULL), 1,
                  "it says of no server");
    char why[256];
    lua_redis *box = lua_newuserdata(L, sizeof *box);
    *box = (lua_redis){.password.secret = true};
    luaL_getmetatable(L, REDIS_TYPE);
    lua_setmetatable(L, -2);
    if (address.password != NULL)
        cvk_buffer_add_string(&box->password, address.password);
    box->redis = box->password.failed ? NULL : cvk_redis_open(&address, why, sizeof why);
    if (box->redis != NULL)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, box->password.failed ? "out of memory" : why);
    return 2;
}

/* A number as Redis takes it: whole ones with all their digits. */
static void push_number(lua_State *L, int index)
{
    char digits[40];
    int64_t whole;
    if (cvk_tointeger(L, index, &whole))
        snprintf(digits, sizeof digits, "%lld", (long long)whole);
    else
        snprintf(digits, sizeof digits, "%.17g", (double)lua_tonumber(L, index));
    lua_pushstring(L, digits);
    lua_replace(L, index);
}

/* Makes strings of the words of a command, from 2 on. Raises where one is neither string nor
 * number. Returns how many bytes they have. */
static size_t check_words(lua_State *L, int last)
{
    size_t all = 0;
    for (int i = 2; i <= last; i++) {
        size_t size;
        if (lua_type(L, i) == LUA_TNUMBER)
            push_number(L, i);
        luaL_checktype(L, i, LUA_TSTRING);
        lua_tolstring(L, i, &size);
        all += size;
    }
    return all;
}

/* Writes a command; false: out of memory. */
static bool write_command(lua_State *L, int last, cvk_command *command)
{
    int count = last - 1;
    const char **words = malloc(sizeof *words * (size_t)count);
    size_t *sizes = malloc(sizeof *sizes * (size_t)count);
    bool fine = words != NULL && sizes != NULL;
    for (int i = 0; fine && i < count; i++)
        words[i] = lua_tolstring(L, i + 2, &sizes[i]);
    fine = fine && cvk_hiredis_format(&command->text, count, words, sizes);
    free(words);
    free(sizes);
    return fine;
}

/* Redis:submit(name, ...): hands over a command, its arguments strings or numbers. Returns the number
 * that Redis:next() gives once it has ended; or nil: out of memory. */
static int redis_submit(lua_State *L)
{
    lua_redis *box = check_redis(L);
    int last = lua_gettop(L);
    luaL_argcheck(L, last > 1, 2, "a command's name is missing");
    luaL_checkstack(L, 4, NULL);
    if (last > most_words || check_words(L, last) > largest_command)
        return luaL_error(L, "convoke: a command of more than 64 MiB");
    cvk_command *command = cvk_command_new();
    if (command == NULL || !write_command(L, last, command)) {
        cvk_command_free(command);
        return 0;
    }
    command->number = ++box->last;
    box->pending++;
    lua_settop(L, 1);
    lua_pushinteger(L, (lua_Integer)command->number); /* needs no memory, so it cannot raise */
    cvk_redis_submit(box->redis, command);
    return 1;
}

/* Pushes a text of the server without the password. */
static void push_safe(lua_State *L, const lua_redis *box, const char *text, size_t size)
{
    char *copy = lua_newuserdata(L, size + 1);
    memcpy(copy, text, size);
    cvk_strike(box->password.data, box->password.size, copy, size);
    lua_pushlstring(L, copy, size);
    lua_remove(L, -2);
}

/* Pushes the next value of a reply: nil is false, an error within an array a table whose `error` is
 * its text. */
static void push_value(lua_State *L, const lua_redis *box, size_t *at)
{
    cvk_cell cell = {.kind = CVK_CELL_NULL};
    luaL_checkstack(L, 4, NULL);
    cvk_cells_next(&box->current->reply, at, &cell);
    if (cell.kind == CVK_CELL_INTEGER) {
        cvk_pushinteger(L, cell.integer);
    } else if (cell.kind == CVK_CELL_TEXT) {
        lua_pushlstring(L, cell.text, cell.size);
    } else if (cell.kind == CVK_CELL_ERROR) {
        lua_newtable(L);
        push_safe(L, box, cell.text, cell.size);
        lua_setfield(L, -2, "error");
    } else if (cell.kind == CVK_CELL_ARRAY) {
        lua_newtable(L);
        for (int i = 1; i <= cell.integer; i++) {
            push_value(L, box, at);
            lua_rawseti(L, -2, i);
        }
    } else {
        lua_pushboolean(L, false);
    }
}

/* Redis:next(): the number of the next command that has ended and its reply; or the number, nil, why
 * there is none and its kind, "answer" where the server has said so, else "connection"; or nothing.
 * It is shown again until it is dropped: an interrupt may come before Lua has got hold of it. */
static int redis_next(lua_State *L)
{
    lua_redis *box = check_redis(L);
    if (box->current == NULL && !cvk_redis_is_parents(box->redis))
        box->current = cvk_redis_take(box->redis);
    const cvk_command *command = box->current;
    if (command == NULL)
        return 0;
    lua_settop(L, 1);
    lua_pushinteger(L, (lua_Integer)command->number);
    size_t at = 0, start = 0;
    cvk_cell first = {.kind = CVK_CELL_NULL};
    cvk_cells_next(&command->reply, &start, &first);
    if (command->end == CVK_COMMAND_ANSWERED && first.kind != CVK_CELL_ERROR) {
        push_value(L, box, &at);
        return 2;
    }
    lua_pushnil(L);
    if (command->end == CVK_COMMAND_ANSWERED)
        push_safe(L, box, first.text, first.size);
    else
        push_safe(L, box, command->fault, strlen(command->fault));
    lua_pushstring(L, command->end == CVK_COMMAND_LOST ? "connection" : "answer");
    return 4;
}

/* Redis:drop(): the command that Redis:next() has shown is done with. */
static int redis_drop(lua_State *L)
{
    lua_redis *box = check_redis(L);
    cvk_command *command = box->current;
    box->current = NULL;
    box->pending -= command != NULL;
    cvk_command_free(command);
    return 0;
}

/* Redis:pending(): how many commands were handed over and have not been dropped. */
static int redis_pending(lua_State *L)
{
    lua_pushinteger(L, check_redis(L)->pending);
    return 1;
}

/* Redis:fd(): a descriptor that is readable while there are commands to take. */
static int redis_fd(lua_State *L)
{
    lua_pushinteger(L, cvk_redis_fd(check_redis(L)->redis));
    return 1;
}

/* Redis:is_parents(): whether it belongs to the process that has forked this one. */
static int redis_is_parents(lua_State *L)
{
    lua_pushboolean(L, cvk_redis_is_parents(check_redis(L)->redis));
    return 1;
}

/* Redis:close(), and its finalizer: whatever is in flight ends without an answer. */
static int redis_close(lua_State *L)
{
    lua_redis *box = luaL_checkudata(L, 1, REDIS_TYPE);
    lua_redis old = *box;
    *box = (lua_redis){0};
    cvk_command_free(old.current);
    cvk_redis_free(old.redis);
    cvk_buffer_free(&old.password);
    return 0;
}

void cvk_redis_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"submit", redis_submit},   {"next", redis_next},  {"drop", redis_drop},
        {"pending", redis_pending}, {"fd", redis_fd},      {"is_parents", redis_is_parents},
        {"close", redis_close},     {"__gc", redis_close}, {NULL, NULL},
    };
    luaL_newmetatable(L, REDIS_TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, redis_open);
    lua_setfield(L, -2, "redis");
}
