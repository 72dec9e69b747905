#include "transfer/queue.h"

void cvk_queues_add(cvk_queues *queues, cvk_exchange *exchange, bool next)
{
    cvk_settings *settings = exchange->settings;
    if (settings->waiting.first == NULL) {
        settings->next_waiting = queues->first;
        queues->first = settings;
    }
    if (next)
        cvk_list_add_first(&settings->waiting, exchange);
    else
        cvk_list_add(&settings->waiting, exchange);
    queues->count++;
}

void cvk_queues_remove(cvk_queues *queues, cvk_exchange *exchange)
{
    cvk_settings *settings = exchange->settings;
    cvk_list_remove(&settings->waiting, exchange);
    queues->count--;
    if (settings->waiting.first != NULL)
        return;
    cvk_settings **link = &queues->first;
    while (*link != settings)
        link = &(*link)->next_waiting;
    *link = settings->next_waiting;
}
