/*
 * An API that is described at run time: the same constant structures as those of apis/, built in memory
 * that belongs to the document. They never move and are given back together, with the last reference.
 */
#ifndef CVK_CATALOGUE_DOCUMENT_H
#define CVK_CATALOGUE_DOCUMENT_H

#include "catalogue/catalogue.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct cvk_document cvk_document;

/* A document of so many operations, none of them compiled, with one reference, the caller's. NULL: out of
 * memory. */
cvk_document *cvk_document_new(size_t operation_count);

/* Counts one more reference; returns the document. */
cvk_document *cvk_document_retain(cvk_document *document);

/* Counts one reference less; without any everything is freed. NULL is fine. */
void cvk_document_release(cvk_document *document);

/* Memory that lives as long as the document, filled with zeros; NULL: there is none. */
void *cvk_document_room(cvk_document *document, size_t size);

/* A copy of a text that lives as long as the document; NULL: out of memory. */
const char *cvk_document_text(cvk_document *document, const char *text, size_t size);

/* Its API, whose members may be set until the first client is made. */
cvk_api *cvk_document_api(cvk_document *document);

/* Makes an operation known under its index, from 0. It lives as long as the document. */
void cvk_document_compiled(cvk_document *document, size_t index, const cvk_operation *operation);

/* How much memory it holds, in bytes. */
size_t cvk_document_size(const cvk_document *document);

#endif
