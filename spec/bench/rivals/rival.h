/* What the C programs that convoke is compared with have in common. */
#ifndef RIVAL_H
#define RIVAL_H

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What to do, from the command line: name=value words, see main.c. */
typedef struct rival_plan {
    const char *kind, *url, *workload, *ca_file, *http;
    json_t *body; /* what to send, or NULL for the usual one */
    long width, calls, warmup, connections, hold;
} rival_plan;

/* A buffer that keeps its room. */
typedef struct rival_buffer {
    char *data;
    size_t size, room;
} rival_buffer;

/* One request at a time and what comes back, with a handle that is reused. */
typedef struct rival_slot {
    CURL *easy;
    rival_buffer in, out;
    const rival_plan *plan;
    bool json; /* encode and decode */
} rival_slot;

typedef struct rival_invitation {
    const char *id, *object, *email_address, *status, *url; /* NULL: absent; owned by the tree */
    json_int_t created_at, updated_at, expires_at;
    bool revoked, has_expiry;
    json_t *public_metadata;
} rival_invitation;

typedef struct rival_invitations {
    json_t *tree;
    rival_invitation *items;
    size_t count;
} rival_invitations;

/* json.c */
bool rival_encode(const rival_plan *plan, long number, rival_buffer *into);
bool rival_decode(const char *text, size_t size, rival_invitations *result);
void rival_release(rival_invitations *result);

/* slot.c: what a careful program does once for each handle, before a call and after it */
void rival_slot_open(rival_slot *slot, const rival_plan *plan, bool json);
void rival_slot_begin(rival_slot *slot, long number);
void rival_slot_end(rival_slot *slot, CURLcode code);
void rival_slot_close(rival_slot *slot);

/* main.c: around what is measured */
void rival_fail(const char *what);
void rival_start(void);
void rival_stop(long calls);

/* multi.c, easy.c */
void rival_multi(const rival_plan *plan, bool json);
void rival_easy(const rival_plan *plan, bool json);

#endif
