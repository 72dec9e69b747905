#include "http/styles.h"

#include "base/json_scan.h"
#include "base/uri.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading the JSON text --------------------------------------------------------------------------- */

/* Steps over the value that comes next. */
static void skip(cvk_scan *scan)
{
    cvk_scan_string string;
    cvk_scan_number number;
    size_t depth = 0;
    do {
        int first = cvk_scan_peek(scan);
        if (first == '{' || first == '[')
            depth++;
        else if (first == '}' || first == ']')
            depth--;
        if (first < 0)
            return;
        if (first == '"') {
            if (!cvk_scan_read_string(scan, &string))
                return;
        } else if (first == '-' || (first >= '0' && first <= '9')) {
            if (!cvk_scan_read_number(scan, &number))
                return;
        } else {
            scan->at += first == 't' || first == 'n' ? 4 : first == 'f' ? 5 : 1;
        }
    } while (depth > 0);
}

static void add_unescaped(cvk_buffer *to, const cvk_scan_string *string)
{
    if (!string->escaped) {
        cvk_buffer_add(to, string->text, string->size);
        return;
    }
    char *room = cvk_buffer_extend(to, string->size);
    if (room != NULL)
        to->size -= string->size - cvk_scan_unescape(string, room);
}

/* Reads the value that comes next as text; null is none. */
static void read_text(cvk_scan *scan, cvk_style_item *item)
{
    cvk_scan_string string;
    int first = cvk_scan_peek(scan);
    cvk_buffer_clear(&item->text);
    item->is_object = first == '{' || first == '[';
    if (first == '"') {
        if (cvk_scan_read_string(scan, &string))
            add_unescaped(&item->text, &string);
        return;
    }
    const char *start = scan->at;
    skip(scan);
    if (first != 'n')
        cvk_buffer_add(&item->text, start, (size_t)(scan->at - start));
}

void cvk_style_each(const char *json, size_t size,
                    void (*visit)(void *context, const cvk_style_item *item), void *context)
{
    cvk_scan scan;
    cvk_scan_string key;
    cvk_style_item item = {.is_object = false};
    cvk_scan_begin(&scan, json, size);
    int first = cvk_scan_peek(&scan), closing = first == '{' ? '}' : ']';
    bool many = first == '{' || first == '[';
    scan.at += many;
    while (!many || cvk_scan_peek(&scan) != closing) {
        if (first == '{') {
            if (cvk_scan_peek(&scan) != '"' || !cvk_scan_read_string(&scan, &key))
                break;
            cvk_buffer_clear(&item.key);
            add_unescaped(&item.key, &key);
            scan.at += cvk_scan_peek(&scan) == ':';
        }
        const char *before = scan.at;
        read_text(&scan, &item);
        if (scan.at == before)
            break;
        visit(context, &item);
        if (!many)
            break;
        scan.at += cvk_scan_peek(&scan) == ',';
    }
    cvk_buffer_free(&item.key);
    cvk_buffer_free(&item.text);
}

/* ---- writing ------------------------------------------------------------------------------------------ */

/* One value on its way. */
typedef struct writer {
    cvk_buffer *to;
    const char *name;
    const cvk_style *style;
    cvk_place place;
    char *separator;    /* of pairs */
    const char *joiner; /* between what belongs to one text */
    bool list, object;  /* what the value is */
    size_t count;       /* of what was written so far */
} writer;

static void add_reserved(cvk_buffer *to, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\0' && strchr(":/?#[]@!$'()*,;", text[i]) != NULL && text[i] != '#')
            cvk_buffer_add_byte(to, text[i]);
        else
            cvk_uri_add_encoded(to, &text[i], 1);
    }
}

/* Cookies have no escapes of their own: what they cannot carry is percent-encoded. */
static void add_cookie(cvk_buffer *to, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte <= 0x20 || byte >= 0x7f || strchr("\",;\\", byte) != NULL)
            cvk_uri_add_encoded(to, &text[i], 1);
        else
            cvk_buffer_add_byte(to, text[i]);
    }
}

static void add_encoded(const writer *w, const cvk_buffer *text)
{
    cvk_buffer *to = w->to;
    if (text->size == 0)
        return; /* there may be no memory, either */
    if (w->place == CVK_HEADER)
        cvk_buffer_add(to, text->data, text->size);
    else if (w->place == CVK_COOKIE)
        add_cookie(to, text->data, text->size);
    else if (w->style->reserved)
        add_reserved(to, text->data, text->size);
    else
        cvk_uri_add_encoded(to, text->data, text->size);
}

static void begin_pair(const writer *w, const char *name, size_t size)
{
    if (*w->separator != '\0')
        cvk_buffer_add_byte(w->to, *w->separator);
    *w->separator = '&';
    cvk_uri_add_encoded(w->to, name, size);
    cvk_buffer_add_byte(w->to, '=');
}

