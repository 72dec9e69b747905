#include "response.h"

#include <stdint.h>
#include <stdio.h>
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

/* Days since the epoch of a date of the Gregorian calendar; `month` from 1. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_number(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (strncasecmp(names + i * 3, name, 3) == 0)
            return i + 1;
    return 0;
}

time_t cvk_parse_http_date(const char *text, size_t size)
{
    char copy[48], month[4];
    int day, year, hour, minute, second;
    if (size >= sizeof copy)
        return -1;
    memcpy(copy, text, size);
    copy[size] = '\0';
    /* Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT; Sun Nov  6 08:49:37 1994 */
    if (sscanf(copy, "%*[A-Za-z], %2d%*1[ -]%3[A-Za-z]%*1[ -]%4d %2d:%2d:%2d GMT", &day, month,
               &year, &hour, &minute, &second) != 6 &&
        sscanf(copy, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d", month, &day, &hour, &minute,
               &second, &year) != 6)
        return -1;
    if (year < 100)
        year += year < 70 ? 2000 : 1900;
    int number = month_number(month);
    if (number == 0 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60 || year < 1970)
        return -1;
    return (time_t)(days_from_civil(year, number, day) * 86400 + hour * 3600 + minute * 60 +
                    second);
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
