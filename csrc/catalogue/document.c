#include "catalogue/document.h"

#include <stdlib.h>
#include <string.h>

enum { block_size = 16 * 1024 };

/* A piece of memory that is given out from its beginning on. */
typedef struct block {
    struct block *next;
    size_t size, used;
    max_align_t memory[];
} block;

struct cvk_document {
    unsigned ref_count;
    block *blocks; /* the newest first */
    size_t size;
    cvk_api api;
    const cvk_operation *compiled[];
};

cvk_document *cvk_document_new(size_t operation_count)
{
    size_t size = sizeof(cvk_document) + operation_count * sizeof(cvk_operation *);
    cvk_document *document = calloc(1, size);
    if (document == NULL)
        return NULL;
    document->ref_count = 1;
    document->size = size;
    document->api.compiled = document->compiled;
    document->api.more_count = operation_count;
    return document;
}

cvk_document *cvk_document_retain(cvk_document *document)
{
    document->ref_count++;
    return document;
}

void cvk_document_release(cvk_document *document)
{
    if (document == NULL || --document->ref_count > 0)
        return;
    for (block *each = document->blocks; each != NULL;) {
        block *next = each->next;
        free(each);
        each = next;
    }
    free(document);
}

void *cvk_document_room(cvk_document *document, size_t size)
{
    block *newest = document->blocks;
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (newest == NULL || newest->size - newest->used < size) {
        size_t room = size > block_size ? size : block_size;
        newest = calloc(1, sizeof *newest + room);
        if (newest == NULL)
            return NULL;
        newest->size = room;
        newest->next = document->blocks;
        document->blocks = newest;
        document->size += sizeof *newest + room;
    }
    void *memory = (char *)newest->memory + newest->used;
    newest->used += size;
    return memory;
}

const char *cvk_document_text(cvk_document *document, const char *text, size_t size)
{
    char *copy = cvk_document_room(document, size + 1);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

cvk_api *cvk_document_api(cvk_document *document)
{
    return &document->api;
}

void cvk_document_compiled(cvk_document *document, size_t index, const cvk_operation *operation)
{
    document->compiled[index] = operation;
}

size_t cvk_document_size(const cvk_document *document)
{
    return document->size;
}
