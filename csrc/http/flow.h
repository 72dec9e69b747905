/*
 * What of an exchange goes piece by piece while it is in flight: a successful answer that is handed over as it
 * comes, a body that is given as it goes out. So neither is ever in memory as a whole. Most exchanges have none.
 */
#ifndef CVK_HTTP_FLOW_H
#define CVK_HTTP_FLOW_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which answers are handed over piece by piece. */
typedef enum cvk_wanted {
    CVK_WHOLE,  /* none */
    CVK_EVENTS, /* successes that are streams of events (text/event-stream) */
    CVK_PIECES, /* all successes */
} cvk_wanted;

typedef struct cvk_flow {
    cvk_wanted wanted;
    bool by_pieces;   /* the answer has begun, and is one of these: its body is taken as it comes */
    bool paused;      /* libcurl rests until pieces are taken or given */
    bool uploads;     /* the body of the request is what is given; else it is the request's own */
    bool given_all;   /* of that body */
    bool was_read;    /* libcurl has taken some of it since the beginning */
    int64_t size;     /* of that body in bytes; -1: not known */
    cvk_buffer given; /* what libcurl has not taken yet begins at `taken` */
    size_t taken;
} cvk_flow;

enum { CVK_FLOW_ENOUGH = 256 * 1024 }; /* bytes that wait to be taken before libcurl rests */

/* A new one, by which nothing goes yet; NULL: out of memory. */
cvk_flow *cvk_flow_new(void);

/* The head of the answer, with that status, has come: decides whether its body goes by pieces. */
void cvk_flow_answered(cvk_flow *flow, int status, const cvk_buffer *headers);

/* Whether the caller has something to do: to give more of the body or, once all is given, to take what has
 * come. */
bool cvk_flow_is_ready(const cvk_flow *flow, const cvk_buffer *came);

/* Gives so many bytes of the body. false: out of memory. */
bool cvk_flow_give(cvk_flow *flow, const char *data, size_t size);

/* Forgets what was given: the body begins again. */
void cvk_flow_begin_again(cvk_flow *flow);

/* Frees it. NULL is fine. */
void cvk_flow_free(cvk_flow *flow);

#endif
