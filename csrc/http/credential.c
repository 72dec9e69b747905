#include "http/credential.h"

#include "base/base64.h"
#include "base/uri.h"
#include "http/strike.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char redaction[] = "[redacted]";

/* Length of the prefix ("Bearer ") that the value brings along, else 0. */
static size_t own_prefix(const cvk_auth *auth, const char *value, size_t size)
{
    size_t length = auth->place != CVK_AUTH_HEADER ? 0 : strlen(auth->prefix);
    return length > 0 && size > length && strncasecmp(value, auth->prefix, length) == 0 ? length
                                                                                        : 0;
}

static bool clean(const char *text, size_t size, bool spaces)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 || byte == 0x7f || (byte == ' ' && !spaces))
            return false;
    }
    return true;
}

static bool contains(const char *text, size_t size, const char *bytes)
{
    for (size_t i = 0; i < size; i++)
        if (strchr(bytes, text[i]) != NULL)
            return true;
    return false;
}

static const char *part_fault(const cvk_auth *auth, const char *text, size_t size)
{
    if (size == 0)
        return "is empty";
    if (!clean(text, size, auth->place == CVK_AUTH_BASIC || auth->spaces))
        return "holds a control character or a space";
    if (auth->place == CVK_AUTH_COOKIE && contains(text, size, ";,\"\\"))
        return "holds a character that cookies cannot carry";
    return NULL;
}

const char *cvk_credential_fault(const cvk_auth *auth, const char *value, size_t value_size,
                                 const char *partner, size_t partner_size, bool *about_partner)
{
    size_t prefix = own_prefix(auth, value, value_size);
    const char *fault = part_fault(auth, value + prefix, value_size - prefix);
    *about_partner = false;
    if (fault == NULL && auth->place == CVK_AUTH_BASIC && contains(value, value_size, ":"))
        return "holds a colon, which basic authentication cannot carry";
    if (fault == NULL && auth->partner != NULL) {
        fault = part_fault(auth, partner, partner_size);
        *about_partner = fault != NULL;
    }
    return fault;
}

static void add_line(cvk_buffer *lines, const char *name, const char *prefix)
{
    cvk_buffer_add_string(lines, name);
    cvk_buffer_add_string(lines, ": ");
    if (prefix != NULL)
        cvk_buffer_add_string(lines, prefix);
}

static void add_all(cvk_buffer *to, const cvk_buffer *from)
{
    cvk_buffer_add(to, from->data, from->size);
}

/* Cookie authentication needs the CSRF token twice, and over https a Referer of the same origin. */
static void write_cookie(cvk_credential *credential, const char *origin)
{
    cvk_buffer *lines = &credential->lines;
    add_line(lines, "Cookie", credential->auth->name);
    cvk_buffer_add_byte(lines, '=');
    add_all(lines, &credential->value);
    add_line(&credential->redacted, "Cookie", redaction);
    if (credential->partner.size > 0) {
        cvk_buffer_add_string(lines, "; csrftoken=");
        add_all(lines, &credential->partner);
        cvk_buffer_add_byte(lines, '\0');
        add_line(lines, "X-CSRFToken", NULL);
        add_all(lines, &credential->partner);
        cvk_buffer_add_byte(&credential->redacted, '\0');
        add_line(&credential->redacted, "X-CSRFToken", redaction);
    }
    for (int i = 0; i < 2; i++) {
        cvk_buffer *both = i == 0 ? lines : &credential->redacted;
        cvk_buffer_add_byte(both, '\0');
        add_line(both, "Referer", origin);
        cvk_buffer_add_string(both, "/");
    }
}

static void write_basic(cvk_credential *credential)
{
    cvk_buffer pair = {.secret = true};
    add_all(&pair, &credential->value);
    cvk_buffer_add_byte(&pair, ':');
    add_all(&pair, &credential->partner);
    add_line(&credential->lines, credential->auth->name, credential->auth->prefix);
    cvk_base64_add(&credential->lines, pair.data, pair.size);
    credential->lines.failed |= pair.failed;
    cvk_buffer_free(&pair);
}

static void write_lines(cvk_credential *credential, const char *origin)
{
    const cvk_auth *auth = credential->auth;
    switch (auth->place) {
    case CVK_AUTH_QUERY:
        cvk_buffer_add_string(&credential->query, auth->name);
        cvk_buffer_add_byte(&credential->query, '=');
        cvk_uri_add_encoded(&credential->query, credential->value.data, credential->value.size);
        cvk_buffer_add_string(&credential->redacted_query, auth->name);
        cvk_buffer_add_string(&credential->redacted_query, "=[redacted]");
        return;
    case CVK_AUTH_COOKIE:
        write_cookie(credential, origin);
        break;
    case CVK_AUTH_BASIC:
        write_basic(credential);
        break;
    case CVK_AUTH_HEADER:
        add_line(&credential->lines, auth->name, auth->prefix);
        add_all(&credential->lines, &credential->value);
        break;
    }
    if (auth->place != CVK_AUTH_COOKIE) {
        add_line(&credential->redacted, auth->name, auth->prefix);
        cvk_buffer_add_string(&credential->redacted, redaction);
    }
    cvk_buffer_add_byte(&credential->lines, '\0');
    cvk_buffer_add_byte(&credential->redacted, '\0');
}

