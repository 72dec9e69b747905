/*
 * How deep values may be nested, those that are read and those that are sent.
 */
#ifndef CVK_LUA_DEPTH_H
#define CVK_LUA_DEPTH_H

/* How many levels a value may have, one that is read or one that is sent. */
enum { CVK_DEEPEST = 200 };

#endif
