#include "transfer/result.h"

#include "transfer/handle.h"
#include "transfer/proxy.h"
#include "transfer/sent.h"

void cvk_result_explain(cvk_transfer *transfer, CURLcode code)
{
    if (transfer->exchange->failure == CVK_FINE) /* else a callback has said why it stopped */
        transfer->exchange->failure = cvk_handle_failure(transfer, code);
    if (transfer->exchange->failure == CVK_FINE || transfer->exchange->reason != NULL)
        return;
    const char *message = transfer->handle->message;
    if (message[0] == '\0')
        message = curl_easy_strerror(code);
    cvk_buffer *words = &transfer->exchange->libcurl_message;
    if (cvk_sent_before_failure(transfer))
        cvk_buffer_add_string(words, "after the request had left: ");
    cvk_buffer_add_string(words, cvk_proxy_is_quoted(message) ? "the proxy's address is no good"
                                                              : message);
    const char *source = cvk_proxy_blamed(transfer, code, message);
    if (source != NULL) {
        cvk_buffer_add_string(words, " (of the proxy that ");
        cvk_buffer_add_string(words, source);
        cvk_buffer_add_string(words, " names)");
    }
    if (cvk_buffer_string(words) == NULL)
        transfer->exchange->reason = curl_easy_strerror(code);
}

const char *cvk_result_phase(const cvk_transfer *transfer)
{
    curl_off_t connected = 0, ready = 0;
    if (transfer->header_bytes > 0)
        return "the deadline passed before the answer was complete";
    if (cvk_sent_any(transfer))
        return "the deadline passed before an answer came";
    if (!cvk_handle_has_begun(transfer))
        return "the deadline passed before the server's address was known";
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_PRETRANSFER_TIME_T, &ready);
    if (connected == 0)
        return "the deadline passed while connecting";
    return ready == 0 ? "the deadline passed during the handshake"
                      : "the deadline passed before the request was sent";
}

void cvk_result_count(const cvk_transfer *transfer, cvk_counters *counters)
{
    long opened = 0;
    curl_off_t up = 0, down = 0;
    CURL *curl = transfer->handle->curl;
    if (!cvk_handle_has_begun(transfer))
        return;
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &opened);
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &down);
    counters->connections_opened += (uint64_t)opened;
    counters->connections_reused += opened == 0 && transfer->exchange->sent;
    counters->bytes_sent += (uint64_t)up;
    counters->bytes_received += (uint64_t)down;
}

uint64_t cvk_result_progress(const cvk_transfer *transfer)
{
    curl_off_t up = 0, down = 0;
    long request = 0, head = 0;
    CURL *curl = transfer->handle->curl;
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request);
    curl_easy_getinfo(curl, CURLINFO_HEADER_SIZE, &head);
    return (uint64_t)up + (uint64_t)down + (uint64_t)request + (uint64_t)head;
}

void cvk_result_time(const cvk_transfer *transfer)
{
    cvk_phases *phases = &transfer->exchange->phases;
    CURL *curl = transfer->handle->curl;
    curl_off_t at[4] = {0};
    if (cvk_handle_has_begun(transfer)) {
        curl_easy_getinfo(curl, CURLINFO_NAMELOOKUP_TIME_T, &at[0]);
        curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &at[1]);
        curl_easy_getinfo(curl, CURLINFO_APPCONNECT_TIME_T, &at[2]);
        curl_easy_getinfo(curl, CURLINFO_STARTTRANSFER_TIME_T, &at[3]);
    }
    *phases = (cvk_phases){.resolved = at[0],
                           .connected = at[1],
                           .secured = at[2],
                           .answered = transfer->header_bytes > 0 ? at[3] : 0};
}
