/*
 * A connection to a Redis or Valkey server, with a thread of its own, so that nobody waits for a
 * network. Commands are pipelined; a connection that is lost is made again for the next command.
 */
#ifndef CVK_STORE_REDIS_H
#define CVK_STORE_REDIS_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a server is and how to log in there. Texts that are not needed are NULL. */
typedef struct cvk_redis_address {
    const char *host, *port; /* a name or an address, and digits */
    const char *path;        /* of a socket in the file system, instead of both */
    bool has_tls;            /* not with a path */
    const char *user, *password;
    const char *database;  /* digits */
    int64_t connect_limit; /* milliseconds until a connection is made and logged in */
    int64_t command_limit; /* milliseconds from cvk_redis_submit to an answer */
} cvk_redis_address;

typedef enum cvk_command_end {
    CVK_COMMAND_ANSWERED, /* `reply` is there, and may be an error of the server */
    CVK_COMMAND_REFUSED,  /* the server refuses the login, and `fault` says so; nothing was done */
    CVK_COMMAND_LOST,     /* `fault` says why; whether it was done is unknown */
} cvk_command_end;

typedef struct cvk_command {
    struct cvk_command *next;
    int64_t number;   /* by which its owner knows it again */
    cvk_buffer text;  /* as servers read it; see cvk_hiredis_format */
    int64_t deadline; /* by cvk_now() */
    cvk_command_end end;
    cvk_buffer reply; /* cells; see store/cells.h */
    char fault[256];
} cvk_command;

typedef struct cvk_redis cvk_redis;

/*
 * Opens a connection, which is made for the first command. NULL: there is no hiredis, TLS, memory,
 * descriptor or thread, and `why` (of `size` bytes) says so. The caller frees it.
 */
cvk_redis *cvk_redis_open(const cvk_redis_address *address, char *why, size_t size);

/* Closes the connection and frees everything, commands in flight, too. In the child of a fork only
 * what is the child's. */
void cvk_redis_free(cvk_redis *redis);

/* A descriptor that is readable while there are commands to take. */
int cvk_redis_fd(const cvk_redis *redis);

/* Whether the connection belongs to the process that has forked this one: here it is of no use. */
bool cvk_redis_is_parents(const cvk_redis *redis);

/* Hands over a command, which the connection owns until it is taken. */
void cvk_redis_submit(cvk_redis *redis, cvk_command *command);

/* The next command that has ended, for the caller to free by cvk_command_free; NULL: none. */
cvk_command *cvk_redis_take(cvk_redis *redis);

/* A new command; NULL: out of memory. */
cvk_command *cvk_command_new(void);

/* Frees a command. NULL is fine. */
void cvk_command_free(cvk_command *command);

#endif
