#include "transfer/queue.h"

void cvk_queues_add(cvk_queues *queues, cvk_transfer *transfer, bool before_others)
{
    cvk_route *route = transfer->route;
    if (route->waiting.first == NULL) {
        route->next_waiting = queues->first;
        queues->first = route;
    }
    if (before_others)
        cvk_transfer_list_add_first(&route->waiting, transfer);
    else
        cvk_transfer_list_add(&route->waiting, transfer);
    queues->count++;
}

void cvk_queues_remove(cvk_queues *queues, cvk_transfer *transfer)
{
    cvk_route *route = transfer->route;
    cvk_transfer_list_remove(&route->waiting, transfer);
    queues->count--;
    if (route->waiting.first != NULL)
        return;
    cvk_route **link = &queues->first;
    while (*link != route)
        link = &(*link)->next_waiting;
    *link = route->next_waiting;
}
