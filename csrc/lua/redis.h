/*
 * core.redis: connections to Redis and Valkey (store/redis.h) for Lua.
 */
#ifndef CVK_LUA_REDIS_H
#define CVK_LUA_REDIS_H

#include "lua/compat.h"

/* Puts `redis` into the module's table on top of the stack. */
void cvk_redis_register(lua_State *L);

#endif
