/*
 * What people are told of the libraries that convoke loads when it needs them.
 */
#ifndef CVK_LUA_VERSIONS_H
#define CVK_LUA_VERSIONS_H

#include <lua.h>

/*
 * core.versions(): loads them and returns a table: libcurl (a table: version; tls, the name and version of
 * the library that does it; http2, the version of the library, or nil; resolver, "c-ares 1.18.1", "threads"
 * or "blocking"; gzip, ipv6, booleans; ca_file, what it trusts of itself, or nil), sqlite (its version),
 * hiredis ("found"). What cannot be loaded is nil there, and the reason is
 * the text libcurl_fault, sqlite_fault or hiredis_fault.
 */
int cvk_core_versions(lua_State *L);

#endif
