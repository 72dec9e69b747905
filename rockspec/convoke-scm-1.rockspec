rockspec_format = "3.0"
package = "convoke"
version = "scm-1"
source = {
  url = ".", -- built in a clone: luarocks make
}
description = {
  summary = "Sessions, invitations and mutations of Convex, Edgegap, CVAT, Gencove and Clerk",
  detailed = "27 operations of five HTTP APIs with the same habits for all of them, in any Lua host.",
  license = "MIT",
}
supported_platforms = { "unix" }
dependencies = { "lua >= 5.1, < 5.5", "lua-cjson" }
external_dependencies = {
  -- The header comes with it, and LuaRocks looks for headers where Debian has none.
  CURL = { library = "curl" },
}
build = {
  type = "builtin",
  modules = {
    ["convoke.core"] = {
      sources = {
        "csrc/apis/clerk.c",
        "csrc/apis/convex.c",
        "csrc/apis/cvat.c",
        "csrc/apis/edgegap.c",
        "csrc/apis/gencove.c",
        "csrc/auth.c",
        "csrc/bell.c",
        "csrc/book.c",
        "csrc/buffer.c",
        "csrc/catalogue.c",
        "csrc/date.c",
        "csrc/easy.c",
        "csrc/exchange.c",
        "csrc/guard.c",
        "csrc/json.c",
        "csrc/libcurl.c",
        "csrc/lua_bell.c",
        "csrc/lua_book.c",
        "csrc/lua_call.c",
        "csrc/lua_catalogue.c",
        "csrc/lua_core.c",
        "csrc/lua_engine.c",
        "csrc/lua_prepare.c",
        "csrc/model.c",
        "csrc/model_read.c",
        "csrc/poller_epoll.c",
        "csrc/poller_kqueue.c",
        "csrc/poller_poll.c",
        "csrc/request.c",
        "csrc/response.c",
        "csrc/transport.c",
        "csrc/uri.c",
        "csrc/values.c",
      },
      defines = { "_DEFAULT_SOURCE" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
      libraries = { "curl", "m", "pthread" }, -- linked: LuaRocks cannot tell the file to load later
    },
    convoke = "lua/convoke/init.lua",
    ["convoke.call"] = "lua/convoke/call.lua",
    ["convoke.client"] = "lua/convoke/client.lua",
    ["convoke.engine"] = "lua/convoke/engine.lua",
    ["convoke.errors"] = "lua/convoke/errors.lua",
    ["convoke.hosts.copas"] = "lua/convoke/hosts/copas.lua",
    ["convoke.hosts.cqueues"] = "lua/convoke/hosts/cqueues.lua",
    ["convoke.hosts.luv"] = "lua/convoke/hosts/luv.lua",
    ["convoke.hosts.openresty"] = "lua/convoke/hosts/openresty.lua",
    ["convoke.pages"] = "lua/convoke/pages.lua",
    ["convoke.reconcile"] = "lua/convoke/reconcile.lua",
    ["convoke.retry"] = "lua/convoke/retry.lua",
    ["convoke.sandbox"] = "lua/convoke/sandbox/init.lua",
    ["convoke.sandbox.clerk"] = "lua/convoke/sandbox/clerk.lua",
    ["convoke.sandbox.clock"] = "lua/convoke/sandbox/clock.lua",
    ["convoke.sandbox.convex"] = "lua/convoke/sandbox/convex.lua",
    ["convoke.sandbox.convex_functions"] = "lua/convoke/sandbox/convex_functions.lua",
    ["convoke.sandbox.convex_values"] = "lua/convoke/sandbox/convex_values.lua",
    ["convoke.sandbox.cvat"] = "lua/convoke/sandbox/cvat.lua",
    ["convoke.sandbox.cvat_auth"] = "lua/convoke/sandbox/cvat_auth.lua",
    ["convoke.sandbox.cvat_filter"] = "lua/convoke/sandbox/cvat_filter.lua",
    ["convoke.sandbox.django"] = "lua/convoke/sandbox/django.lua",
    ["convoke.sandbox.edgegap"] = "lua/convoke/sandbox/edgegap.lua",
    ["convoke.sandbox.endpoint"] = "lua/convoke/sandbox/endpoint.lua",
    ["convoke.sandbox.faults"] = "lua/convoke/sandbox/faults.lua",
    ["convoke.sandbox.gencove"] = "lua/convoke/sandbox/gencove.lua",
    ["convoke.sandbox.ids"] = "lua/convoke/sandbox/ids.lua",
    ["convoke.sandbox.json"] = "lua/convoke/sandbox/json.lua",
    ["convoke.sandbox.main"] = "lua/convoke/sandbox/main.lua",
    ["convoke.sandbox.router"] = "lua/convoke/sandbox/router.lua",
    ["convoke.sandbox.server"] = "lua/convoke/sandbox/server.lua",
    ["convoke.sandbox.shape"] = "lua/convoke/sandbox/shape.lua",
    ["convoke.sandbox.web"] = "lua/convoke/sandbox/web.lua",
    ["convoke.tasks"] = "lua/convoke/tasks.lua",
    ["convoke.timers"] = "lua/convoke/timers.lua",
    ["convoke.version"] = "lua/convoke/version.lua",
  },
}
