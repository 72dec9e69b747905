/*
 * Ctrl-C in a program at which somebody types.
 */
#ifndef CVK_LUA_INTERRUPTS_H
#define CVK_LUA_INTERRUPTS_H

#include <lua.h>

/*
 * Adds to the table on top, the module convoke.core:
 *   interrupts(on): from now on SIGINT does not end the process, or, with false, does what it did before.
 *   interruptible(f, ...): calls f, in which SIGINT raises "interrupted!"; the third one ends the process.
 *     Returns what f does.
 *   await_input(seconds [, fd]): waits until something can be read from the standard input. Returns true;
 *     false where the time is up, or fd can be read; or nil and "interrupted".
 */
void cvk_interrupts_register(lua_State *L);

#endif
