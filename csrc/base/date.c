#include "base/date.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

int64_t cvk_parse_http_date(const char *text, size_t size)
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
    return days_from_civil(year, number, day) * 86400 + hour * 3600 + minute * 60 + second;
}

/* The digits at `text` as a number; -1: there are not so many. */
static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Seconds that a zone is ahead of UTC: "+02:00", "-0130"; 0 for "Z" and all else. */
static int zone_offset(const char *zone)
{
    if (!is_one_of(zone[0], "+-"))
        return 0;
    int hours = digits(zone + 1, 2);
    int minutes = hours < 0 ? -1 : digits(zone + (zone[3] == ':' ? 4 : 3), 2);
    int seconds = minutes < 0 ? 0 : hours * 3600 + minutes * 60;
    return zone[0] == '-' ? -seconds : seconds;
}

bool cvk_parse_date_time(const char *text, size_t size, double *seconds)
{
    char copy[48]; /* 2024-11-20T10:00:00.123456+00:00 */
    if (size < 19 || size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    int year = digits(copy, 4), month = digits(copy + 5, 2), day = digits(copy + 8, 2);
    int hour = digits(copy + 11, 2), minute = digits(copy + 14, 2), second = digits(copy + 17, 2);
    if (copy[4] != '-' || copy[7] != '-' || !is_one_of(copy[10], "Tt ") || copy[13] != ':' ||
        copy[16] != ':')
        return false;
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 24 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    const char *rest = copy + 19;
    double fraction = 0, unit = 1;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++)
            fraction += (*rest - '0') * (unit /= 10);
    int64_t whole = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *seconds = (double)(whole - zone_offset(rest)) + fraction;
    return true;
}
