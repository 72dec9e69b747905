#include "lua/faults.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>

enum { quoted_name = 60 }; /* bytes of an odd name that a path shows */

static bool plain_name(const char *name)
{
    if (*name == '\0' || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name != '\0'; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
              (*name >= '0' && *name <= '9') || *name == '_' || *name == '-'))
            return false;
    return true;
}

/* `editor.inputParameters[3]`; a name that would read wrong is quoted: `args["a b"]`. */
static void push_path(lua_State *L, const cvk_spot *spot)
{
    const cvk_spot *chain[CVK_DEEPEST + 4];
    int depth = 0;
    for (; spot != NULL && depth < CVK_DEEPEST + 4; spot = spot->up)
        chain[depth++] = spot;
    luaL_Buffer path;
    luaL_buffinit(L, &path);
    for (int i = depth - 1; i >= 0; i--) {
        if (chain[i]->name == NULL) {
            char index[CVK_NUMBER_SIZE];
            size_t size = cvk_format_integer(index, chain[i]->index);
            luaL_addchar(&path, '[');
            luaL_addlstring(&path, index, size);
            luaL_addchar(&path, ']');
        } else if (plain_name(chain[i]->name)) {
            if (i != depth - 1)
                luaL_addchar(&path, '.');
            luaL_addstring(&path, chain[i]->name);
        } else {
            cvk_buffer quoted = {0};
            char text[quoted_name * 6 + 8];
            size_t size = strlen(chain[i]->name);
            bool cut = size > quoted_name;
            if (cut)
                for (size = quoted_name; size > 0 && (chain[i]->name[size] & 0xc0) == 0x80;)
                    size--; /* whole characters only */
            cvk_json_add_string(&quoted, chain[i]->name, size);
            const char *shown = cvk_buffer_string(&quoted);
            snprintf(text, sizeof text, "[%s%s]", shown == NULL ? "" : shown, cut ? "..." : "");
            cvk_buffer_free(&quoted);
            luaL_addstring(&path, text);
        }
    }
    luaL_pushresult(&path);
}

void cvk_walk_note(cvk_walk *walk)
{
    lua_State *L = walk->L;
    if (walk->fault_count == 0) {
        lua_newtable(L);
        lua_replace(L, walk->faults);
    }
    lua_rawseti(L, walk->faults, ++walk->fault_count);
}

/* Notes the message on top of the stack as a fault, and takes it off. */
static void note(cvk_walk *walk, const cvk_spot *spot)
{
    lua_State *L = walk->L;
    luaL_checkstack(L, 8, "too many faults");
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_setfield(L, -2, "message");
    push_path(L, spot);
    lua_setfield(L, -2, "field");
    cvk_walk_note(walk);
}

void cvk_model_fault(cvk_walk *walk, const cvk_spot *spot, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    luaL_checkstack(walk->L, 8, "too many faults");
    lua_pushvfstring(walk->L, format, arguments);
    va_end(arguments);
    note(walk, spot);
}
