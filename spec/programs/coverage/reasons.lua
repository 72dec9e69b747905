-- Why lines of csrc run in no test here: file -> function, or a piece of the line -> reason.

local all_named = "every value of the enumeration has returned before; compilers want an end"
local no_memory = "where memory runs out; the runs of make memory do not come by here"
local forked = "runs in children of forks (lifetime_spec), which end without telling what ran"
local closing = "guards C's own order at the end of a Lua state, whatever finalizers a program has"
local checked_before = "the Lua files check this before; kept for whoever calls the core otherwise"
local no_such_field = "no field of the five APIs is described so; the walk is written for all kinds"

return {
  ["csrc/transfer/wakeup.c"] = {
    knows_key = "the wakeup would have to end while a stranger keeps it waiting",
    accept_listener = "accept() fails only where descriptors run out while the wakeup waits, "
      .. "or a connection is reset at that very moment",
    start = "no thread can be made: not tried",
    cvk_wakeup_new = no_memory,
  },
  ["csrc/base/buffer.c"] = {
    reserve = "a buffer as large as half of all memory that there can be",
  },
  ["csrc/catalogue/catalogue.c"] = { cvk_method_name = all_named },
  ["csrc/transfer/handle.c"] = {
    cvk_handle_trust = "a libcurl that was built without certificates",
    on_body = "a cancelled exchange stays in libcurl only while its name is looked up, "
      .. "so that no answer comes",
    on_header = "as on_body",
    set_up = "a libcurl that was built without HTTP/2",
    cvk_handle_failure = "libcurl says so only where it is given a limit, which we keep ourselves",
  },
  ["csrc/http/exchange.c"] = {
    cvk_exchange_retire = "guards C's own order: such a call is not over",
  },
  ["csrc/transfer/spin_guard.c"] = {
    cvk_spin_guard_watch = "libcurl would have to watch a descriptor anew in the "
      .. "moment in which it rests",
  },
  ["csrc/lua/call.c"] = {
    check_call = checked_before,
    call_request = no_memory,
    call_respond = no_memory,
  },
  ["csrc/lua/catalogue.c"] = {
    type_name = all_named,
    place_name = all_named,
    paging_name = all_named,
    envelope_name = all_named,
    auth_place_name = all_named,
    error_shape_name = all_named,
    push_fallback = "no default of the five APIs is a broken number",
    set_bound = "no bound of the five APIs is a broken number",
  },
  ["csrc/lua/client_methods.c"] = { set_line = checked_before },
  ["csrc/lua/engine.c"] = {
    cvk_lua_enlist = closing,
    cvk_lua_take_spare = closing,
    cvk_lua_engine = forked,
    cvk_lua_release = closing,
    core_is_in_flight = forked,
    call_embedded = "the stack of Lua, a million values, would have to be full",
  },
  ["csrc/lua/encode.c"] = {
    check_string = no_such_field,
    cvk_model_text = no_such_field,
    write_by_kind = no_such_field,
  },
  ["csrc/lua/decode.c"] = { cvk_model_read = no_such_field },
  ["csrc/transfer/poller_kqueue.c"] = {
    cvk_poller_new = no_memory,
  },
  ["csrc/transfer/poller_poll.c"] = {
    open_pipe = "the flags of a new pipe cannot be set: not tried",
    cvk_poller_new = no_memory,
    watch_set = no_memory,
    set_events = no_memory,
  },
  ["csrc/transfer/engine.c"] = {
    orphan = forked,
    cvk_engine_abandon = forked,
    cvk_engine_submit = "the handle that was lost to an error cannot be made again either: the "
      .. "want of memory reaches it in some runs only",
    cvk_engine_cancel = "guards C's own order: Lua asks whether it is in flight",
  },
}
