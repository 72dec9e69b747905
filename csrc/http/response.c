#include "http/response.h"

#include "base/date.h"

#include <string.h>
#include <strings.h>

bool cvk_response_next(const cvk_buffer *headers, size_t *position, const char **name,
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

const char *cvk_response_header(const cvk_buffer *headers, const char *name, size_t *size)
{
    size_t position = 0, length = strlen(name), name_size;
    const char *found, *value;
    while (cvk_response_next(headers, &position, &found, &name_size, &value, size))
        if (name_size == length && strncasecmp(found, name, length) == 0)
            return value;
    return NULL;
}

double cvk_response_retry_after(const cvk_buffer *headers, time_t now)
{
    size_t size, date_size;
    const char *value = cvk_response_header(headers, "Retry-After", &size);
    if (value == NULL || size == 0)
        return -1;
    double seconds = 0;
    size_t digits = 0;
    for (; digits < size && value[digits] >= '0' && value[digits] <= '9'; digits++)
        seconds = seconds * 10 + (value[digits] - '0');
    if (digits == size && size < 16)
        return seconds;
    time_t then = cvk_parse_http_date(value, size);
    if (then < 0)
        return -1;
    const char *date = cvk_response_header(headers, "Date", &date_size);
    time_t base = date == NULL ? -1 : cvk_parse_http_date(date, date_size);
    if (base < 0)
        base = now;
    return then > base ? (double)(then - base) : 0;
}
