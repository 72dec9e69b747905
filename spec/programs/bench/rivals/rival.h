/* What the C programs that convoke is compared with have in common. */
#ifndef RIVAL_H
#define RIVAL_H

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One of several requests that are made in turn. */
typedef struct rival_request {
    char *method, *url;
    json_t *body; /* NULL: none */
    char *text;   /* the same */
} rival_request;

/* What to do, from the command line: name=value words, see main.c. */
typedef struct rival_plan {
    const char *kind, *url, *workload, *ca_file, *http;
    rival_request *requests; /* what to send, or NULL for the usual one */
    size_t request_count;
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
bool rival_encode(json_t *body, rival_buffer *into);
json_t *rival_body(long number);
json_t *rival_rebuild(json_t *model);
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

/* requests.c */
void rival_read_requests(rival_plan *plan, const char *file);

/* multi.c, easy.c, perform.c */
void rival_multi(const rival_plan *plan, bool json);
void rival_easy(const rival_plan *plan, bool json);
void rival_perform(const rival_plan *plan);

#endif
