/*
 * What a C program that embeds Lua needs to carry convoke along: link with core.so, or with its
 * objects, and put luaopen_convoke_core into package.preload["convoke.core"].
 * examples/game-server is such a program.
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
