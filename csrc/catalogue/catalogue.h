/*
 * The shape of an API description and how to look one up.
 *
 * An API is data: a table of operations, each with its parameters, its answer and its habits.
 * The tables live in apis/, one file an API, readable beside the vendor's contract page.
 * Everything here is constant and shared by all Lua states.
 */
#ifndef CVK_CATALOGUE_CATALOGUE_H
#define CVK_CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#define CVK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- values -------------------------------------------------------------------------------- */

typedef enum cvk_kind {
    CVK_STRING,
    CVK_INTEGER,
    CVK_NUMBER,
    CVK_BOOLEAN,
    CVK_MODEL,  /* an object with the fields of `model` */
    CVK_ARRAY,  /* a list of `items` */
    CVK_MAP,    /* an object with any keys, whose values are `items` */
    CVK_OBJECT, /* a free-form JSON object */
    CVK_ANY,    /* any JSON value, null too */
    CVK_NULL,   /* always null (a function without a result) */
    CVK_EITHER, /* a list of `items` or an object with the fields of `model` (answers only) */
    CVK_UNION,  /* what one of `branches` says; of answers: any value, by `model` and `items` */
} cvk_kind;

typedef struct cvk_model cvk_model;
typedef struct cvk_schema cvk_schema;

/* The type of one value. Members that do not apply to the kind stay zero. */
struct cvk_schema {
    cvk_kind kind;
    bool nullable;           /* null may be sent, and may come */
    bool bounded_below;      /* `minimum` counts */
    bool bounded_above;      /* `maximum` counts */
    bool above, below;       /* a number must not be `minimum`, or `maximum`, itself */
    bool bytes;              /* a string may be any bytes */
    double minimum, maximum; /* of a number */
    size_t min_length;       /* of a string, in characters, or a list; 0: none */
    size_t max_length;       /* the same */
    const char *const
        *words; /* NULL-terminated: all a request may hold (answers may hold more), numbers
                                 and booleans as JSON has them; of a union see `told_by` */
    const char *const *also;           /* NULL-terminated: words allowed beside a number ("all") */
    const char *pattern;               /* that a string must match in requests; NULL: none */
    const char *format;                /* what the contract calls it ("uuid"); documentation only */
    const cvk_model *model;            /* of CVK_MODEL and CVK_EITHER */
    const cvk_schema *items;           /* of CVK_ARRAY, CVK_MAP and CVK_EITHER */
    const cvk_schema *const *branches; /* NULL-terminated; of CVK_UNION in requests */
    const char *
        told_by; /* the field that tells which branch of a union a value is of, by the word that `words`
                            has for each; NULL: there is none */
};

typedef enum cvk_place { CVK_BODY, CVK_PATH, CVK_QUERY, CVK_HEADER, CVK_COOKIE } cvk_place;

/* How a value that is more than one text is written (OpenAPI's names). */
typedef enum cvk_style_kind {
    CVK_STYLE_SIMPLE,
    CVK_STYLE_LABEL,
    CVK_STYLE_MATRIX,
    CVK_STYLE_FORM,
    CVK_STYLE_SPACE,
    CVK_STYLE_PIPE,
    CVK_STYLE_DEEP,
    CVK_STYLE_JSON, /* as JSON text */
} cvk_style_kind;

typedef struct cvk_style {
    cvk_style_kind kind;
    bool explode;
    bool reserved;    /* characters that have a meaning in addresses go as they are */
    const char *type; /* the Content-Type of a part of a multipart body; NULL: none */
} cvk_style;

/* A field of a model, or a parameter of an operation. */
typedef struct cvk_field {
    const char *name; /* as on the wire */
    cvk_place place;  /* parameters only; fields of a model are CVK_BODY */
    bool required;
    bool listed;          /* on the wire it stands in a list of one */
    bool filled;          /* the fallback goes out where it is absent */
    const char *fallback; /* what the server takes when absent, as JSON text; NULL: not known */
    const char *summary;  /* one line for the reader */
    const char *alias_of; /* the parameter that says the same and is the documented one; or NULL */
    const char *wire;     /* what it is called on the wire, where that is not `name`; or NULL */
    const cvk_style *style; /* NULL: it is one text */
    cvk_schema schema;
} cvk_field;

struct cvk_model {
    const char *name;
    const cvk_field *fields;
    size_t field_count;
    const cvk_schema *rest; /* what members may be that are no field; NULL: there are none */
};

