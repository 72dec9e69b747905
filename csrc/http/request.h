/*
 * From an operation, values and a credential to what goes over the wire: method, address, headers
 * and body. Values arrive here as text; nothing that is added can change the meaning of what
 * stands around it.
 */
#ifndef CVK_HTTP_REQUEST_H
#define CVK_HTTP_REQUEST_H

#include "http/credential.h"
#include "base/buffer.h"
#include "catalogue/catalogue.h"

typedef struct cvk_request {
    const cvk_operation *operation;
    cvk_credential *credential; /* retained; NULL when there is none */
    cvk_buffer url;             /* without the credential's part */
    const cvk_buffer *base;     /* header lines that are the same for many requests; or NULL */
    cvk_buffer headers; /* more lines, each with its closing zero; without the credential's */
    cvk_buffer body;
    const char *path_rest; /* of the path template, what is still to come */
    bool has_query;
    bool has_body; /* as the operation says, unless it leaves that to the caller */
} cvk_request;

/*
 * Starts a request for `operation` below `address` (without fault and closing slash), with header
 * lines that stay where they are.
 */
void cvk_request_begin(cvk_request *request, const cvk_operation *operation,
                       const cvk_buffer *address, const cvk_buffer *lines,
                       cvk_credential *credential);

/* The functions below return what is wrong with the value, or NULL when it was added. */

/* Puts the next value into the path. */
const char *cvk_request_path(cvk_request *request, const char *text, size_t size);

/*
 * Adds a path that a caller has written, after that of the operation: it begins with a slash, what is
 * percent-encoded in it stays so, and what no path may hold is encoded.
 */
const char *cvk_request_free_path(cvk_request *request, const char *text, size_t size);

/* Adds `name=text` to the query. */
const char *cvk_request_query(cvk_request *request, const char *name, const char *text,
                              size_t size);

/*
 * Adds to the query what a value, given as JSON text without fault, is in a style.
 */
void cvk_request_styled_query(cvk_request *request, const char *name, const cvk_style *style,
                              const char *json, size_t size);

/* Puts into the path what a value, given as JSON text without fault, is in a style. */
const char *cvk_request_styled_path(cvk_request *request, const char *name, const cvk_style *style,
                                    const char *json, size_t size);

/* Adds a header; one of the same name is replaced. */
const char *cvk_request_header(cvk_request *request, const char *name, const char *text,
                               size_t size);

/* Whether a part of the address is secret. */
bool cvk_request_has_secret_address(const cvk_request *request);

/* Adds the whole address to `to`; the credential's part in it only when `secret`. */
void cvk_request_address(const cvk_request *request, bool secret, cvk_buffer *to);

/* Whether memory ran out somewhere on the way. */
bool cvk_request_failed(const cvk_request *request);

/* Lets go of the credential and of large blocks; what remains serves the next request. */
void cvk_request_retire(cvk_request *request);

/* Gives everything back. */
void cvk_request_free(cvk_request *request);

#endif
