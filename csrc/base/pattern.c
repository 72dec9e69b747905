#include "base/pattern.h"

#include <stdlib.h>
#include <string.h>

enum { ONE, ANY, SET, RANGE, SPLIT, JUMP, AT_BEGIN, AT_END, MATCH };

enum {
    deepest = 50,        /* groups within each other */
    most_tries = 100000, /* atoms read, those that are read again for their repeats included */
};

/* The state of reading a pattern. Once `why` is set, nothing more is done. */
typedef struct reader {
    const unsigned char *at, *end;
    const char *why;
    int count, depth, tries;
    cvk_pattern_step steps[CVK_PATTERN_MOST];
} reader;

/* The next character of UTF-8 without fault; `*at` is before the end. */
static int32_t next_character(const unsigned char **at, const unsigned char *end)
{
    int32_t c = *(*at)++;
    int more = c < 0xC0 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    if (more > 0)
        c &= 0x3F >> more;
    for (; more > 0 && *at < end; more--)
        c = c << 6 | (*(*at)++ & 0x3F);
    return c;
}

static int32_t take(reader *r)
{
    return next_character(&r->at, r->end);
}

static bool is_next(const reader *r, char c)
{
    return r->at < r->end && *r->at == (unsigned char)c;
}

static bool skip(reader *r, char c)
{
    bool is = is_next(r, c);
    r->at += is;
    return is;
}

static void refuse(reader *r, const char *why)
{
    if (r->why == NULL)
        r->why = why;
}

/* Puts a step at a place, before what is there. Ways lead so far on, so that a block of steps can be moved. */
static void put(reader *r, int place, cvk_pattern_step step)
{
    if (r->count == CVK_PATTERN_MOST)
        refuse(r, "is too long");
    if (r->why != NULL)
        return;
    memmove(r->steps + place + 1, r->steps + place, sizeof step * (size_t)(r->count - place));
    r->steps[place] = step;
    r->count++;
}

static void add(reader *r, uint8_t op, int32_t one, int32_t other)
{
    put(r, r->count, (cvk_pattern_step){.op = op, .one = one, .other = other});
}

/* ---- classes of characters ------------------------------------------------------------------------------------ */

static const int32_t digits[] = {'0', '9'};
static const int32_t word_characters[] = {'0', '9', 'A', 'Z', '_', '_', 'a', 'z'};
static const int32_t spaces[] = {9,      13,     ' ',    ' ',    0xA0,   0xA0,   0x1680,
                                 0x1680, 0x2000, 0x200A, 0x2028, 0x2029, 0x202F, 0x202F,
                                 0x205F, 0x205F, 0x3000, 0x3000, 0xFEFF, 0xFEFF};
static const int32_t line_ends[] = {'\n', '\n', '\r', '\r', 0x2028, 0x2029};

enum { last_character = 0x10FFFF };

static void add_ranges(reader *r, const int32_t *bounds, size_t count, bool others)
{
    int32_t from = 0;
    for (size_t i = 0; i < count; i += 2) {
        if (!others)
            add(r, RANGE, bounds[i], bounds[i + 1]);
        else if (bounds[i] > from)
            add(r, RANGE, from, bounds[i] - 1);
        from = bounds[i + 1] + 1;
    }
    if (others)
        add(r, RANGE, from, last_character);
}

#define ADD_RANGES(r, bounds, others) \
    add_ranges(r, bounds, sizeof(bounds) / sizeof((bounds)[0]), others)

/* Adds the ranges of \d and the like. Returns whether the letter is one of those. */
static bool add_named(reader *r, int32_t letter)
{
    if (letter == 'd' || letter == 'D')
        ADD_RANGES(r, digits, letter == 'D');
    else if (letter == 'w' || letter == 'W')
        ADD_RANGES(r, word_characters, letter == 'W');
    else if (letter == 's' || letter == 'S')
        ADD_RANGES(r, spaces, letter == 'S');
    else
        return false;
    return true;
}

