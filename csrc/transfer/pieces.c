#include "transfer/pieces.h"

#include <string.h>

static void add(cvk_transfer *transfer)
{
    if (transfer->owner == 0 || transfer->has_news)
        return;
    transfer->next_news = transfer->news->first;
    transfer->news->first = transfer;
    transfer->has_news = true;
}

void cvk_pieces_tell(cvk_transfer *transfer)
{
    if (cvk_flow_is_ready(transfer->exchange->flow, &transfer->exchange->body))
        add(transfer);
}

void cvk_pieces_forget(cvk_transfer *transfer)
{
    cvk_transfer **link = &transfer->news->first;
    while (*link != transfer)
        link = &(*link)->next_news;
    *link = transfer->next_news;
    transfer->has_news = false;
}

void cvk_pieces_answered(cvk_transfer *transfer, int status)
{
    cvk_flow *flow = transfer->exchange->flow;
    transfer->exchange->status = status;
    cvk_flow_answered(flow, status, &transfer->exchange->headers);
    if (flow->by_pieces && (!flow->uploads || flow->given_all))
        add(transfer);
}

size_t cvk_pieces_received(cvk_transfer *transfer, const char *data, size_t size)
{
    cvk_exchange *exchange = transfer->exchange;
    if (exchange->body.size >= CVK_FLOW_ENOUGH) {
        exchange->flow->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    cvk_buffer_add(&exchange->body, data, size);
    if (exchange->body.failed) {
        exchange->failure = CVK_MEMORY;
        return 0;
    }
    cvk_pieces_tell(transfer);
    return size;
}

size_t cvk_pieces_read(cvk_transfer *transfer, char *data, size_t room)
{
    cvk_flow *flow = transfer->exchange->flow;
    size_t left = flow->given.size - flow->taken;
    if (left == 0 && !flow->given_all) {
        flow->paused = true;
        cvk_pieces_tell(transfer);
        return CURL_READFUNC_PAUSE;
    }
    if (left < room)
        room = left;
    if (room > 0)
        memcpy(data, flow->given.data + flow->taken, room);
    flow->taken += room;
    flow->was_read = true;
    cvk_pieces_tell(transfer);
    return room;
}

bool cvk_pieces_resume(cvk_transfer *transfer)
{
    cvk_flow *flow = transfer->exchange->flow;
    if (!flow->paused || transfer->handle == NULL)
        return true;
    flow->paused = false;
    return curl_easy_pause(transfer->handle->curl, CURLPAUSE_CONT) == CURLE_OK;
}
