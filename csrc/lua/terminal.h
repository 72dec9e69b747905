/*
 * What programs at a terminal ask the system: whether there is one, how wide it is, and Ctrl-C.
 */
#ifndef CVK_LUA_TERMINAL_H
#define CVK_LUA_TERMINAL_H

#include <lua.h>

/* core.columns(descriptor): how many columns the terminal there has, 80 where it does not say; nil: it is
 * no terminal. */
int cvk_core_columns(lua_State *L);

/* core.is_piped(descriptor): whether it is a pipe, a socket or a file. */
int cvk_core_is_piped(lua_State *L);

/*
 * core.catch_interrupts(note): from now on the first Ctrl-C (SIGINT) of this process writes the text `note`
 * to standard error and is remembered; the second one ends the process with status 130. Nothing is raised
 * in Lua. For programs only: a library leaves signals to its host.
 */
int cvk_core_catch_interrupts(lua_State *L);

/* core.interrupted(): whether the first Ctrl-C has come. */
int cvk_core_interrupted(lua_State *L);

#endif
