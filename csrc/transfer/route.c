#include "transfer/route.h"

#include "transfer/handle.h"

#include <stdlib.h>

enum { most_idle_handles = 256 }; /* kept by one client */

static void free_route(void *attached)
{
    cvk_route *route = attached;
    while (route->idle != NULL) {
        cvk_handle *handle = route->idle;
        route->idle = handle->next;
        cvk_handle_free(handle);
    }
    free(route);
}

cvk_route *cvk_route_of(cvk_settings *settings)
{
    if (settings->attached != NULL)
        return settings->attached;
    cvk_route *route = calloc(1, sizeof *route);
    if (route == NULL)
        return NULL;
    route->settings = settings;
    settings->attached = route;
    settings->free_attached = free_route;
    return route;
}

cvk_handle *cvk_route_take_handle(cvk_route *route)
{
    cvk_handle *handle = route->idle;
    if (handle == NULL)
        return cvk_handle_new(route->settings);
    route->idle = handle->next;
    route->idle_count--;
    return handle;
}

void cvk_route_give_handle(cvk_route *route, cvk_handle *handle)
{
    handle->transfer = NULL;
    if (route->idle_count >= most_idle_handles) {
        cvk_handle_free(handle);
        return;
    }
    handle->used = true;
    handle->next = route->idle;
    route->idle = handle;
    route->idle_count++;
}

void cvk_route_orphan(cvk_transfer *first)
{
    for (cvk_transfer *transfer = first; transfer != NULL; transfer = transfer->next) {
        transfer->exchange->failure = CVK_CANCELLED;
        transfer->exchange->sent = true;
        transfer->exchange->reason = "left to the process that forked";
        transfer->exchange->stage = CVK_FINISHED;
        transfer->due = (cvk_deadline){0};
        transfer->route->in_flight = 0;
    }
}
