/* What is sent and what comes back, by jansson. */
#include "rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Builds a tree anew, as a program does that fills it from values of its own. */
json_t *rival_rebuild(json_t *model)
{
    switch (json_typeof(model)) {
    case JSON_OBJECT: {
        json_t *made = json_object(), *member;
        const char *key;
        json_object_foreach(model, key, member)
            json_object_set_new_nocheck(made, key, rival_rebuild(member));
        return made;
    }
    case JSON_ARRAY: {
        json_t *made = json_array();
        for (size_t i = 0; i < json_array_size(model); i++)
            json_array_append_new(made, rival_rebuild(json_array_get(model, i)));
        return made;
    }
    case JSON_STRING:
        return json_stringn(json_string_value(model), json_string_length(model));
    case JSON_INTEGER:
        return json_integer(json_integer_value(model));
    case JSON_REAL:
        return json_real(json_real_value(model));
    case JSON_TRUE:
    case JSON_FALSE:
        return json_boolean(json_is_true(model));
    default:
        return json_null();
    }
}

/* What is usually sent. */
json_t *rival_body(long number)
{
    char address[64];
    snprintf(address, sizeof address, "player%ld@example.com", number);
    json_t *body = json_object(), *metadata = json_object();
    json_object_set_new_nocheck(metadata, "team", json_string("red"));
    json_object_set_new_nocheck(metadata, "level", json_integer(7));
    json_object_set_new_nocheck(body, "email_address", json_string(address));
    json_object_set_new_nocheck(body, "public_metadata", metadata);
    json_object_set_new_nocheck(body, "notify", json_false());
    json_object_set_new_nocheck(body, "expires_in_days", json_integer(7));
    return body;
}

/* Writes a body, which is used up. */
bool rival_encode(json_t *body, rival_buffer *into)
{
    size_t size = json_dumpb(body, into->data, into->room, JSON_COMPACT);
    if (size > into->room) {
        free(into->data);
        into->room = 2 * size;
        into->data = malloc(into->room);
        size = json_dumpb(body, into->data, into->room, JSON_COMPACT);
    }
    json_decref(body);
    into->size = size;
    return size > 0;
}

static bool read_invitation(const json_t *object, rival_invitation *into)
{
    const json_t *expiry = json_object_get(object, "expires_at");
    *into = (rival_invitation){
        .id = json_string_value(json_object_get(object, "id")),
        .object = json_string_value(json_object_get(object, "object")),
        .email_address = json_string_value(json_object_get(object, "email_address")),
        .status = json_string_value(json_object_get(object, "status")),
        .url = json_string_value(json_object_get(object, "url")),
        .created_at = json_integer_value(json_object_get(object, "created_at")),
        .updated_at = json_integer_value(json_object_get(object, "updated_at")),
        .has_expiry = json_is_integer(expiry),
        .expires_at = json_integer_value(expiry),
        .revoked = json_is_true(json_object_get(object, "revoked")),
        .public_metadata = json_object_get(object, "public_metadata"),
    };
    return into->id != NULL && into->email_address != NULL && into->status != NULL;
}

/* Reads an invitation, or an object with a list of them as `data`. */
bool rival_decode(const char *text, size_t size, rival_invitations *result)
{
    *result = (rival_invitations){.tree = json_loadb(text, size, 0, NULL)};
    const json_t *data = json_object_get(result->tree, "data");
    result->count = data == NULL ? 1 : json_array_size(data);
    result->items = malloc((result->count + 1) * sizeof *result->items);
    for (size_t i = 0; i < result->count; i++) {
        const json_t *object = data == NULL ? result->tree : json_array_get(data, i);
        if (!read_invitation(object, &result->items[i]))
            return false;
    }
    return result->tree != NULL;
}

void rival_release(rival_invitations *result)
{
    json_decref(result->tree);
    free(result->items);
}
