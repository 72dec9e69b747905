#include "base/json_tree.h"

#include "base/hex.h"
#include "base/json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one reading of a text needs beside the tree. */
typedef struct builder {
    cvk_tree *tree;
    cvk_scan scan;
    size_t open[CVK_TREE_DEEPEST]; /* nodes of the arrays and objects around the next value */
    int depth;
    bool no_memory;
} builder;

static bool fail(builder *b, const char *why)
{
    return cvk_scan_fail(&b->scan, b->scan.at, why);
}

static bool add_node(builder *b, uint32_t key)
{
    cvk_tree *tree = b->tree;
    if (tree->count == CVK_TREE_MOST_NODES)
        return fail(b, "has more values than are allowed");
    if (tree->count == tree->room) {
        size_t room = tree->room == 0 ? tree->size / 32 + 64 : tree->room + tree->room / 2;
        cvk_node *nodes = realloc(tree->nodes, room * sizeof *nodes);
        if (nodes == NULL) {
            b->no_memory = true;
            return false;
        }
        tree->nodes = nodes;
        tree->room = room;
    }
    tree->nodes[tree->count++] =
        (cvk_node){.key = key, .at = (uint32_t)(b->scan.at - b->scan.text)};
    return true;
}

/* Notes that a node has been read. */
static void close_node(builder *b, size_t node)
{
    b->tree->nodes[node].next = (uint32_t)b->tree->count;
    b->tree->nodes[node].end = (uint32_t)(b->scan.at - b->scan.text);
}

static bool read_word(builder *b, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(b->scan.end - b->scan.at) < size || memcmp(b->scan.at, word, size) != 0)
        return fail(b, "a word that is no value");
    b->scan.at += size;
    return true;
}

/* Reads a string, number or word. */
static bool read_scalar(builder *b, int first)
{
    cvk_scan_string string;
    cvk_scan_number number;
    switch (first) {
    case '"':
        return cvk_scan_read_string(&b->scan, &string);
    case 't':
        return read_word(b, "true");
    case 'f':
        return read_word(b, "false");
    case 'n':
        return read_word(b, "null");
    case -1:
        return fail(b, "an end where a value should be");
    default:
        if (first == '-' || (first >= '0' && first <= '9'))
            return cvk_scan_read_number(&b->scan, &number);
        return fail(b, "something that is no value");
    }
}

static bool in_object(const builder *b)
{
    return b->depth > 0 && b->scan.text[b->tree->nodes[b->open[b->depth - 1]].at] == '{';
}

/* Reads the key that an object's member begins with, and notes where it is. */
static bool read_key(builder *b, uint32_t *key)
{
    cvk_scan_string string;
    *key = CVK_NO_KEY;
    if (!in_object(b))
        return true;
    if (cvk_scan_peek(&b->scan) != '"')
        return fail(b, "an object without a key");
    *key = (uint32_t)(b->scan.at - b->scan.text);
    if (!cvk_scan_read_string(&b->scan, &string))
        return false;
    if (cvk_scan_peek(&b->scan) != ':')
        return fail(b, "a key without a colon");
    b->scan.at++;
    return true;
}

/* Reads what follows a value: closing brackets and a comma. `*over`: the whole text has been read. */
static bool read_end(builder *b, bool *over)
{
    while (b->depth > 0) {
        int closing = in_object(b) ? '}' : ']', byte = cvk_scan_peek(&b->scan);
        if (byte == ',') {
            b->scan.at++;
            return true;
        }
        if (byte != closing)
            return fail(b, byte < 0 ? "an end amid a value" : "a value without a comma behind it");
        b->scan.at++;
        close_node(b, b->open[--b->depth]);
    }
    *over = true;
    return cvk_scan_peek(&b->scan) < 0 || fail(b, "text after the value");
}

/* Opens an array or object. `*empty`: it has been closed again. */
static bool enter(builder *b, int first, size_t node, bool *empty)
{
    if (b->depth == CVK_TREE_DEEPEST)
        return fail(b, "a value nested too deep");
    b->scan.at++;
    b->open[b->depth++] = node;
    *empty = cvk_scan_peek(&b->scan) == (first == '{' ? '}' : ']');
    return true;
}

