#include "lua/versions.h"

#include "lua/compat.h"
#include "store/hiredis.h"
#include "store/sqlite.h"
#include "transfer/handle.h"
#include "transfer/libcurl.h"

static void set_text(lua_State *L, const char *name, const char *text)
{
    if (text == NULL)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_boolean(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

/* How names are looked up: only a resolver that does not block lets other calls go on. */
static void set_resolver(lua_State *L, const curl_version_info_data *info)
{
    if (info->ares != NULL)
        lua_pushfstring(L, "c-ares %s", info->ares);
    else
        lua_pushstring(L, (info->features & CURL_VERSION_ASYNCHDNS) != 0 ? "threads" : "blocking");
    lua_setfield(L, -2, "resolver");
}

static void push_libcurl(lua_State *L)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    lua_newtable(L);
    set_text(L, "version", info->version);
    set_text(L, "tls", info->ssl_version);
    if ((info->features & CURL_VERSION_HTTP2) != 0)
        set_text(L, "http2", info->age >= CURLVERSION_SIXTH ? info->nghttp2_version : "");
    set_resolver(L, info);
    set_boolean(L, "gzip", (info->features & CURL_VERSION_LIBZ) != 0);
    set_boolean(L, "ipv6", (info->features & CURL_VERSION_IPV6) != 0);
    set_text(L, "ca_file", cvk_handle_default_trust());
}

int cvk_core_versions(lua_State *L)
{
    char why[CVK_LIBCURL_WORDS];
    lua_newtable(L);
    if (cvk_libcurl_load(why, sizeof why)) {
        push_libcurl(L);
        lua_setfield(L, -2, "libcurl");
    } else {
        set_text(L, "libcurl_fault", why);
    }
    const cvk_sqlite *sqlite = cvk_sqlite_load(why, sizeof why);
    if (sqlite != NULL) {
        int version = sqlite->libversion_number();
        lua_pushfstring(L, "%d.%d.%d", version / 1000000, version / 1000 % 1000, version % 1000);
        lua_setfield(L, -2, "sqlite");
    } else {
        set_text(L, "sqlite_fault", why);
    }
    if (cvk_hiredis_load(why, sizeof why))
        set_text(L, "hiredis", "found");
    else
        set_text(L, "hiredis_fault", why);
    return 1;
}
