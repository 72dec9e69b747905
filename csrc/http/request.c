#include "http/request.h"
#include "http/headers.h"

#include "base/hex.h"
#include "base/uri.h"
#include "http/styles.h"

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
    request->has_query = operation->path_has_query;
    request->has_body = operation->has_body;
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

const char *cvk_request_styled_path(cvk_request *request, const char *name, const cvk_style *style,
                                    const char *json, size_t size)
{
    size_t before = request->url.size;
    cvk_style_text(&request->url, name, style, CVK_PATH, json, size);
    const char *text = request->url.data + before;
    size_t length = request->url.size - before;
    if (request->url.failed)
        return NULL;
    if (length == 0)
        return "must not be empty";
    if (text[0] == '.' && style->kind == CVK_STYLE_SIMPLE &&
        (length == 1 || (length == 2 && text[1] == '.')))
        return "must not be \".\" or \"..\": a path would swallow it";
    request->path_rest = strchr(request->path_rest, '}') + 1;
    copy_path(request);
    return NULL;
}

void cvk_request_styled_query(cvk_request *request, const char *name, const cvk_style *style,
                              const char *json, size_t size)
{
    char separator = request->has_query ? '&' : '?';
    cvk_style_pairs(&request->url, name, style, &separator, json, size);
    request->has_query = separator == '&';
}

/* Whether a byte may stand in a path as it is (RFC 3986, pchar and the slash). */
static bool is_of_path(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("/-._~!$&'()*+,;=:@", c) != NULL);
}

/* Whether a segment is "." or "..", however it is written: a path would swallow it. */
static bool is_dots(const char *segment, size_t size)
{
    size_t dots = 0;
    while (size > 0) {
        size_t length = *segment == '.'                                    ? 1
                        : size >= 3 && strncasecmp(segment, "%2e", 3) == 0 ? 3
                                                                           : 0;
        if (length == 0)
            return false;
        dots++;
        segment += length;
        size -= length;
    }
    return dots == 1 || dots == 2;
}

static const char *free_path_fault(const char *text, size_t size)
{
    if (size == 0 || text[0] != '/')
        return "must begin with a slash";
    for (size_t i = 0, start = 1; i <= size; i++) {
        if (i > 0 && (i == size || text[i] == '/')) {
            if (is_dots(text + start, i - start))
                return "must not hold \".\" or \"..\": a path would swallow it";
            start = i + 1;
        } else if (text[i] == '?' || text[i] == '#') {
            return "must not hold ? or #: what follows a path is given as query";
        } else if (text[i] == '%' && (i + 2 >= size || cvk_hex_digit(text[i + 1]) < 0 ||
                                      cvk_hex_digit(text[i + 2]) < 0)) {
            return "has a % that is not followed by two hexadecimal digits (write it %25)";
        }
    }
    return NULL;
}

const char *cvk_request_free_path(cvk_request *request, const char *text, size_t size)
{
    const char *fault = free_path_fault(text, size);
    for (size_t i = 0; i < size && fault == NULL; i++) {
        if (text[i] == '%' || is_of_path(text[i]))
            cvk_buffer_add_byte(&request->url, text[i]);
        else
            cvk_uri_add_encoded(&request->url, &text[i], 1);
    }
    return fault;
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
        cvk_buffer_add(to, credential->redacted_query.data, credential->redacted_query.size);
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
