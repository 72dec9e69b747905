#include "http/request.h"
#include "http/headers.h"

#include "base/uri.h"

#include <string.h>
#include <strings.h>

/* Copies the path template up to its next value. */
static void copy_path(cvk_request *request)
{
    size_t length = strcspn(request->path_rest, "{");
    cvk_buffer_add(&request->url, request->path_rest, length);
    request->path_rest += length;
}

void cvk_request_begin(cvk_request *request, const cvk_operation *operation,
                       const cvk_buffer *address, const cvk_buffer *lines,
                       cvk_credential *credential)
{
    request->operation = operation;
    cvk_credential_retain(credential);
    cvk_credential_release(request->credential);
    request->credential = credential;
    request->path_rest = operation->path;
    request->has_query = false;
    cvk_buffer_clear(&request->url);
    cvk_buffer_clear(&request->headers);
    cvk_buffer_clear(&request->body);
    cvk_buffer_add(&request->url, address->data, address->size);
    copy_path(request);
    request->base = lines;
}

const char *cvk_request_path(cvk_request *request, const char *text, size_t size)
{
    if (size == 0)
        return "must not be empty";
    if (text[0] == '.' && (size == 1 || (size == 2 && text[1] == '.')))
        return "must not be \".\" or \"..\": a path would swallow it";
    cvk_uri_add_encoded(&request->url, text, size);
    request->path_rest = strchr(request->path_rest, '}') + 1;
    copy_path(request);
    return NULL;
}

const char *cvk_request_query(cvk_request *request, const char *name, const char *text, size_t size)
{
    cvk_buffer_add_byte(&request->url, request->has_query ? '&' : '?');
    cvk_uri_add_encoded(&request->url, name, strlen(name));
    cvk_buffer_add_byte(&request->url, '=');
    cvk_uri_add_encoded(&request->url, text, size);
    request->has_query = true;
    return NULL;
}

const char *cvk_request_header(cvk_request *request, const char *name, const char *text,
                               size_t size)
{
    cvk_buffer *headers = &request->headers;
    if (request->base != NULL && cvk_header_lines_have(request->base, name)) {
        cvk_buffer_add(headers, request->base->data, request->base->size);
        request->base = NULL;
    }
    return cvk_header_lines_set(headers, name, text, size);
}

bool cvk_request_has_secret_address(const cvk_request *request)
{
    return request->credential != NULL && request->credential->query.size > 0;
}

void cvk_request_address(const cvk_request *request, bool secret, cvk_buffer *to)
{
    cvk_buffer_add(to, request->url.data, request->url.size);
    const cvk_credential *credential = request->credential;
    if (!cvk_request_has_secret_address(request))
        return;
    cvk_buffer_add_byte(to, request->has_query ? '&' : '?');
    if (secret) {
        cvk_buffer_add(to, credential->query.data, credential->query.size);
    } else {
        cvk_buffer_add_string(to, credential->auth->name);
        cvk_buffer_add_string(to, "=[redacted]");
    }
}

bool cvk_request_failed(const cvk_request *request)
{
    return request->url.failed || request->headers.failed || request->body.failed;
}

void cvk_request_retire(cvk_request *request)
{
    cvk_credential_release(request->credential);
    request->credential = NULL;
    request->base = NULL;
    cvk_buffer_shrink(&request->url);
    cvk_buffer_shrink(&request->headers);
    cvk_buffer_shrink(&request->body);
}

void cvk_request_free(cvk_request *request)
{
    cvk_credential_release(request->credential);
    cvk_buffer_free(&request->url);
    cvk_buffer_free(&request->headers);
    cvk_buffer_free(&request->body);
    *request = (cvk_request){0};
}
