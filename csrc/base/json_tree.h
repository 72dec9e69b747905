/*
 * A JSON text with an index of its values: where each begins, and which one follows it. A value is found
 * without reading what lies before it, and only what is asked for is ever made into anything else.
 */
#ifndef CVK_BASE_JSON_TREE_H
#define CVK_BASE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CVK_TREE_DEEPEST = 200,       /* levels of nesting */
    CVK_TREE_MOST_NODES = 3000000 /* values of one text; each takes 16 bytes */
};

/* One value. Those of an array or object follow their parent in the order of the text. */
typedef struct cvk_node {
    uint32_t key;  /* where the opening quote of its key is; no_key: it has none */
    uint32_t at;   /* where its text begins */
    uint32_t end;  /* and the first byte behind it */
    uint32_t next; /* the number of the node behind it and all that is in it */
} cvk_node;

#define CVK_NO_KEY UINT32_MAX

typedef struct cvk_tree {
    char *text; /* owned, with a closing zero */
    size_t size;
    cvk_node *nodes; /* owned; the first is the whole */
    size_t count, room;
} cvk_tree;

/* Why a text could not be indexed. */
typedef struct cvk_tree_fault {
    const char *why;   /* a constant; NULL: memory ran out */
    size_t at;         /* the byte, from 0 */
    char pointer[256]; /* JSON pointer of the value there, cut where it is longer */
} cvk_tree_fault;

/*
 * Indexes a text of `size` bytes with a zero behind it, and takes it over, whatever is returned. false:
 * the text is no JSON, or larger than allowed, or memory ran out: `fault` says so, and nothing is kept.
 */
bool cvk_tree_read(cvk_tree *tree, char *text, size_t size, cvk_tree_fault *fault);

/* Gives back what a tree owns. */
void cvk_tree_free(cvk_tree *tree);

/*
 * The member of an object with that name, the last of several; or the element of an array that the name
 * numbers, from 0. 0: there is none.
 */
size_t cvk_tree_member(const cvk_tree *tree, size_t node, const char *name, size_t size);

/*
 * Writes the key of a node, unescaped, into `to`, which has room for `room` bytes. Returns its size, or
 * SIZE_MAX where it has no key or one that is longer.
 */
size_t cvk_tree_key(const cvk_tree *tree, size_t node, char *to, size_t room);

/* The same of a node that is a string: its text, unescaped. */
size_t cvk_tree_string(const cvk_tree *tree, size_t node, char *to, size_t room);

/*
 * The node that a JSON pointer (RFC 6901) names, seen from the root: "/paths/~1users". Its tokens may be
 * percent-encoded, as they are in a URI's fragment. false: there is none.
 */
bool cvk_tree_find(const cvk_tree *tree, const char *pointer, size_t size, size_t *node);

/*
 * Writes the text of a node without the white space between its values into `to`, which has room for all of
 * it. Returns its size.
 */
size_t cvk_tree_compact(const cvk_tree *tree, size_t node, char *to);

/*
 * Writes the JSON pointer of a node into `to`, a C string, cut where it does not fit.
 */
void cvk_tree_pointer(const cvk_tree *tree, size_t node, char *to, size_t room);

#endif
