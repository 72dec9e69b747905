#include "http/flow.h"

#include "http/headers.h"

#include <stdlib.h>
#include <strings.h>

cvk_flow *cvk_flow_new(void)
{
    return calloc(1, sizeof(cvk_flow));
}

void cvk_flow_answered(cvk_flow *flow, int status, const cvk_buffer *headers)
{
    if (flow->wanted == CVK_WHOLE || status < 200 || status > 299)
        return;
    static const char events[] = "text/event-stream";
    size_t size = 0;
    const char *type = cvk_headers_media_type(headers, &size);
    flow->by_pieces = flow->wanted == CVK_PIECES || (type != NULL && size == sizeof events - 1 &&
                                                     strncasecmp(type, events, size) == 0);
}

bool cvk_flow_is_ready(const cvk_flow *flow, const cvk_buffer *came)
{
    if (flow->uploads && !flow->given_all)
        return flow->given.size == flow->taken;
    return flow->by_pieces && came->size > 0;
}

bool cvk_flow_give(cvk_flow *flow, const char *data, size_t size)
{
    if (flow->taken == flow->given.size)
        flow->given.size = flow->taken = 0;
    cvk_buffer_add(&flow->given, data, size);
    return !flow->given.failed;
}

void cvk_flow_begin_again(cvk_flow *flow)
{
    flow->given_all = flow->was_read = false;
    flow->taken = 0;
    cvk_buffer_clear(&flow->given);
}

void cvk_flow_free(cvk_flow *flow)
{
    if (flow == NULL)
        return;
    cvk_buffer_free(&flow->given);
    free(flow);
}
