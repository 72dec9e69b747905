/*
 * What can be made to fail: the allocations of libcurl, of the core and of Lua, and two calls of the
 * system and libcurl that the transport has to survive.
 */
#ifndef MEMORY_FAULTS_H
#define MEMORY_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum fault_source {
    FAULT_LUA,
    FAULT_CORE,
    FAULT_CURL,
    FAULT_ACTION, /* curl_multi_socket_action: libcurl's handle is undefined from then on */
    FAULT_WATCH,  /* epoll_ctl: a socket that libcurl wants watched is not */
    FAULT_RUIN,   /* curl_multi_socket_action, and from then on libcurl's allocations, too */
    FAULT_SOURCES,
} fault_source;

extern const char *const fault_names[FAULT_SOURCES + 1];

/* A name that libcurl finds in a thread of its own, as any other; it is this machine's. */
#define FAULT_HOST "memory.test"

/* Lets the chance number `first` (from 1) of the source fail, and `more` that follow it. */
void fault_arm(fault_source source, unsigned long first, unsigned long more);

/* Ends that. Returns how many chances there were. */
unsigned long fault_disarm(void);

/* How many have failed since fault_arm(). */
unsigned long fault_count(void);

/* How many blocks of a source of memory are alive. */
long fault_live(fault_source source);

/* Takes libcurl's allocations; must come before anybody else uses libcurl. */
bool fault_take_curl(void);

/* The allocator of Lua states. */
void *fault_lua_alloc(void *user, void *block, size_t old_size, size_t size);

#endif
