-- Why lines of csrc do not run in any test here: file -> function, or a piece of the line -> reason.

return {
  left_out = {
    ["csrc/poller_kqueue.c"] = "no system with kqueue runs the tests; poller_poll.c keeps the same "
      .. "promises and runs them",
  },
}
