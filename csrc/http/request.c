#include "http/request.h"

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

static void add_line(cvk_buffer *lines, const char *name, const char *text, size_t size)
{
    cvk_buffer_add_string(lines, name);
    cvk_buffer_add(lines, ": ", 2);
    cvk_buffer_add(lines, text, size);
    cvk_buffer_add_byte(lines, '\0');
}

void cvk_request_begin(cvk_request *request, const cvk_operation *operation,
                       const cvk_buffer *address, const cvk_buffer *lines,
                       cvk_credential *credential)
{
    request->operation = operation;
    cvk_credential_hold(credential);
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

static bool is_line(const char *line, const char *name, size_t length)
{
    return strncasecmp(line, name, length) == 0 && line[length] == ':';
}

bool cvk_lines_have(const cvk_buffer *lines, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < lines->size; i += strlen(lines->data + i) + 1)
        if (is_line(lines->data + i, name, length))
            return true;
    return false;
}

static void remove_line(cvk_buffer *lines, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < lines->size;) {
        char *line = lines->data + i;
        size_t size = strlen(line) + 1;
        if (is_line(line, name, length)) {
            memmove(line, line + size, lines->size - i - size);
            lines->size -= size;
        } else {
            i += size;
        }
    }
}

const char *cvk_lines_set(cvk_buffer *lines, const char *name, const char *text, size_t size)
{
    size_t blanks = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0' || text[i] == '\r' || text[i] == '\n')
            return "holds a line break or a zero byte, which no header may";
        blanks += text[i] == ' ' || text[i] == '\t';
    }
    if (blanks == size)
        return "must not be blank: no header would be sent";
    remove_line(lines, name);
    add_line(lines, name, text, size);
    return NULL;
}

const char *cvk_request_header(cvk_request *request, const char *name, const char *text,
                               size_t size)
{
    cvk_buffer *headers = &request->headers;
    if (request->base != NULL && cvk_lines_have(request->base, name)) {
        cvk_buffer_add(headers, request->base->data, request->base->size);
        request->base = NULL;
    }
    return cvk_lines_set(headers, name, text, size);
}

const char *cvk_request_header_name_fault(const char *name, size_t size)
{
    static const char *const ours[] = {
        "Authorization", "Connection", "Content-Length",    "Content-Type", "Cookie",      "Expect",
        "Host",          "Referer",    "Transfer-Encoding", "Upgrade",      "X-CSRFToken",
    };
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return "is not a header name";
    }
    if (size == 0)
        return "is not a header name";
    for (size_t i = 0; i < CVK_COUNT(ours); i++)
        if (strlen(ours[i]) == size && strncasecmp(ours[i], name, size) == 0)
            return "is set by convoke itself";
    return NULL;
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