/* ---- operations ---------------------------------------------------------------------------- */

typedef enum cvk_method {
    CVK_GET,
    CVK_POST,
    CVK_PUT,
    CVK_PATCH,
    CVK_DELETE,
    CVK_HEAD, /* of free requests and documents only, as those below */
    CVK_OPTIONS,
    CVK_TRACE,
} cvk_method;

/* What stands around the body fields of a request, and around the value of an answer. */
typedef enum cvk_envelope {
    CVK_PLAIN,        /* nothing */
    CVK_CONVEX_RUN,   /* {"args": {fields}, "format": "json"}; {"status", "value", "logLines"} */
    CVK_CONVEX_NAMED, /* {fields, "format": "json"} with args among the fields; answer as above */
    CVK_CONVEX_EACH,  /* {fields}; {"results": [{"status", "value", "logLines"}]} */
} cvk_envelope;

/* How a listing goes on. */
typedef enum cvk_paging {
    CVK_NO_PAGES,
    CVK_PAGES_BY_OFFSET,      /* limit and offset; a short page is the last (clerk) */
    CVK_PAGES_BY_NEXT_PAGE,   /* `next` is a URL; only its `page` counts (cvat) */
    CVK_PAGES_BY_NEXT_OFFSET, /* `meta.next` is a URL; only its `offset` counts (gencove) */
    CVK_PAGES_BY_NUMBER,      /* `pagination.next_page_number` (edgegap) */
    CVK_PAGES_BY_SHORT_PAGE,  /* pages are numbered, and a short one is the last (edgegap) */
} cvk_paging;

/* How the body of a request is written. */
typedef enum cvk_body_form {
    CVK_BODY_JSON,
    CVK_BODY_FORM,      /* application/x-www-form-urlencoded */
    CVK_BODY_MULTIPART, /* multipart/form-data */
    CVK_BODY_RAW,       /* the text of the parameter `body` as it is */
} cvk_body_form;

/* What an answer with a status holds. */
typedef struct cvk_answer {
    short status; /* such as 200; 2: all of 200 to 299; 0: any other */
    cvk_schema schema;
} cvk_answer;

/* Two parameters that must not be given together. */
typedef struct cvk_exclusion {
    const char *one, *other;
    bool equal_is_fine; /* the two may be given when they say the same */
} cvk_exclusion;

/* How many calls the vendor lets begin, as its documents say. */
typedef struct cvk_limit {
    int count;              /* calls */
    int seconds;            /* within which */
    const char *credential; /* how the credentials begin that it is for; NULL: all */
} cvk_limit;

typedef struct cvk_operation {
    const char *id;       /* the reference page's name: "create_invitation" */
    const char *resource; /* "invitations"; NULL: a method of the client itself */
    const char *verb;     /* "create" */
    const char *summary;
    cvk_method method;
    const char *path;        /* below the API's address: "/invitations/{invitation_id}/revoke" */
    const cvk_field *params; /* path parameters first, in the order of the path */
    size_t param_count;
    bool has_body;      /* a JSON body is always sent, `{}` when no field is given */
    bool whole_body;    /* its only body parameter, `body`, is the body and no field of it */
    bool extra;         /* beyond the reference pages: not among the 27 */
    bool no_credential; /* goes without the client's credential */
    bool safe;          /* only reads, as RFC 9110 says; such a one is idempotent, too */
    bool idempotent;    /* a repeat changes no more than one call does */
    cvk_envelope envelope;
    cvk_paging paging;
    const char *item_id;   /* of a paged one: the field that tells its elements apart */
    const char *non_empty; /* an array parameter that must hold something (option allow_empty) */
    const char *non_empty_member; /* and the array in each of its elements that must, too */
    const cvk_exclusion *exclusions;
    size_t exclusion_count;
    const cvk_limit *limits; /* of this operation alone */
    size_t limit_count;
    const short *success; /* statuses the contract names, zero-terminated */
    const short *errors;  /* error statuses the contract names, zero-terminated */
    cvk_schema answer;    /* the value; CVK_NULL with success 204 means no body */
    /* Of documents that are read at run time: */
    const cvk_answer *answers; /* by status, the more exact first; NULL: `answer` is that of all */
    size_t answer_count;
    bool path_has_query; /* the path brings a query along */
    bool typed_answer;   /* only an answer that says it is JSON is read as such */
    bool optional_body;  /* no body is sent where no field of it is given */
    cvk_body_form body_form;
    const char *content_type; /* of the body; NULL: JSON's */
    const char *accept;       /* NULL: the API's */
    const char *server;       /* its address where it has its own; NULL: the client's */
    const cvk_schema *rest;   /* what parameters may be that are not listed, fields of the body */
    size_t security;          /* which of the client's credentials it takes, from 1; 0: the one */
} cvk_operation;

