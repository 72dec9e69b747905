/*
 * What cores built for Lua 5.4 take from Lua and 5.3 lacks, so that one can be loaded there. It may
 * never be called.
 */
#include <stdlib.h>

void *lua_newuserdatauv(void *L, size_t size, int values);
int lua_getiuservalue(void *L, int index, int number);
int lua_setiuservalue(void *L, int index, int number);

void *lua_newuserdatauv(void *L, size_t size, int values)
{
    (void)L;
    (void)size;
    (void)values;
    abort();
}

int lua_getiuservalue(void *L, int index, int number)
{
    (void)L;
    (void)index;
    (void)number;
    abort();
}

int lua_setiuservalue(void *L, int index, int number)
{
    (void)L;
    (void)index;
    (void)number;
    abort();
}
