/*
 * What the engine keeps for one client's settings: how many of its transfers are under way, those
 * that wait for their turn, and the libcurl handles that are set up for it and free for work.
 *
 * A route is made at the first need and lives as long as the settings, which free it.
 */
#ifndef CVK_TRANSFER_ROUTE_H
#define CVK_TRANSFER_ROUTE_H

#include "transfer/transfer.h"

typedef struct cvk_route {
    const cvk_settings *settings;   /* which hold the route, and so outlive it */
    size_t in_flight;               /* transfers that libcurl has */
    bool shares_connections;        /* answers have come over connections that several may share */
    cvk_transfer_list waiting;      /* for their turn, in order */
    struct cvk_route *next_waiting; /* route that has such, too */
    cvk_handle *idle;               /* handles that are free for work */
    size_t idle_count;
} cvk_route;

/* The route of those settings; NULL: out of memory. */
cvk_route *cvk_route_of(cvk_settings *settings);

/* A handle set up for the route, new or used before; NULL: out of memory. The caller gives it back,
 * or frees it with cvk_handle_free. */
cvk_handle *cvk_route_take_handle(cvk_route *route);

/* Keeps a handle for the next transfer, or frees it where there are many. */
void cvk_route_give_handle(cvk_route *route, cvk_handle *handle);

/*
 * In the child of a fork: ends transfers, the first of a list and those behind it, that the parent goes on with.
 * Their requests may have left, or will.
 */
void cvk_route_orphan(cvk_transfer *first);

#endif
