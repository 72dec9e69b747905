#include "transfer/transfer.h"

#include <stdlib.h>

enum { most_spares = 256 };

void cvk_transfer_list_add(cvk_transfer_list *list, cvk_transfer *transfer)
{
    transfer->next = NULL;
    transfer->previous = list->last;
    if (list->last != NULL)
        list->last->next = transfer;
    else
        list->first = transfer;
    list->last = transfer;
}

void cvk_transfer_list_add_first(cvk_transfer_list *list, cvk_transfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = list->first;
    if (list->first != NULL)
        list->first->previous = transfer;
    else
        list->last = transfer;
    list->first = transfer;
}

void cvk_transfer_list_remove(cvk_transfer_list *list, cvk_transfer *transfer)
{
    if (transfer->previous != NULL)
        transfer->previous->next = transfer->next;
    else
        list->first = transfer->next;
    if (transfer->next != NULL)
        transfer->next->previous = transfer->previous;
    else
        list->last = transfer->previous;
    transfer->previous = transfer->next = NULL;
}

cvk_transfer *cvk_transfer_new(cvk_spare_transfers *spares, cvk_exchange *exchange)
{
    cvk_transfer *transfer = spares->first;
    cvk_buffer lines = {0};
    if (transfer != NULL) {
        spares->first = transfer->next;
        spares->count--;
        lines = transfer->lines;
    } else if ((transfer = malloc(sizeof *transfer)) == NULL) {
        return NULL;
    }
    *transfer = (cvk_transfer){.lines = lines, .socket = -1, .length = -1};
    transfer->exchange = cvk_exchange_retain(exchange);
    return transfer;
}

void cvk_transfer_put_away(cvk_spare_transfers *spares, cvk_transfer *transfer)
{
    cvk_exchange_release(transfer->exchange);
    transfer->exchange = NULL;
    if (spares->count == most_spares) {
        cvk_buffer_free(&transfer->lines);
        free(transfer);
        return;
    }
    cvk_buffer_shrink(&transfer->lines);
    transfer->next = spares->first;
    spares->first = transfer;
    spares->count++;
}

void cvk_transfer_free_spares(cvk_spare_transfers *spares)
{
    while (spares->first != NULL) {
        cvk_transfer *transfer = spares->first;
        spares->first = transfer->next;
        cvk_buffer_free(&transfer->lines);
        free(transfer);
    }
    spares->count = 0;
}
