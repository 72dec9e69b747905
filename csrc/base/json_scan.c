#include "base/json_scan.h"

#include "base/hex.h"
#include "base/json.h"
#include "base/json_plain.h"
#include "base/utf8.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- strings --------------------------------------------------------------------------------- */

/* The four hexadecimal digits at a place as a number, -1: they are none. */
static long hex_code(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    long code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = cvk_hex_digit(at[i]);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

static bool is_high_surrogate(long code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

static bool is_low_surrogate(long code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* The bytes of the escape whose backslash is at a place, 0: it is none. */
static size_t escape_length(const char *at, const char *end)
{
    if (end - at < 2)
        return 0;
    if (at[1] != 'u')
        return strchr("\"\\/bfnrt", at[1]) != NULL && at[1] != '\0' ? 2 : 0;
    long code = hex_code(at + 2, end);
    if (code < 0 || is_low_surrogate(code))
        return 0;
    if (!is_high_surrogate(code))
        return 6;
    bool pair =
        end - at >= 12 && at[6] == '\\' && at[7] == 'u' && is_low_surrogate(hex_code(at + 8, end));
    return pair ? 12 : 0;
}

bool cvk_scan_read_string(cvk_scan *scan, cvk_scan_string *string)
{
    const char *at = scan->at + 1, *end = scan->end;
    *string = (cvk_scan_string){.text = at};
    for (;;) {
        at += cvk_json_plain(at, (size_t)(end - at));
        if (at == end)
            return cvk_scan_fail(scan, scan->at, "a string without its closing quote");
        if (*at == '"')
            break;
        size_t length;
        if (*at == '\\') {
            length = escape_length(at, end);
            string->escaped = true;
            if (length == 0)
                return cvk_scan_fail(scan, at, "a wrong escape in a string");
        } else if ((unsigned char)*at < 0x20) {
            return cvk_scan_fail(scan, at, "a control character in a string");
        } else {
            length = cvk_utf8_sequence(at, (size_t)(end - at));
            if (length == 0)
                return cvk_scan_fail(scan, at, "a string that is not valid UTF-8");
        }
        at += length;
    }
    string->size = (size_t)(at - string->text);
    scan->at = at + 1;
    return true;
}

/* Writes a code point; returns its bytes. */
static size_t write_utf8(char *to, long code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length; --i > 0; code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[length] | code);
    return length;
}

size_t cvk_scan_unescape(const cvk_scan_string *string, char *to)
{
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    const char *at = string->text, *end = at + string->size;
    char *out = to;
    while (at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((backslash == NULL ? end : backslash) - at);
        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (at == end)
            break;
        if (at[1] != 'u') {
            const char *letter = strchr(letters, at[1]);
            *out++ = letter == NULL ? at[1] : values[letter - letters];
            at += 2;
            continue;
        }
        long code = hex_code(at + 2, end);
        at += 6;
        if (is_high_surrogate(code)) {
            code = 0x10000 + ((code - 0xd800) << 10) + (hex_code(at + 2, end) - 0xdc00);
            at += 6;
        }
        out += write_utf8(out, code);
    }
    return (size_t)(out - to);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* The digits of a number, as far as they fit. */
typedef struct digits {
    uint64_t mantissa; /* the first 19 digits that count */
    int counted;       /* how many digits the mantissa has */
    long exponent;     /* of ten, that goes with the mantissa */
    bool cut;          /* digits other than 0 did not fit */
} digits;

static inline bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static const char *read_digits(digits *d, const char *at, const char *end, bool fraction)
{
    const char *start = at;
    uint64_t mantissa = d->mantissa;
    int counted = d->counted;
    for (; counted < 19 && is_digit(at, end); at++) {
        mantissa = mantissa * 10 + (uint64_t)(*at - '0');
        counted += mantissa > 0; /* leading zeros do not count */
    }
    d->mantissa = mantissa;
    d->counted = counted;
    d->exponent -= fraction ? at - start : 0;
    for (; is_digit(at, end); at++) {
        d->cut |= *at != '0';
        d->exponent += !fraction;
    }
    return at;
}

/* strtod() for the text of a number: the decimal point becomes the locale's. false: no memory. */
static bool convert(const char *text, size_t size, double *value)
{
    char small[128], *copy = size < sizeof small - 8 ? small : malloc(size + 8);
    if (copy == NULL)
        return false;
    const char *point = localeconv()->decimal_point, *dot = memchr(text, '.', size);
    size_t before = dot == NULL ? size : (size_t)(dot - text), length = strlen(point);
    memcpy(copy, text, before);
    size_t used = before;
    if (dot != NULL && length <= 4) {
        memcpy(copy + used, point, length);
        used += length;
        memcpy(copy + used, dot + 1, size - before - 1);
        used += size - before - 1;
    }
    copy[used] = '\0';
    *value = strtod(copy, NULL);
    if (copy != small)
        free(copy);
    return true;
}

/* The nearest double, at once where that is exact: a small mantissa and a power of ten up to 22. */
static bool to_double(const digits *d, const char *text, size_t size, double *value)
{
#if FLT_EVAL_METHOD == 0
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!d->cut && d->mantissa <= UINT64_C(1) << 53 && d->exponent >= -22 && d->exponent <= 22) {
        double mantissa = (double)d->mantissa;
        *value = d->exponent < 0 ? mantissa / powers[-d->exponent] : mantissa * powers[d->exponent];
        if (*text == '-')
            *value = -*value;
        return true;
    }
#endif
    (void)d;
    return convert(text, size, value);
}

/* Reads the fraction and the exponent, where there are such. NULL: digits are missing. */
static const char *read_rest(digits *d, const char *at, const char *end)
{
    if (at < end && *at == '.') {
        if (!is_digit(++at, end))
            return NULL;
        at = read_digits(d, at, end, true);
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        bool negative = ++at < end && *at == '-';
        if (at < end && (*at == '-' || *at == '+'))
            at++;
        if (!is_digit(at, end))
            return NULL;
        long exponent = 0;
        for (; is_digit(at, end); at++)
            if (exponent < 100000000)
                exponent = exponent * 10 + (*at - '0');
        d->exponent += negative ? -exponent : exponent;
    }
    return at;
}

bool cvk_scan_read_number(cvk_scan *scan, cvk_scan_number *number)
{
    const char *start = scan->at, *end = scan->end, *at = start;
    digits d = {0};
    bool negative = *at == '-';
    at += negative;
    if (!is_digit(at, end))
        return cvk_scan_fail(scan, at, "a number without digits");
    if (*at == '0' && is_digit(at + 1, end))
        return cvk_scan_fail(scan, at, "a number that begins with a zero too many");
    at = read_digits(&d, at, end, false);
    bool whole = at == end || (*at != '.' && *at != 'e' && *at != 'E');
    uint64_t most = negative ? UINT64_C(1) << 63 : (uint64_t)INT64_MAX;
    if (whole && d.exponent == 0 && d.mantissa <= most && (d.mantissa > 0 || !negative)) {
        number->exact = true;
        number->whole = negative ? (int64_t)(0 - d.mantissa) : (int64_t)d.mantissa;
        scan->at = at;
        return true;
    }
    number->exact = false;
    at = read_rest(&d, at, end);
    if (at == NULL)
        return cvk_scan_fail(scan, start, "a number without digits after its point or exponent");
    if (!to_double(&d, start, (size_t)(at - start), &number->value)) {
        scan->no_memory = true;
        return cvk_scan_fail(scan, start, "not enough memory");
    }
    if (!isfinite(number->value))
        return cvk_scan_fail(scan, start, "a number too large for a double");
    scan->at = at;
    return true;
}
