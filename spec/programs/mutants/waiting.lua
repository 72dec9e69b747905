-- Mutants of waiting: tasks, timers, interrupts, forks, drain, hosts, deadlines. See core.lua for the
-- fields.
return {
  {
    name = "tasks: an interrupted row of tasks is used on",
    file = "lua/convoke/tasks.lua",
    from = [[-- interrupted, or for want of memory
    unsound = true]],
    to = "-- interrupted, or for want of memory",
    spec = "interrupts",
    test = "of a program that steps",
  },
  {
    name = "tasks: a task's arguments are gone before it begins",
    file = "lua/convoke/tasks.lua",
    from = "    succeeded, result = resume_coroutine(thread, task, task.f,",
    to = [[    task.arguments = nil
    succeeded, result = resume_coroutine(thread, task, task.f,]],
    spec = "interrupts",
    test = "of a program that steps",
  },
  {
    name = "timers: an interrupted heap is used on",
    file = "lua/convoke/timers.lua",
    from = "if not changing then return end",
    to = "if changing ~= nil then return end",
    spec = "interrupts",
    test = "of a program that steps",
  },
  {
    name = "tasks: the call of an interrupted task goes on",
    file = "lua/convoke/tasks.lua",
    from = [[  if task.call then engine.abandon(task.call) end
  if task.state]],
    to = "  if task.state",
    spec = "interrupts",
  },
  {
    name = "tasks: the call of a task that has caught an interrupt goes on",
    file = "lua/convoke/engine.lua",
    from = "    if token.call then engine.abandon(token.call) end -- an interrupt",
    to = "  -- an interrupt",
    spec = "interrupts",
    test = "that a task catches",
  },
  {
    name = "tasks: what Ctrl-C cancels does not say so",
    file = "lua/convoke/tasks.lua",
    from = "engine.cancel(self.call, self.reason ~= false)",
    to = "engine.cancel(self.call)",
    spec = "interactive",
    test = "tells so whoever waits",
  },
  {
    name = "tasks: all() stops when all its workers have raised",
    file = "lua/convoke/tasks.lua",
    from = [[      if group.following < total and not group.stopped then group.start(i) end
]],
    to = "",
    spec = "tasks",
  },
  {
    name = "forks: the child keeps its parent's connections open",
    file = "csrc/transfer/engine.c",
    from = [[    cvk_sockets_close(&engine->sockets);
]],
    to = "",
    spec = "forks",
    test = "leaves the child nothing open",
  },
  {
    name = "forks: the child keeps libcurl's own descriptors open",
    file = "csrc/transfer/engine.c",
    from = [[    cvk_library_fds_close(&engine->library_fds);
]],
    to = "",
    spec = "forks",
    test = "leaves the child nothing open",
  },
  {
    name = "forks: the child keeps the poller open",
    file = "csrc/transfer/engine.c",
    from = [[    cvk_poller_close_copies(engine->poller);
]],
    to = "",
    spec = "forks",
    test = "leaves the child nothing open",
  },
  {
    name = "forks: the child goes on with calls that pause",
    file = "csrc/lua/call.c",
    from = "bool left = call->forks != cvk_forks();",
    to = "bool left = call == NULL;",
    spec = "forks",
    test = "in a pause between two tries",
  },
  {
    name = "drain: calls begin meanwhile",
    file = "lua/convoke/call/turns.lua",
    from = [[  gates[gate] = true
  turns.draining = true]],
    to = "  gates[gate] = true",
    spec = "drain",
  },
  {
    name = "drain: calls between two tries are not seen",
    file = "lua/convoke/drain.lua",
    from = "core.in_flight() == 0 and not engine.pausing()[1]",
    to = "core.in_flight() == 0",
    spec = "drain",
  },
  {
    name = "drain: nothing is cancelled",
    file = "lua/convoke/drain.lua",
    from = [[  for _, native in ipairs(natives) do engine.cancel(native) end
]],
    to = "",
    spec = "drain",
  },
  {
    name = "drain: one that was stopped leaves its gate closed",
    file = "lua/convoke/drain.lua",
    from = [[  turns.open_gate(gate) -- also where an error ended the wait
]],
    to = "",
    spec = "drain",
  },
  {
    name = "luv: a handle that somebody has closed is waited for",
    file = "lua/convoke/hosts/luv.lua",
    from = "if not (poll and watched == fd) or poll:is_closing() then",
    to = "if not (poll and watched == fd) then",
    spec = "hosts_lost",
    test = "luv",
  },
  {
    name = "luv: a closed loop is asked for a handle",
    file = "lua/convoke/hosts/luv.lua",
    from = [[    if result and module == uv then closed = true end
]],
    to = "",
    spec = "hosts_lost",
    test = "luv",
  },
  {
    name = "cqueues: a dead driver is waited for",
    file = "lua/convoke/hosts/cqueues.lua",
    from = 'if state.idle and not (driver and coroutine.status(driver) == "dead") then return end',
    to = "if state.idle then return end",
    spec = "hosts_lost",
    test = "cqueues",
  },
  {
    name = "copas: a dead driver is waited for",
    file = "lua/convoke/hosts/copas.lua",
    from = 'if driving and not (driver and coroutine.status(driver) == "dead") then return end',
    to = "if driving then return end",
    spec = "hosts_lost",
    test = "copas",
  },
  {
    name = "deadlines: a whole slot of 64 ms ends early",
    file = "csrc/base/deadlines.c",
    from = [[if (level == 0)
            return deadlines->slots[0][slot].first;]],
    to = [[if (level <= 1)
            return deadlines->slots[level][slot].first;]],
    spec = "deadlines",
    test = "to the millisecond",
  },
  {
    name = "deadlines: a call ends up to a millisecond early",
    file = "csrc/base/clock.c",
    from = "(cvk_microseconds() + microseconds) / 1000 + 1;",
    to = "(cvk_microseconds() + microseconds) / 1000;",
    spec = "deadlines",
    test = "to the millisecond",
  },
  {
    name = "tasks: a call that has ended waits for all tasks that begin",
    file = "lua/convoke/tasks.lua",
    from = "local task = finished < most_finished and next_task()",
    to = "local task = not (first and first.number <= turn) and next_task()",
    spec = "deadlines",
    test = "while thousands begin",
  },
  {
    name = "engine: deadlines wait until a queue has begun",
    file = "csrc/transfer/engine.c",
    from = "        more |= expire(engine, now / 1000, stop);",
    to = [[        if (!more)
            more = expire(engine, now / 1000, stop);]],
    spec = "deadlines",
    test = "while thousands begin",
  },
  {
    name = "engine: messages are left while handles are taken out",
    file = "csrc/transfer/engine.c",
    from = [[        end = &handle->transfer->next_done;
    }]],
    to = [[        end = &handle->transfer->next_done;
        break;
    }]],
    spec = "deadlines",
    test = "passing over its messages",
  },
}