bool cvk_credential_is_exposed(const char *address, const char *proxy)
{
    bool stays =
        cvk_uri_is_loopback(address) && (proxy == NULL || cvk_uri_proxy_is_loopback(proxy));
    return cvk_uri_is_plain(address) && !stays;
}

cvk_credential *cvk_credential_new(const cvk_auth *auth, const char *value, size_t value_size,
                                   const char *partner, size_t partner_size, const char *origin)
{
    cvk_credential *credential = calloc(1, sizeof *credential);
    if (credential == NULL)
        return NULL;
    credential->ref_count = 1;
    credential->auth = auth;
    credential->value.secret = credential->partner.secret = true;
    credential->lines.secret = credential->query.secret = true;
    size_t prefix = own_prefix(auth, value, value_size);
    cvk_buffer_add(&credential->value, value + prefix, value_size - prefix);
    cvk_buffer_add(&credential->partner, partner, partner_size);
    write_lines(credential, origin);
    if (credential->value.failed || credential->partner.failed || credential->lines.failed ||
        credential->query.failed || credential->redacted.failed ||
        credential->redacted_query.failed) {
        cvk_credential_release(credential);
        return NULL;
    }
    return credential;
}

cvk_credential *cvk_credential_join(cvk_credential *const *parts, size_t count)
{
    cvk_credential *joined = calloc(1, sizeof *joined);
    if (joined == NULL)
        return NULL;
    joined->ref_count = 1;
    joined->lines.secret = joined->query.secret = true;
    for (size_t i = 0; i < count && i < sizeof joined->parts / sizeof joined->parts[0]; i++) {
        joined->parts[i] = cvk_credential_retain(parts[i]);
        add_all(&joined->lines, &parts[i]->lines);
        add_all(&joined->redacted, &parts[i]->redacted);
        if (joined->query.size > 0 && parts[i]->query.size > 0) {
            cvk_buffer_add_byte(&joined->query, '&');
            cvk_buffer_add_byte(&joined->redacted_query, '&');
        }
        add_all(&joined->query, &parts[i]->query);
        add_all(&joined->redacted_query, &parts[i]->redacted_query);
    }
    if (!joined->lines.failed && !joined->query.failed && !joined->redacted.failed &&
        !joined->redacted_query.failed)
        return joined;
    cvk_credential_release(joined);
    return NULL;
}

void cvk_credential_follow(cvk_credential *credential, cvk_credential *previous)
{
    credential->previous = previous;
    if (previous != NULL) {
        cvk_credential_release(previous->previous);
        previous->previous = NULL;
    }
}

cvk_credential *cvk_credential_retain(cvk_credential *credential)
{
    if (credential != NULL)
        credential->ref_count++;
    return credential;
}

void cvk_credential_release(cvk_credential *credential)
{
    if (credential == NULL || --credential->ref_count > 0)
        return;
    cvk_buffer_free(&credential->value);
    cvk_buffer_free(&credential->partner);
    cvk_buffer_free(&credential->lines);
    cvk_buffer_free(&credential->query);
    cvk_buffer_free(&credential->redacted);
    cvk_buffer_free(&credential->redacted_query);
    for (size_t i = 0; i < sizeof credential->parts / sizeof credential->parts[0]; i++)
        cvk_credential_release(credential->parts[i]);
    cvk_credential_release(credential->previous);
    free(credential);
}

static void redact(const cvk_credential *credential, char *text, size_t size)
{
    const cvk_auth *auth = credential->auth;
    if (auth == NULL) { /* it has no more than its parts */
        for (size_t i = 0; i < sizeof credential->parts / sizeof credential->parts[0]; i++)
            cvk_credential_redact(credential->parts[i], text, size);
        return;
    }
    if (auth->place == CVK_AUTH_BASIC) {
        /* A user name is no secret; the pair in base64 is. */
        size_t start = strlen(auth->name) + 2 + strlen(auth->prefix);
        cvk_strike(credential->lines.data + start, credential->lines.size - start - 1, text, size);
    } else {
        cvk_strike(credential->value.data, credential->value.size, text, size);
    }
    if (auth->place == CVK_AUTH_QUERY) { /* as it was sent, which may have been encoded once more */
        size_t name = strlen(auth->name) + 1;
        cvk_strike(credential->query.data + name, credential->query.size - name, text, size);
    }
    cvk_strike(credential->partner.data, credential->partner.size, text, size);
}

void cvk_credential_redact(const cvk_credential *credential, char *text, size_t size)
{
    for (; credential != NULL; credential = credential->previous)
        redact(credential, text, size);
}