/* ---- credentials and addresses --------------------------------------------------------------- */

typedef enum cvk_auth_place {
    CVK_AUTH_HEADER, /* `header: prefix value` */
    CVK_AUTH_BASIC,  /* `Authorization: Basic base64(value:partner)` */
    CVK_AUTH_COOKIE, /* `Cookie: name=value; csrftoken=partner`, and the CSRF headers */
    CVK_AUTH_QUERY,  /* `?name=value` */
} cvk_auth_place;

/* One kind of credential. A client uses at most one of those that its API knows. */
typedef struct cvk_auth {
    const char *option;         /* of the constructor: "secret_key" */
    const char *partner;        /* a second option that comes with it: "password"; or NULL */
    const char *environment[3]; /* variables looked up in this order, NULL-terminated */
    cvk_auth_place place;
    const char *name;   /* header, cookie or query name */
    const char *prefix; /* before the value: "Bearer "; added unless the value has it already */
    bool renewable;     /* short-lived: may be a function */
    bool spaces;        /* a value in a header may hold spaces */
    const char *summary;
} cvk_auth;

/* A constructor option whose value goes out with each request that has that parameter. */
typedef struct cvk_client_field {
    const char *option;   /* "org" */
    const char *param;    /* the parameter it stands in for when absent: "org" */
    const char *header;   /* or the header sent with every request: "Clerk-API-Version" */
    const char *fallback; /* what is sent without the option, unless that is false; or NULL */
    const char *summary;
    cvk_schema schema;
} cvk_client_field;

/* Vendors whose error bodies look alike; lua/convoke/vendors/ reads them. */
typedef enum cvk_error_shape {
    CVK_ERRORS_CLERK,
    CVK_ERRORS_CONVEX,
    CVK_ERRORS_DJANGO,
    CVK_ERRORS_EDGEGAP,
} cvk_error_shape;

typedef struct cvk_api {
    const char *name;            /* "clerk" */
    const char *title;           /* "Clerk Backend API" */
    const char *url;             /* the address when none is given; NULL: must be given */
    const char *url_environment; /* variable with the address; NULL: none */
    const char *url_suffix;      /* added to the variable's value when it lacks it; or NULL */
    const char *accept;          /* the Accept header */
    const char *const *request_id_headers; /* NULL-terminated, best first */
    const char *const *not_executed_codes; /* NULL-terminated: codes of a 503 that did nothing */
    cvk_error_shape error_shape;
    bool anonymous;          /* a client without any credential is allowed */
    bool shared_limit;       /* a 429 of one operation holds for all of them */
    const cvk_limit *limits; /* of all its operations together */
    size_t limit_count;
    const cvk_auth *auths;
    size_t auth_count;
    const cvk_client_field *client_fields;
    size_t client_field_count;
    const cvk_operation *operations;
    size_t operation_count;
    const cvk_operation *more; /* extra ones, which have a file of their own; or NULL */
    size_t more_count;
    const cvk_operation *const
        *compiled; /* in place of `more`: of a document; each may be NULL yet */
} cvk_api;

extern const cvk_api cvk_api_clerk;
extern const cvk_api cvk_api_convex;
extern const cvk_api cvk_api_cvat;
extern const cvk_api cvk_api_edgegap;
extern const cvk_api cvk_api_gencove;

/* All APIs, NULL-terminated, in alphabetical order. */
extern const cvk_api *const cvk_apis[];

/* The API called `name`, or NULL. */
const cvk_api *cvk_find_api(const char *name);

/* How many operations an API has. */
size_t cvk_operation_count(const cvk_api *api);

/* The operation with an index below that count. */
const cvk_operation *cvk_operation_at(const cvk_api *api, size_t index);

/* Index of the field called `name`, or `count` when there is none. */
size_t cvk_find_field(const cvk_field *fields, size_t count, const char *name);

/* The known name nearest to `name` among `fields`, or NULL when none is near. For messages. */
const char *cvk_nearest_field(const cvk_field *fields, size_t count, const char *name);

/* "GET", "POST", ... */
const char *cvk_method_name(cvk_method method);

#endif
