/*
 * Indexed JSON texts as userdata of Lua.
 */
#ifndef CVK_LUA_TREE_H
#define CVK_LUA_TREE_H

#include <lua.h>

#include "base/json_tree.h"

/* Pushes a tree that is empty. */
cvk_tree *cvk_lua_new_tree(lua_State *L);

/* Fills the tree on top with a text of `size` bytes with a zero behind it, which it takes over. Leaves what
 * core.tree() returns for it; returns how many values these are. */
int cvk_lua_fill_tree(lua_State *L, cvk_tree *tree, char *text, size_t size);

/* The tree at an index of the stack; raises where there is none. It is that userdata's. */
const cvk_tree *cvk_lua_check_tree(lua_State *L, int index);

/* Adds the function `tree` to the module on top of the stack. */
void cvk_tree_register(lua_State *L);

#endif
