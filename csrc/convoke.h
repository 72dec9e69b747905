/*
 * What a C program that embeds Lua needs to carry convoke along. Link with the archive that
 * `pkg-config --libs convoke` names, or with core.so, and put luaopen_convoke_core into
 * package.preload["convoke.core"]. examples/game-server is such a program.
 */
#ifndef CONVOKE_H
#define CONVOKE_H

#include <lua.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CONVOKE_API __attribute__((visibility("default")))
#else
#define CONVOKE_API
#endif

/* The version of convoke that this header belongs to; the last one is a number to compare. */
#define CONVOKE_VERSION_MAJOR 0
#define CONVOKE_VERSION_MINOR 1
#define CONVOKE_VERSION_PATCH 0
#define CONVOKE_VERSION "0.1.0"
#define CONVOKE_VERSION_NUM \
    (CONVOKE_VERSION_MAJOR * 10000 + CONVOKE_VERSION_MINOR * 100 + CONVOKE_VERSION_PATCH)

/* Opens the module `convoke.core`, as `require` does. Returns 1: the module's table. */
CONVOKE_API int luaopen_convoke_core(lua_State *L);

/*
 * Works on the calls in flight, and on the tasks of the module `convoke` once that is loaded, for
 * about `budget_us` microseconds (negative: until there is nothing to do), and never waits. Call it
 * from where Lua code may run. Returns how many calls are in flight. Never raises; what fails
 * inside goes to stderr.
 */
CONVOKE_API int convoke_step(lua_State *L, long budget_us);

/* A descriptor that is readable while there is work for convoke_step; -1: there is none. */
CONVOKE_API int convoke_pollfd(lua_State *L);

#ifdef __cplusplus
}
#endif

#endif