/* Says of the step at `place` that it is a set of the ranges behind it. */
static void end_set(reader *r, int place)
{
    if (r->why == NULL)
        r->steps[place].one = r->count - place - 1;
}

/* ---- characters ------------------------------------------------------------------------------------------------ */

static int32_t read_hex(reader *r, int most)
{
    int32_t value = 0;
    int count = 0;
    for (; count < most && r->at < r->end; count++, r->at++) {
        int c = *r->at;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            break;
        value = value * 16 + digit;
    }
    return count == most ? value : -1;
}

static int32_t read_unicode(reader *r)
{
    if (skip(r, '{')) {
        int count = 0;
        while (count < 7 && r->at + count < r->end && r->at[count] != '}')
            count++;
        int32_t value = count > 0 && count < 7 ? read_hex(r, count) : -1;
        return skip(r, '}') ? value : -1;
    }
    int32_t value = read_hex(r, 4);
    if (value >= 0xD800 && value < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' &&
        r->at[1] == 'u') {
        r->at += 2;
        int32_t low = read_hex(r, 4);
        value =
            low >= 0xDC00 && low < 0xE000 ? 0x10000 + (value - 0xD800) * 0x400 + low - 0xDC00 : -1;
    }
    return value;
}

/* The character that an escape means, whose letter was taken; less than 0: none that is supported. */
static int32_t read_escaped(reader *r, int32_t letter)
{
    static const char letters[] = "tnvfr", meant[] = "\t\n\v\f\r";
    const char *found = letter > 0 && letter < 128 ? strchr(letters, (int)letter) : NULL;
    if (found != NULL)
        return meant[found - letters];
    if (letter == 'x')
        return read_hex(r, 2);
    if (letter == 'u')
        return read_unicode(r);
    if (letter == '0')
        return r->at < r->end && *r->at >= '0' && *r->at <= '9' ? -1 : 0;
    bool is_letter = (letter | 32) >= 'a' && (letter | 32) <= 'z' && letter < 128;
    return is_letter || (letter >= '1' && letter <= '9') ? -1 : letter;
}

/* Reads one character of a class, or adds what stands for several; -1 then. */
static int32_t read_of_class(reader *r)
{
    int32_t c = take(r);
    if (c != '\\')
        return c;
    if (r->at == r->end) {
        refuse(r, "ends amid a class");
        return -1;
    }
    c = take(r);
    if (c == 'b')
        return '\b';
    if (add_named(r, c))
        return -1;
    if (c == '-')
        return c;
    c = read_escaped(r, c);
    if (c < 0)
        refuse(r, "has an escape that is not supported");
    return c;
}

