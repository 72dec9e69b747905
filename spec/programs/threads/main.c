/*
 * Several Lua states at work in several threads at once, each with an engine of its own.
 *
 *   threads SCRIPT COUNT
 *
 * Runs the script in COUNT states, with its number as argument; ends with 1 when one of them fails.
 * Built with the thread sanitizer by `make threads`.
 */
#include "convoke.h"

#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { most = 64 };

typedef struct job {
    pthread_t thread;
    const char *script;
    int number;
    int failed;
} job;

static void preload(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_convoke_core);
    lua_setfield(L, -2, "convoke.core");
    lua_pop(L, 2);
}

static void *work(void *user)
{
    job *mine = user;
    lua_State *L = luaL_newstate();
    mine->failed = 1;
    if (L == NULL)
        return NULL;
    luaL_openlibs(L);
    preload(L);
    lua_pushinteger(L, mine->number);
    lua_setglobal(L, "number");
    mine->failed = luaL_loadfile(L, mine->script) != 0 || lua_pcall(L, 0, 0, 0) != 0;
    if (mine->failed)
        fprintf(stderr, "state %d: %s\n", mine->number, lua_tostring(L, -1));
    lua_close(L);
    return NULL;
}

int main(int count, char **arguments)
{
    static job jobs[most];
    int threads = count == 3 ? atoi(arguments[2]) : 0;
    int failed = 0;
    if (threads < 1 || threads > most) {
        fprintf(stderr, "usage: threads SCRIPT COUNT (at most %d)\n", most);
        return 2;
    }
    for (int i = 0; i < threads; i++) {
        jobs[i] = (job){.script = arguments[1], .number = i + 1};
        if (pthread_create(&jobs[i].thread, NULL, work, &jobs[i]) != 0)
            return 2;
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(jobs[i].thread, NULL);
        failed += jobs[i].failed;
    }
    printf("%d passed, %d failed\n", threads - failed, failed);
    return failed > 0;
}
