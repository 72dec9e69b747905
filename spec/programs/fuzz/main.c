/*
 * Runs a Lua script on inputs made up by libFuzzer, with the core linked in: `make fuzz`.
 *
 *   CONVOKE_FUZZ=TARGET fuzz [libFuzzer's options] [CORPUS...]
 *
 * spec/programs/fuzz/TARGET.lua returns a function, which is called for each input and raises what
 * it finds wrong. Its argument, the table `fuzz`, gives it values made of the input, the parts of
 * the core that Lua does not see, and libcurl as a second opinion.
 */
#include "convoke.h"
#include "base/json.h"
#include "lua/call.h"
#include "lua/decode.h"
#include "lua/encode.h"
#include "base/uri.h"
#include "server.h"
#include "store/hiredis.h"
#include "values.h"

#include <curl/curl.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

enum { rounds_between_collections = 256 };

static lua_State *state;
static cvk_source source;

/* What libFuzzer counts beside the core's branches: lines of lua/convoke that an input reaches. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t lines_seen[8192];

static void fail(lua_State *L, const char *what)
{
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "%s: %s\n", what, message == NULL ? "(no text)" : message);
    abort();
}

static int trace(lua_State *L)
{
    const char *message = luaL_tolstring(L, 1, NULL);
    luaL_traceback(L, L, message, 1);
    return 1;
}

/* ---- values of the input --------------------------------------------------------------------- */

/* The operation that argument 1 (name of an API) and 2 (index in its table) name. */
static const cvk_operation *check_operation(lua_State *L)
{
    const cvk_api *api = cvk_find_api(luaL_checkstring(L, 1));
    luaL_argcheck(L, api != NULL, 1, "no such API");
    size_t index = (size_t)luaL_checkinteger(L, 2);
    luaL_argcheck(L, index < cvk_operation_count(api), 2, "no such operation");
    return cvk_operation_at(api, index);
}

/* fuzz.below(n): a number from 0, below n, which is at most 65536. */
static int fuzz_below(lua_State *L)
{
    lua_pushinteger(L, cvk_source_below(&source, (size_t)luaL_checkinteger(L, 1)));
    return 1;
}

/* fuzz.rest(): all bytes that are left. */
static int fuzz_rest(lua_State *L)
{
    lua_pushlstring(L, (const char *)source.data + source.position, source.size - source.position);
    source.position = source.size;
    return 1;
}

/* fuzz.text(): some text; fuzz.any(): any value but nil. */
static int fuzz_text(lua_State *L)
{
    cvk_push_text(L, &source);
    return 1;
}

static int fuzz_any(lua_State *L)
{
    cvk_push_any(L, &source);
    return 1;
}

/* fuzz.params(api, operation): parameters, and a path value or nil. */
static int fuzz_params(lua_State *L)
{
    cvk_push_params(L, &source, check_operation(L));
    return 2;
}

/* fuzz.answer(api, operation): a value much like the operation's answer. */
static int fuzz_answer(lua_State *L)
{
    cvk_push_value(L, &source, &check_operation(L)->answer);
    return 1;
}

/* fuzz.words(list): what texts are made of. */
static int fuzz_words(lua_State *L)
{
    lua_settop(L, 1);
    cvk_values_words(L);
    return 0;
}

/* ---- the core -------------------------------------------------------------------------------- */

static cvk_exchange *check_exchange(lua_State *L)
{
    cvk_call *call = luaL_checkudata(L, 1, CVK_CALL_TYPE);
    luaL_argcheck(L, call->exchange != NULL, 1, "call is over");
    return call->exchange;
}

/* Appends header lines, each with its closing zero, to the array on top. */
static void append_lines(lua_State *L, const cvk_buffer *lines)
{
    for (size_t i = 0; i < lines->size;) {
        size_t size = strnlen(lines->data + i, lines->size - i);
        lua_pushlstring(L, lines->data + i, size);
        lua_rawseti(L, -2, (int)cvk_rawlen(L, -2) + 1);
        i += size + 1;
    }
}

/* fuzz.request(call): the address with its secret, an array of header lines without, the body. */
static int fuzz_request(lua_State *L)
{
    const cvk_request *request = &check_exchange(L)->request;
    cvk_buffer address = {0};
    cvk_request_address(request, true, &address);
    lua_pushlstring(L, address.data, address.size);
    cvk_buffer_free(&address);
    lua_newtable(L);
    if (request->base != NULL)
        append_lines(L, request->base);
    append_lines(L, &request->headers);
    lua_pushlstring(L, request->body.size == 0 ? "" : request->body.data, request->body.size);
    return 3;
}