static bool read_all(builder *b)
{
    bool over = false;
    while (!over) {
        uint32_t key;
        bool empty = true;
        if (!read_key(b, &key))
            return false;
        int first = cvk_scan_peek(&b->scan);
        size_t node = b->tree->count;
        if (!add_node(b, key))
            return false;
        if (first == '{' || first == '[') {
            if (!enter(b, first, node, &empty))
                return false;
            if (!empty)
                continue;
        } else {
            if (!read_scalar(b, first))
                return false;
            close_node(b, node);
        }
        if (!read_end(b, &over))
            return false;
    }
    return true;
}

/* Adds one token to a pointer, with its escapes. false: it is full. */
static bool add_token(char *pointer, size_t room, size_t *size, const char *token, size_t count)
{
    if (*size + 2 * count + 2 > room)
        return false;
    pointer[(*size)++] = '/';
    for (size_t i = 0; i < count; i++) {
        if (token[i] == '~' || token[i] == '/') {
            pointer[(*size)++] = '~';
            pointer[(*size)++] = token[i] == '~' ? '0' : '1';
        } else {
            pointer[(*size)++] = token[i];
        }
    }
    return true;
}

/* How many elements of an array there are so far, less one. */
static size_t last_index(const cvk_tree *tree, size_t node)
{
    size_t index = 0, at = node + 1;
    while (at < tree->count && tree->nodes[at].next != 0 && tree->nodes[at].next < tree->count) {
        at = tree->nodes[at].next;
        index++;
    }
    return index;
}

/* Adds the token that leads from an array or object to a value in it. false: it does not fit. */
static bool add_step(const cvk_tree *tree, size_t node, size_t index, char *pointer, size_t room,
                     size_t *size)
{
    char name[160];
    size_t length = 0;
    if (tree->nodes[node].key == CVK_NO_KEY)
        length = (size_t)snprintf(name, sizeof name, "%zu", index);
    else
        length = cvk_tree_key(tree, node, name, sizeof name);
    return length != SIZE_MAX && add_token(pointer, room, size, name, length);
}

/* Says where the reading stopped: at the last value of each open array or object. */
static void point_at_fault(const builder *b, cvk_tree_fault *fault)
{
    const cvk_tree *tree = b->tree;
    size_t size = 0;
    for (int i = 0; i < b->depth; i++) {
        size_t child = i + 1 < b->depth ? b->open[i + 1] : tree->count - 1;
        if (child == b->open[i])
            break; /* it is empty so far */
        if (!add_step(tree, child, last_index(tree, b->open[i]), fault->pointer,
                      sizeof fault->pointer, &size))
            break;
    }
    fault->pointer[size] = '\0';
}

bool cvk_tree_read(cvk_tree *tree, char *text, size_t size, cvk_tree_fault *fault)
{
    *tree = (cvk_tree){.text = text, .size = size};
    builder b = {.tree = tree};
    cvk_scan_begin(&b.scan, text, size);
    if (size >= UINT32_MAX)
        fail(&b, "is larger than 4 GiB");
    else if (read_all(&b))
        return true;
    *fault = (cvk_tree_fault){.why = b.no_memory || b.scan.no_memory ? NULL : b.scan.fault,
                              .at = (size_t)(b.scan.at - b.scan.text)};
    point_at_fault(&b, fault);
    cvk_tree_free(tree);
    return false;
}

void cvk_tree_free(cvk_tree *tree)
{
    free(tree->text);
    free(tree->nodes);
    *tree = (cvk_tree){0};
}

static cvk_scan scan_from(const cvk_tree *tree, size_t at)
{
    cvk_scan scan;
    cvk_scan_begin(&scan, tree->text + at, tree->size - at);
    return scan;
}

/* Reads the string that begins at a byte of the text. */
static cvk_scan_string string_at(const cvk_tree *tree, size_t at)
{
    cvk_scan scan = scan_from(tree, at);
    cvk_scan_string string = {.text = ""};
    cvk_scan_read_string(&scan, &string);
    return string;
}

static size_t copy_string(const cvk_tree *tree, size_t at, char *to, size_t room)
{
    cvk_scan_string string = string_at(tree, at);
    if (string.size > room)
        return SIZE_MAX;
    if (string.escaped)
        return cvk_scan_unescape(&string, to);
    memcpy(to, string.text, string.size);
    return string.size;
}

size_t cvk_tree_key(const cvk_tree *tree, size_t node, char *to, size_t room)
{
    uint32_t key = tree->nodes[node].key;
    return key == CVK_NO_KEY ? SIZE_MAX : copy_string(tree, key, to, room);
}