/* An element or member as a pair of its own. */
static void add_pair(void *context, const cvk_style_item *item)
{
    const writer *w = context;
    if (w->object)
        begin_pair(w, item->key.size == 0 ? "" : item->key.data, item->key.size);
    else
        begin_pair(w, w->name, strlen(w->name));
    add_encoded(w, &item->text);
}

/* An element or member as a part of one text: `a,b` or `k,a,l,b`, exploded `k=a,l=b`. */
static void add_joined(void *context, const cvk_style_item *item)
{
    writer *w = context;
    bool named = w->style->kind == CVK_STYLE_MATRIX && w->style->explode && !w->object;
    if (w->count++ > 0)
        cvk_buffer_add_string(w->to, w->joiner);
    if (named && w->count > 1) {
        cvk_buffer_add_string(w->to, w->name);
        cvk_buffer_add_byte(w->to, '=');
    }
    if (w->object) {
        add_encoded(w, &item->key);
        cvk_buffer_add_string(w->to, w->style->explode ? "=" : w->joiner);
    }
    add_encoded(w, &item->text);
}

static void add_deep(cvk_buffer *to, cvk_buffer *path, const writer *w, const char *json,
                     size_t size);

typedef struct deep {
    const writer *writer;
    cvk_buffer *path;
    bool object;
    size_t index;
} deep;

static void add_deep_item(void *context, const cvk_style_item *item)
{
    deep *d = context;
    size_t before = d->path->size;
    cvk_buffer_add_byte(d->path, '[');
    if (d->object) {
        if (item->key.size > 0)
            cvk_buffer_add(d->path, item->key.data, item->key.size);
    } else {
        char digits[24];
        size_t at = sizeof digits, index = d->index++;
        do
            digits[--at] = (char)('0' + index % 10);
        while ((index /= 10) > 0);
        cvk_buffer_add(d->path, digits + at, sizeof digits - at);
    }
    cvk_buffer_add_byte(d->path, ']');
    if (item->is_object)
        add_deep(d->writer->to, d->path, d->writer, item->text.data, item->text.size);
    else if (!d->path->failed) {
        begin_pair(d->writer, d->path->data, d->path->size);
        add_encoded(d->writer, &item->text);
    }
    d->path->size = before;
}

/* `name[key][0]=value`, as deep as the value is. */
static void add_deep(cvk_buffer *to, cvk_buffer *path, const writer *w, const char *json,
                     size_t size)
{
    deep d = {.writer = w, .path = path, .object = size > 0 && json[0] == '{'};
    cvk_style_each(json, size, add_deep_item, &d);
    to->failed |= path->failed;
}

void cvk_style_pairs(cvk_buffer *to, const char *name, const cvk_style *style, char *separator,
                     const char *json, size_t size)
{
    bool object = size > 0 && json[0] == '{', list = size > 0 && json[0] == '[';
    writer w = {.to = to,
                .name = name,
                .style = style,
                .place = CVK_QUERY,
                .separator = separator,
                .object = object,
                .list = list};
    w.joiner = style->kind == CVK_STYLE_SPACE ? "%20" : style->kind == CVK_STYLE_PIPE ? "%7C" : ",";
    if (style->kind == CVK_STYLE_JSON) {
        cvk_buffer view = {.size = size};
        memcpy(&view.data, &json, sizeof json); /* nobody writes through it */
        begin_pair(&w, name, strlen(name));
        add_encoded(&w, &view);
    } else if ((object || list) && size == 2) {
        return; /* empty: our own JSON text has no spaces */
    } else if ((object || list) && style->kind == CVK_STYLE_DEEP) {
        cvk_buffer path = {0};
        cvk_buffer_add_string(&path, name);
        add_deep(to, &path, &w, json, size);
        cvk_buffer_free(&path);
    } else if (style->explode || !(object || list)) {
        cvk_style_each(json, size, add_pair, &w);
    } else {
        begin_pair(&w, name, strlen(name));
        cvk_style_each(json, size, add_joined, &w);
    }
}

void cvk_style_text(cvk_buffer *to, const char *name, const cvk_style *style, cvk_place place,
                    const char *json, size_t size)
{
    bool object = size > 0 && json[0] == '{', list = size > 0 && json[0] == '[';
    writer w = {.to = to,
                .name = name,
                .style = style,
                .place = place,
                .joiner = ",",
                .object = object,
                .list = list};
    if (style->kind == CVK_STYLE_JSON) {
        cvk_buffer view = {.size = size};
        memcpy(&view.data, &json, sizeof json);
        add_encoded(&w, &view);
        return;
    }
    if ((object || list) && size == 2)
        return;
    if (style->kind == CVK_STYLE_LABEL) {
        cvk_buffer_add_byte(to, '.');
        w.joiner = style->explode ? "." : ",";
    } else if (style->kind == CVK_STYLE_MATRIX) {
        cvk_buffer_add_byte(to, ';');
        w.joiner = style->explode ? ";" : ",";
        if (!(object && style->explode)) {
            cvk_buffer_add_string(to, name);
            cvk_buffer_add_byte(to, '=');
        }
    }
    cvk_style_each(json, size, add_joined, &w);
}
