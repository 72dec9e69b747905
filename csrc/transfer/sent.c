#include "transfer/sent.h"

#include "base/uri.h"

bool cvk_sent_is_encrypted(const cvk_transfer *transfer)
{
    return !cvk_uri_is_plain(transfer->exchange->request.url.data);
}

bool cvk_sent_any(const cvk_transfer *transfer)
{
    long bytes = 0;
    if (transfer->exchange->sent)
        return true;
#if CVK_HAS_PREREQUEST
    if (!transfer->may_send)
        return false;
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > transfer->bytes_to_proxy;
#else
    curl_off_t before = 0;
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_REQUEST_SIZE, &bytes);
    curl_easy_getinfo(transfer->handle->curl, CURLINFO_PRETRANSFER_TIME_T, &before);
    return before > 0 && (bytes > 0 || cvk_sent_is_encrypted(transfer));
#endif
}

bool cvk_sent_may_repeat(cvk_transfer *transfer)
{
    cvk_method method = transfer->exchange->request.operation->method;
    if (!transfer->exchange->sent || method == CVK_GET || method == CVK_HEAD)
        return true;
    transfer->exchange->failure = CVK_NETWORK;
    transfer->exchange->reason = "the connection was closed before an answer came";
    return false;
}

bool cvk_sent_may_connect(cvk_transfer *transfer)
{
    transfer->opened_socket = true;
    transfer->exchange->sent = cvk_sent_any(transfer);
    transfer->may_send = false; /* what goes to a proxy now is no part of the request */
    transfer->was_repeated |= transfer->exchange->sent;
    return cvk_sent_may_repeat(transfer);
}

bool cvk_sent_before_failure(const cvk_transfer *transfer)
{
    cvk_failure failure = transfer->exchange->failure;
    return transfer->exchange->sent &&
           (failure == CVK_RESOLVE || failure == CVK_CONNECT || failure == CVK_TLS);
}
