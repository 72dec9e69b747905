#include "http/headers.h"

#include "base/date.h"

#include <string.h>
#include <strings.h>

/* ---- header lines of a request --------------------------------------------------------------- */

static void add_line(cvk_buffer *lines, const char *name, const char *text, size_t size)
{
    cvk_buffer_add_string(lines, name);
    cvk_buffer_add(lines, ": ", 2);
    cvk_buffer_add(lines, text, size);
    cvk_buffer_add_byte(lines, '\0');
}

static bool is_line(const char *line, const char *name, size_t length)
{
    return strncasecmp(line, name, length) == 0 && line[length] == ':';
}

bool cvk_header_lines_have(const cvk_buffer *lines, const char *name)
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

const char *cvk_header_lines_set(cvk_buffer *lines, const char *name, const char *text, size_t size)
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

const char *cvk_header_name_fault(const char *name, size_t size)
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
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strlen(ours[i]) == size && strncasecmp(ours[i], name, size) == 0)
            return "is set by convoke itself";
    return NULL;
}

/* ---- raw headers of an answer ---------------------------------------------------------------- */

bool cvk_headers_next(const cvk_buffer *headers, size_t *position, const char **name,
                      size_t *name_size, const char **value, size_t *value_size)
{
    while (*position < headers->size) {
        const char *line = headers->data + *position;
        const char *end = memchr(line, '\n', headers->size - *position);
        size_t size = end == NULL ? headers->size - *position : (size_t)(end - line);
        *position += size + (end != NULL);
        const char *colon = memchr(line, ':', size);
        if (colon == NULL || colon == line)
            continue; /* the status line, the end, or rubbish */
        const char *start = colon + 1, *stop = line + size;
        while (start < stop && (*start == ' ' || *start == '\t'))
            start++;
        while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
            stop--;
        *name = line;
        *name_size = (size_t)(colon - line);
        *value = start;
        *value_size = (size_t)(stop - start);
        return true;
    }
    return false;
}

const char *cvk_headers_find(const cvk_buffer *headers, const char *name, size_t *size)
{
    size_t position = 0, length = strlen(name), name_size;
    const char *found, *value;
    while (cvk_headers_next(headers, &position, &found, &name_size, &value, size))
        if (name_size == length && strncasecmp(found, name, length) == 0)
            return value;
    return NULL;
}

const char *cvk_headers_media_type(const cvk_buffer *headers, size_t *size)
{
    const char *type = cvk_headers_find(headers, "Content-Type", size);
    if (type == NULL)
        return NULL;
    const char *end = memchr(type, ';', *size);
    *size = end == NULL ? *size : (size_t)(end - type);
    while (*size > 0 && type[*size - 1] == ' ')
        --*size;
    return type;
}

double cvk_headers_retry_after(const cvk_buffer *headers, int64_t now)
{
    size_t size, date_size;
    const char *value = cvk_headers_find(headers, "Retry-After", &size);
    if (value == NULL || size == 0)
        return -1;
    double seconds = 0;
    size_t digits = 0;
    for (; digits < size && value[digits] >= '0' && value[digits] <= '9'; digits++)
        seconds = seconds * 10 + (value[digits] - '0');
    if (digits == size && size < 16)
        return seconds;
    int64_t then = cvk_parse_http_date(value, size);
    if (then < 0)
        return -1;
    const char *date = cvk_headers_find(headers, "Date", &date_size);
    int64_t base = date == NULL ? -1 : cvk_parse_http_date(date, date_size);
    if (base < 0)
        base = now;
    return then > base ? (double)(then - base) : 0;
}