/* fuzz.receive(call, headers): the call has ended with these raw header lines and no body. */
static int fuzz_receive(lua_State *L)
{
    cvk_exchange *exchange = check_exchange(L);
    size_t size;
    const char *headers = luaL_checklstring(L, 2, &size);
    cvk_exchange_reset(exchange);
    cvk_buffer_free(&exchange->headers); /* so that the sanitizer sees where they end */
    cvk_buffer_add(&exchange->headers, headers, size);
    exchange->status = 200;
    exchange->stage = CVK_FINISHED;
    return 0;
}

/* fuzz.write(value, convex): its JSON text, or nil and the faults. */
static int fuzz_write(lua_State *L)
{
    static const cvk_schema any = {.kind = CVK_ANY};
    cvk_buffer text = {0};
    cvk_spot spot = {.name = "value"};
    lua_settop(L, 2);
    lua_newtable(L);
    cvk_walk walk = {.L = L, .out = &text, .faults = 3, .convex = lua_toboolean(L, 2)};
    cvk_model_write(&walk, &spot, 1, &any);
    if (walk.fault_count > 0) {
        lua_pushnil(L);
        lua_pushvalue(L, 3);
    } else {
        lua_pushlstring(L, text.data, text.size);
        lua_pushnil(L);
    }
    cvk_buffer_free(&text);
    return 2;
}

/* fuzz.read(api, operation, text): the value of JSON text, or what is wrong with it; whether it has been
 * read. */
static int fuzz_read(lua_State *L)
{
    size_t size;
    const cvk_operation *operation = check_operation(L);
    const char *text = luaL_checklstring(L, 3, &size);
    bool good = cvk_model_read(L, text, size, &operation->answer, CVK_ANSWER_PLAIN);
    lua_pushboolean(L, good);
    return 2;
}

/* fuzz.number(x): a finite number as JSON text. */
static int fuzz_number(lua_State *L)
{
    char text[CVK_NUMBER_SIZE];
    size_t size = cvk_format_number(text, luaL_checknumber(L, 1));
    lua_pushlstring(L, text, size);
    return 1;
}

/* fuzz.origin(address): its part before the path. */
static int fuzz_origin(lua_State *L)
{
    const char *address = luaL_checkstring(L, 1);
    lua_pushlstring(L, address, cvk_uri_origin_length(address));
    return 1;
}

/* ---- libcurl --------------------------------------------------------------------------------- */

/* fuzz.url(text, [proxy]): the parts of an address as libcurl understands it, undecoded, or nil;
 * with the liberties that libcurl takes with proxies where asked for. */
static int fuzz_url(lua_State *L)
{
    static const struct {
        const char *name;
        CURLUPart part;
    } parts[] = {
        {"scheme", CURLUPART_SCHEME},     {"user", CURLUPART_USER},
        {"password", CURLUPART_PASSWORD}, {"host", CURLUPART_HOST},
        {"port", CURLUPART_PORT},         {"path", CURLUPART_PATH},
        {"query", CURLUPART_QUERY},       {"fragment", CURLUPART_FRAGMENT},
    };
    const char *text = luaL_checkstring(L, 1);
    unsigned flags = lua_toboolean(L, 2) ? CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME : 0;
    CURLU *url = curl_url();
    if (curl_url_set(url, CURLUPART_URL, text, flags) != CURLUE_OK) {
        curl_url_cleanup(url);
        return 0;
    }
    lua_newtable(L);
    for (size_t i = 0; i < CVK_COUNT(parts); i++) {
        char *value = NULL;
        if (curl_url_get(url, parts[i].part, &value, 0) == CURLUE_OK) {
            lua_pushstring(L, value);
            lua_setfield(L, -2, parts[i].name);
        }
        curl_free(value);
    }
    curl_url_cleanup(url);
    return 1;
}

/* fuzz.unescape(text): without percent-encoding. */
static int fuzz_unescape(lua_State *L)
{
    size_t size;
    int length;
    const char *text = luaL_checklstring(L, 1, &size);
    char *plain = curl_easy_unescape(NULL, text, (int)size, &length);
    lua_pushlstring(L, plain, (size_t)length);
    curl_free(plain);
    return 1;
}

/*
 * fuzz.replies(text, piece): what a reader of Redis' replies makes of the text, that many bytes at a
 * time: all cells one after another, and whether the text is no replies from some place on.
 */
