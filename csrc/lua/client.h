/*
 * Clients as userdata of Lua.
 */
#ifndef CVK_LUA_CLIENT_H
#define CVK_LUA_CLIENT_H

#include "http/exchange.h"
#include "lua/compat.h"

#define CVK_CLIENT_TYPE "convoke.core.client"

/* One client: where an API is, how to reach it, and as whom. */
typedef struct cvk_client {
    const cvk_api *api;         /* NULL: closed */
    cvk_settings *settings;     /* held */
    cvk_credential *credential; /* held; NULL: none */
    cvk_buffer address;         /* without a closing slash; a C string */
    /* Of documents: */
    cvk_credential *
        *sets; /* held: what goes with operations by their `security`; each may be NULL */
    size_t set_count;
    bool own_servers; /* operations go to servers of their own where they have them */
} cvk_client;

#endif