size_t cvk_tree_string(const cvk_tree *tree, size_t node, char *to, size_t room)
{
    return copy_string(tree, tree->nodes[node].at, to, room);
}

/* Whether a member has that name. */
static bool has_name(const cvk_tree *tree, const cvk_node *member, const char *name, size_t size)
{
    const char *text = tree->text + member->key + 1;
    if (memchr(text, '\\', member->at - member->key - 1) == NULL)
        return memcmp(text, name, size) == 0 && text[size] == '"';
    char key[512];
    return size <= sizeof key &&
           cvk_tree_key(tree, (size_t)(member - tree->nodes), key, sizeof key) == size &&
           memcmp(key, name, size) == 0;
}

/* The number that a token is, or SIZE_MAX. */
static size_t index_of(const char *token, size_t size)
{
    size_t index = 0;
    if (size == 0 || size > 8)
        return SIZE_MAX;
    for (size_t i = 0; i < size; i++) {
        if (token[i] < '0' || token[i] > '9')
            return SIZE_MAX;
        index = index * 10 + (size_t)(token[i] - '0');
    }
    return index;
}

size_t cvk_tree_member(const cvk_tree *tree, size_t node, const char *name, size_t size)
{
    size_t found = 0, next = tree->nodes[node].next;
    char kind = tree->text[tree->nodes[node].at];
    if (kind == '[') {
        size_t index = index_of(name, size), i = 0;
        for (size_t child = node + 1; child < next; child = tree->nodes[child].next)
            if (i++ == index)
                return child;
    } else if (kind == '{') {
        for (size_t child = node + 1; child < next; child = tree->nodes[child].next)
            if (tree->nodes[child].end - tree->nodes[child].key > size &&
                has_name(tree, &tree->nodes[child], name, size))
                found = child;
    }
    return found;
}

/* Takes the escapes of a pointer and of a fragment out of a token. Returns its size, or SIZE_MAX. */
static size_t read_token(const char *from, size_t size, char *to, size_t room)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char c = from[i];
        if (c == '%' && i + 2 < size && cvk_hex_digit(from[i + 1]) >= 0 &&
            cvk_hex_digit(from[i + 2]) >= 0) {
            c = (char)(cvk_hex_digit(from[i + 1]) * 16 + cvk_hex_digit(from[i + 2]));
            i += 2;
        }
        if (length == room)
            return SIZE_MAX;
        if (length > 0 && to[length - 1] == '\1' && (c == '0' || c == '1'))
            to[length - 1] = c == '0' ? '~' : '/';
        else
            to[length++] = c == '~' ? '\1' : c;
    }
    return length > 0 && memchr(to, '\1', length) != NULL ? SIZE_MAX : length;
}

bool cvk_tree_find(const cvk_tree *tree, const char *pointer, size_t size, size_t *node)
{
    char token[512];
    *node = 0;
    for (size_t i = 0; i < size;) {
        if (pointer[i++] != '/')
            return false;
        const char *end = memchr(pointer + i, '/', size - i);
        size_t raw = end == NULL ? size - i : (size_t)(end - (pointer + i));
        size_t length = read_token(pointer + i, raw, token, sizeof token);
        if (length == SIZE_MAX)
            return false;
        *node = cvk_tree_member(tree, *node, token, length);
        if (*node == 0)
            return false;
        i += raw;
    }
    return true;
}

size_t cvk_tree_compact(const cvk_tree *tree, size_t node, char *to)
{
    const char *at = tree->text + tree->nodes[node].at, *end = tree->text + tree->nodes[node].end;
    char *begin = to;
    bool in_string = false;
    while (at < end) {
        char c = *at++;
        if (!in_string && (c == ' ' || c == '\n' || c == '\r' || c == '\t'))
            continue;
        *to++ = c;
        if (c == '"')
            in_string = !in_string;
        else if (c == '\\') /* stands in strings only */
            *to++ = *at++;
    }
    return (size_t)(to - begin);
}

void cvk_tree_pointer(const cvk_tree *tree, size_t node, char *to, size_t room)
{
    size_t size = 0, at = 0;
    while (at != node) {
        size_t child = at + 1, index = 0;
        while (tree->nodes[child].next <= node) {
            child = tree->nodes[child].next;
            index++;
        }
        if (!add_step(tree, child, index, to, room, &size))
            break;
        at = child;
    }
    to[size] = '\0';
}
