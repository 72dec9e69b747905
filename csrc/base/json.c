#include "base/json.h"

#include "base/json_plain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_escape(cvk_buffer *buffer, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "btn\0fr"; /* for 8 to 13; 11 has no short form */
    if (byte >= 8 && byte <= 13 && byte != 11) {
        char escape[2] = {'\\', letters[byte - 8]};
        cvk_buffer_add(buffer, escape, sizeof escape);
    } else if (byte >= 0x20) {
        char escape[2] = {'\\', (char)byte};
        cvk_buffer_add(buffer, escape, sizeof escape);
    } else {
        char escape[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
        cvk_buffer_add(buffer, escape, sizeof escape);
    }
}

void cvk_json_add_string(cvk_buffer *buffer, const char *text, size_t size)
{
    size_t plain = cvk_json_plain(text, size);
    if (plain == size) { /* most are: all of it at once */
        char *quoted = cvk_buffer_extend(buffer, size + 2);
        if (quoted == NULL)
            return;
        quoted[0] = quoted[size + 1] = '"';
        memcpy(quoted + 1, text, size);
        return;
    }
    cvk_buffer_add_byte(buffer, '"');
    for (size_t at = 0; at < size; plain = at + cvk_json_plain(text + at, size - at)) {
        while (plain < size && (unsigned char)text[plain] >= 0x80)
            plain += 1 + cvk_json_plain(text + plain + 1, size - plain - 1);
        cvk_buffer_add(buffer, text + at, plain - at);
        if (plain < size)
            add_escape(buffer, (unsigned char)text[plain++]);
        at = plain;
    }
    cvk_buffer_add_byte(buffer, '"');
}

/* By hand: snprintf() takes 600 instructions. */
size_t cvk_format_integer(char text[CVK_NUMBER_SIZE], int64_t value)
{
    char backwards[CVK_NUMBER_SIZE];
    size_t count = 0, size = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        backwards[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        text[size++] = '-';
    while (count > 0)
        text[size++] = backwards[--count];
    text[size] = '\0';
    return size;
}

/* Makes printf's form of a double the locale's no more, and as short as JSON allows. */
static size_t tidy(char text[CVK_NUMBER_SIZE])
{
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in == 'e') {
            *out++ = 'e';
            in++;
            if (*in == '-')
                *out++ = '-';
            in++;
            while (*in == '0')
                in++;
            in--;
        } else if ((*in >= '0' && *in <= '9') || *in == '-') {
            *out++ = *in;
        } else if (out[-1] != '.') {
            *out++ = '.'; /* whatever the locale writes, in as many bytes as it likes */
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

size_t cvk_format_number(char text[CVK_NUMBER_SIZE], double value)
{
    if (value == trunc(value) && fabs(value) < 1e15 && !(value == 0 && signbit(value)))
        return cvk_format_integer(text, (int64_t)value);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, CVK_NUMBER_SIZE, "%.*g", digits, value);
        if (digits == 17 || strtod(text, NULL) == value)
            break;
    }
    return tidy(text);
}