static void read_class(reader *r)
{
    int place = r->count;
    add(r, SET, 0, 0);
    bool negated = skip(r, '^');
    while (r->why == NULL && !skip(r, ']')) {
        if (r->at == r->end) {
            refuse(r, "ends amid a class");
            return;
        }
        int32_t from = read_of_class(r), to = from;
        if (from >= 0 && is_next(r, '-') && r->end - r->at > 1 && r->at[1] != ']') {
            r->at++;
            to = read_of_class(r);
            if (to < from)
                refuse(r, "has a range that ends before it begins");
        }
        if (from >= 0)
            add(r, RANGE, from, to);
    }
    end_set(r, place);
    if (r->why == NULL)
        r->steps[place].negated = negated;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void read_choice(reader *r);

static void read_group(reader *r)
{
    if (skip(r, '?')) {
        bool named = skip(r, '<') && !is_next(r, '=') && !is_next(r, '!');
        while (named && r->at < r->end && *r->at != '>')
            r->at++;
        if (!skip(r, named ? '>' : ':')) {
            refuse(r, "looks around");
            return;
        }
    }
    if (++r->depth > deepest)
        refuse(r, "is nested too deep");
    else
        read_choice(r);
    r->depth--;
    if (!skip(r, ')'))
        refuse(r, "lacks a bracket");
}

static void read_escape(reader *r)
{
    if (r->at == r->end) {
        refuse(r, "ends amid an escape");
        return;
    }
    int32_t c = take(r);
    int place = r->count;
    add(r, SET, 0, 0);
    if (r->why == NULL && add_named(r, c)) {
        end_set(r, place);
        return;
    }
    r->count = place;
    c = read_escaped(r, c);
    if (c < 0)
        refuse(r, "has an escape that is not supported");
    else
        add(r, ONE, c, 0);
}

static void read_atom(reader *r)
{
    if (++r->tries > most_tries)
        refuse(r, "is too long");
    if (r->why != NULL)
        return;
    int place = r->count;
    if (skip(r, '(')) {
        read_group(r);
    } else if (skip(r, '[')) {
        read_class(r);
    } else if (skip(r, '\\')) {
        read_escape(r);
    } else if (skip(r, '.')) {
        add(r, SET, 0, 0);
        ADD_RANGES(r, line_ends, true);
        end_set(r, place);
    } else if (is_next(r, '*') || is_next(r, '+') || is_next(r, '?')) {
        refuse(r, "repeats nothing");
    } else {
        add(r, ONE, take(r), 0);
    }
}

static bool read_count(reader *r, int *count)
{
    const unsigned char *before = r->at;
    for (*count = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        *count = *count > CVK_PATTERN_MOST ? *count : *count * 10 + (*r->at - '0');
    return r->at > before;
}

/* Reads how often something repeats; `*most` less than 0: without end. Returns whether that is said. */
static bool read_repeats(reader *r, int *least, int *most)
{
    const unsigned char *before = r->at;
    *least = is_next(r, '+') ? 1 : 0;
    *most = is_next(r, '?') ? 1 : -1;
    bool good = skip(r, '*') || skip(r, '+') || skip(r, '?');
    if (!good && skip(r, '{') && read_count(r, least)) {
        *most = *least;
        if (skip(r, ',') && !read_count(r, most))
            *most = -1;
        good = skip(r, '}');
    }
    if (good)
        skip(r, '?');
    else
        r->at = before;
    if (good && *most >= 0 && *most < *least)
        refuse(r, "repeats less than it repeats");
    return good;
}

static void read_repeated(reader *r)
{
    const unsigned char *atom = r->at;
    int place = r->count, least, most;
    read_atom(r);
    if (r->why != NULL || !read_repeats(r, &least, &most))
        return;
    const unsigned char *behind = r->at;
    int last = most < 0 ? (least > 0 ? least : 1) : most;
    r->count = place;
    for (int i = 1; i <= last && r->why == NULL; i++) {
        place = r->count;
        r->at = atom;
        read_atom(r);
        int size = r->count - place;
        if (most < 0 && i == last && least > 0) {
            add(r, SPLIT, -size, 1);
        } else if (most < 0 && i == last) {
            put(r, place, (cvk_pattern_step){.op = SPLIT, .one = 1, .other = size + 2});
            add(r, JUMP, -size - 1, 0);
        } else if (i > least) {
            put(r, place, (cvk_pattern_step){.op = SPLIT, .one = 1, .other = size + 1});
        }
    }
    r->at = behind;
}

static void read_sequence(reader *r)
{
    while (r->why == NULL && r->at < r->end && !is_next(r, '|') && !is_next(r, ')')) {
        if (skip(r, '^'))
            add(r, AT_BEGIN, 0, 0);
        else if (skip(r, '$'))
            add(r, AT_END, 0, 0);
        else
            read_repeated(r);
    }
}

static void read_choice(reader *r)
{
    int start = r->count, jumps[CVK_PATTERN_MOST / 2], count = 0;
    read_sequence(r);
    while (r->why == NULL && skip(r, '|')) {
        put(r, start, (cvk_pattern_step){.op = SPLIT, .one = 1, .other = r->count - start + 2});
        if (count == CVK_PATTERN_MOST / 2)
            refuse(r, "is too long");
        else
            jumps[count++] = r->count;
        add(r, JUMP, 0, 0);
        start = r->count;
        read_sequence(r);
    }
    for (int i = 0; i < count && r->why == NULL; i++)
        r->steps[jumps[i]].one = r->count - jumps[i];
}

cvk_pattern *cvk_pattern_new(const char *text, size_t size, const char **why)
{
    const unsigned char *bytes = (const unsigned char *)text;
    reader *r = calloc(1, sizeof *r);
    cvk_pattern *made = NULL;
    *why = NULL;
    if (r == NULL)
        return NULL;
    r->at = bytes;
    r->end = bytes + size;
    read_choice(r);
    if (r->at < r->end)
        refuse(r, "has a bracket too many");
    add(r, MATCH, 0, 0);
    *why = r->why;
    if (r->why == NULL)
        made = malloc(sizeof *made + sizeof made->steps[0] * (size_t)r->count);
    if (made != NULL) {
        made->count = r->count;
        memcpy(made->steps, r->steps, sizeof made->steps[0] * (size_t)r->count);
    }
    free(r);
    return made;
}

/* ---- matching ------------------------------------------------------------------------------------------------------ */

/* Steps at which a match may stand, each once. */
typedef struct places {
    int count;
    int16_t list[CVK_PATTERN_MOST];
    bool has[CVK_PATTERN_MOST];
} places;

/* Adds a step, or those to which it leads without a character. Returns whether one of them is the end. */
static bool reach(const cvk_pattern *pattern, places *to, int first, bool is_begin, bool is_end)
{
    int16_t open[2 * CVK_PATTERN_MOST];
    int count = 0;
    open[count++] = (int16_t)first;
    while (count > 0) {
        int place = open[--count];
        const cvk_pattern_step *step = &pattern->steps[place];
        if (to->has[place])
            continue;
        to->has[place] = true;
        if (step->op == MATCH)
            return true;
        if (step->op == SPLIT || step->op == JUMP)
            open[count++] = (int16_t)(place + step->one);
        if (step->op == SPLIT)
            open[count++] = (int16_t)(place + step->other);
        if ((step->op == AT_BEGIN && is_begin) || (step->op == AT_END && is_end))
            open[count++] = (int16_t)(place + 1);
        if (step->op == ONE || step->op == SET)
            to->list[to->count++] = (int16_t)place;
    }
    return false;
}

/* Where the match stands after that character; 0: nowhere. */
static int follow(const cvk_pattern *pattern, int place, int32_t c)
{
    const cvk_pattern_step *step = &pattern->steps[place];
    if (step->op == ONE)
        return step->one == c ? place + 1 : 0;
    bool found = false;
    for (int i = 1; i <= step->one && !found; i++)
        found = c >= step[i].one && c <= step[i].other;
    return found != step->negated ? place + 1 + step->one : 0;
}

bool cvk_pattern_matches(const cvk_pattern *pattern, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    if (size > (size_t)(CVK_PATTERN_MOST_WORK / pattern->count))
        return true;
    places sets[2] = {0}, *now = &sets[0], *then = &sets[1];
    bool found = reach(pattern, now, 0, true, at == end);
    while (!found && at < end) {
        int32_t c = next_character(&at, end);
        then->count = 0;
        memset(then->has, 0, (size_t)pattern->count);
        for (int i = 0; i < now->count && !found; i++) {
            int next = follow(pattern, now->list[i], c);
            found = next > 0 && reach(pattern, then, next, false, at == end);
        }
        found = found || reach(pattern, then, 0, false, at == end);
        places *other = now;
        now = then;
        then = other;
    }
    return found;
}
