/*
 * The catalogue as Lua tables.
 */
#ifndef CVK_LUA_CATALOGUE_H
#define CVK_LUA_CATALOGUE_H

#include <lua.h>

/*
 * Pushes one table, built afresh: `apis` by name, and `operations`, the array of all operations
 * in the order of API names and pages. Members that say nothing are absent.
 *
 * An API: name, title, url, url_environment, url_suffix, accept, anonymous,
 *   error_shape ("clerk", "convex", "django", "edgegap"), request_id_headers, not_executed_codes,
 *   auths {option, partner, environment, place ("header", "basic", "cookie", "query"), name,
 *   prefix, renewable, summary}, client_fields {option, param, header, default, summary, <type>},
 *   operations.
 * An operation: api, id, name ("clerk.invitations.create"), resource, verb, method, path, summary,
 *   safe (only reads), idempotent (a repeat changes no more than one call does), body, whole_body (the
 *   parameter `body` is all of it), no_credential (goes without the client's), extra, item_id (what
 *   tells a listing's elements apart), non_empty, non_empty_member, envelope ("run", "named",
 *   "each": Convex), paging ("offset", "next_page", "next_offset", "number", "short_page"), success, errors
 *   (arrays of statuses), index (into the C table, from 0), path_params (names), params, exclusions
 *   {one, other, equal_is_fine}, answer.
 * A parameter: name, where ("path", "query", "header", "body"), required, listed (on the wire it is in
 *   a list of one), filled (its default goes out where it is absent), default, summary, <type>.
 * A field of a model: the same without `where`.
 * <type>: type ("string", "integer", "number", "boolean", "object", "array", "any", "null",
 *   "either": an array or an object), nullable, minimum, maximum, min_length, max_length, enum,
 *   also, format, model (its name), fields (one table wherever the model is), items (a <type>).
 * A default is a Lua value where it is a plain string, number or boolean, else JSON text.
 *
 * Returns 1, as a C function for Lua does. Raises only for want of memory.
 */
int cvk_push_catalogue(lua_State *L);

/* core.api(name): pushes the table of one API, as above. Raises where there is none of that name. */
int cvk_push_api(lua_State *L);

/* core.api_names(): pushes an array of their names. */
int cvk_push_api_names(lua_State *L);

#endif