static int fuzz_replies(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size), *why = NULL;
    size_t piece = (size_t)luaL_checkinteger(L, 2);
    char fault[256];
    cvk_reader *reader = cvk_hiredis_load(fault, sizeof fault) ? cvk_reader_new() : NULL;
    if (reader == NULL)
        return luaL_error(L, "no reader: %s", fault);
    cvk_buffer cells = {0};
    cvk_reading reading = CVK_READING_MORE;
    for (size_t at = 0; at < size && reading != CVK_READING_FAILED; at += piece) {
        cvk_reader_feed(reader, text + at, piece < size - at ? piece : size - at);
        do
            reading = cvk_reader_read(reader, &cells, &why);
        while (reading == CVK_READING_DONE);
    }
    lua_pushlstring(L, cells.size == 0 ? "" : cells.data, cells.size);
    lua_pushboolean(L, reading == CVK_READING_FAILED);
    cvk_buffer_free(&cells);
    cvk_reader_free(reader);
    return 2;
}

/* fuzz.date(text): seconds since the epoch as libcurl reads the date, or nil. */
static int fuzz_date(lua_State *L)
{
    time_t seconds = curl_getdate(luaL_checkstring(L, 1), NULL);
    if (seconds == -1)
        return 0;
    lua_pushinteger(L, (lua_Integer)seconds);
    return 1;
}

/* ---- answers over the wire ------------------------------------------------------------------- */

/* fuzz.serve(): the port of a server; fuzz.say(bytes): what it answers. */
static int fuzz_serve(lua_State *L)
{
    int port = cvk_server_start();
    if (port == 0)
        return luaL_error(L, "no server");
    lua_pushinteger(L, port);
    return 1;
}

static int fuzz_say(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    cvk_server_say(bytes, size);
    return 0;
}

/* ---- lines of Lua ---------------------------------------------------------------------------- */

static void count_line(lua_State *L, lua_Debug *line)
{
    if (!lua_getinfo(L, "Sl", line) || strstr(line->source, "lua/convoke/") == NULL)
        return;
    size_t place =
        ((uintptr_t)line->source / 16 * 131 + (size_t)line->currentline) % sizeof lines_seen;
    if (lines_seen[place] < 255)
        lines_seen[place]++;
}

/* fuzz.watch(on): from now on lines of lua/convoke count as what an input reaches, or no more. */
static int fuzz_watch(lua_State *L)
{
    lua_sethook(L, lua_toboolean(L, 1) ? count_line : NULL, LUA_MASKLINE, 0);
    return 0;
}

/* ---- the run --------------------------------------------------------------------------------- */

static void end(void)
{
    lua_close(state);
    state = NULL;
}

static void preload(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_convoke_core);
    lua_setfield(L, -2, "convoke.core");
    lua_pop(L, 2);
}

/* Leaves the script's function at the bottom of the stack, over the function that shows errors. */
static void load(lua_State *L, const char *target)
{
    static const luaL_Reg functions[] = {
        {"any", fuzz_any},           {"answer", fuzz_answer},   {"below", fuzz_below},
        {"date", fuzz_date},         {"number", fuzz_number},   {"origin", fuzz_origin},
        {"params", fuzz_params},     {"read", fuzz_read},       {"receive", fuzz_receive},
        {"request", fuzz_request},   {"replies", fuzz_replies}, {"rest", fuzz_rest},
        {"say", fuzz_say},           {"serve", fuzz_serve},     {"text", fuzz_text},
        {"unescape", fuzz_unescape}, {"url", fuzz_url},         {"watch", fuzz_watch},
        {"words", fuzz_words},       {"write", fuzz_write},     {NULL, NULL},
    };
    char script[64];
    luaL_openlibs(L);
    preload(L);
    lua_pushcfunction(L, trace);
    snprintf(script, sizeof script, "spec/programs/fuzz/%s.lua", target);
    if (luaL_loadfile(L, script) != LUA_OK)
        fail(L, script);
    luaL_newlib(L, functions);
    if (lua_pcall(L, 1, 1, 1) != LUA_OK)
        fail(L, script);
}

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    const char *target = getenv("CONVOKE_FUZZ");
    if (target == NULL) {
        fputs("fuzz: CONVOKE_FUZZ names no target\n", stderr);
        exit(2);
    }
    state = luaL_newstate();
    load(state, target);
    atexit(end);
    return 0;
}

#ifdef CVK_REPLAY

/* Without libFuzzer: runs the files that are named, once each. */
int main(int count, char **files)
{
    LLVMFuzzerInitialize(&count, &files);
    for (int i = 1; i < count; i++) {
        static uint8_t data[1 << 16];
        FILE *file = fopen(files[i], "rb");
        if (file == NULL)
            return 2;
        size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        LLVMFuzzerTestOneInput(data, size);
    }
    return 0;
}

#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned round;
    source = (cvk_source){.data = data, .size = size};
    lua_pushvalue(state, 2);
    if (lua_pcall(state, 0, 0, 1) != LUA_OK)
        fail(state, "found");
    if (lua_gettop(state) != 2 || ++round % rounds_between_collections == 0)
        lua_gc(state, LUA_GCCOLLECT);
    return 0;
}
