#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>

cvk_settings *cvk_settings_new(void)
{
    cvk_settings *settings = calloc(1, sizeof *settings);
    if (settings != NULL)
        settings->ref_count = 1;
    return settings;
}

/* A proxy's address may hold a password, a key file's name may tell more than it should. */
static void wipe_string(char *string)
{
    if (string == NULL)
        return;
    explicit_bzero(string, strlen(string));
    free(string);
}

void cvk_settings_release(cvk_settings *settings)
{
    if (settings == NULL || --settings->ref_count > 0)
        return;
    if (settings->attached != NULL)
        settings->free_attached(settings->attached);
    wipe_string(settings->proxy);
    wipe_string(settings->ca_file);
    wipe_string(settings->cert);
    wipe_string(settings->key);
    cvk_buffer_free(&settings->lines);
    cvk_buffer_free(&settings->lines_with_body);
    cvk_document_release(settings->document);
    free(settings);
}

cvk_exchange *cvk_exchange_new(void)
{
    cvk_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange != NULL)
        exchange->ref_count = 1;
    return exchange;
}

void cvk_exchange_use(cvk_exchange *exchange, cvk_settings *settings)
{
    settings->ref_count++;
    cvk_settings_release(exchange->settings);
    exchange->settings = settings;
}

bool cvk_exchange_retire(cvk_exchange *exchange)
{
    if (exchange->ref_count > 1 || exchange->stage == CVK_IN_FLIGHT ||
        exchange->failure == CVK_CANCELLED || exchange->flow != NULL)
        return false;
    cvk_request_retire(&exchange->request);
    cvk_buffer_shrink(&exchange->headers);
    cvk_buffer_shrink(&exchange->body);
    cvk_buffer_free(&exchange->libcurl_message); /* which few need */
    cvk_buffer_shrink(&exchange->address);
    cvk_settings_release(exchange->settings);
    exchange->settings = NULL;
    return true;
}

cvk_exchange *cvk_exchange_retain(cvk_exchange *exchange)
{
    exchange->ref_count++;
    return exchange;
}

void cvk_exchange_release(cvk_exchange *exchange)
{
    if (exchange == NULL || --exchange->ref_count > 0)
        return;
    cvk_request_free(&exchange->request);
    cvk_buffer_free(&exchange->headers);
    cvk_buffer_free(&exchange->body);
    cvk_buffer_free(&exchange->libcurl_message);
    cvk_buffer_free(&exchange->address);
    cvk_settings_release(exchange->settings);
    cvk_flow_free(exchange->flow);
    free(exchange);
}

const char *cvk_exchange_message(const cvk_exchange *exchange)
{
    return exchange->reason != NULL             ? exchange->reason
           : exchange->libcurl_message.size > 0 ? exchange->libcurl_message.data
                                                : "";
}

void cvk_exchange_reset(cvk_exchange *exchange)
{
    exchange->stage = CVK_AT_REST;
    exchange->failure = CVK_FINE;
    exchange->sent = false;
    exchange->status = 0;
    exchange->phases = (cvk_phases){0};
    cvk_buffer_clear(&exchange->libcurl_message);
    exchange->head_too_large = false;
    exchange->reason = NULL;
    cvk_buffer_clear(&exchange->headers);
    exchange->headers_struck = false;
    cvk_buffer_clear(&exchange->body);
    if (exchange->flow != NULL)
        exchange->flow->by_pieces = exchange->flow->paused = false;
}
