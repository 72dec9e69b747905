# convoke. `make help` lists the targets, `make LUA=luajit ...` picks another Lua.
#
# Targets that try something install the packages that they lack (.ci/packages); `make` alone and
# what only builds or copies name them and stop.

# Settings ----------------------------------------------------------------------------------------

LUA     ?= lua5.4
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
PORT    ?= 0
SPEC    ?= $(filter-out $(call specs,$(WITHOUT)),$(if $(filter lua5.5,$(group)),$(core_specs),$(wildcard spec/*_spec.lua)))
CFLAGS  ?= -O2 -g

# The name under which pkg-config knows this Lua, and its group in .ci/packages.
LUA_PC  ?= $(notdir $(LUA))
group   := $(filter lua5.5 lua5.4 lua5.3 lua5.1 luajit,$(LUA))
# nginx's Lua is LuaJIT; the specs of OpenResty run under Lua 5.4, too, beside a build for LuaJIT.
jit     := $(if $(filter lua5.4,$(LUA)),$(if $(VARIANT),,luajit))
hosts   := $(if $(filter lua5.5,$(group)),,hosts)
more    := $(if $(filter luajit,$(LUA))$(jit),nginx) $(jit) $(hosts)
export LUA

# Lua 5.5 has no cqueues, luaossl, luv and copas yet: another Lua runs the sandbox and the servers of
# specs, and the specs are those that need no host.
ifeq ($(group),lua5.5)
export CONVOKE_SANDBOX_LUA ?= lua5.4
group   := lua5.5 lua5.4
endif

# VARIANT sets builds with other flags apart; LAUNCH stands before the Lua that runs tests and demo.
# V=1 shows the compiler's whole command line.
VARIANT :=
LAUNCH  :=
quiet   := $(if $(V),,@)
say     := $(if $(findstring s,$(firstword -$(MAKEFLAGS))),true,echo)
build   := build/$(notdir $(LUA))$(VARIANT)
core    := $(build)/convoke/core.so
archive := $(build)/libconvoke.a
command := $(build)/bin/convoke

ifeq ($(VARIANT),-sanitize)
CFLAGS  := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS := -fsanitize=address,undefined
LAUNCH  := LD_PRELOAD=$(shell $(CC) -print-file-name=libasan.so)
endif

counted := -O0 -g --coverage -fprofile-update=atomic
ifneq ($(findstring -coverage,$(VARIANT)),)
CFLAGS  := $(counted)
LDFLAGS := --coverage
endif

# Those that need nothing of a host or a server in their own process.
core_specs = $(shell $(LUA) spec/programs/core_specs.lua)

# The files of specs, given by their names without "_spec.lua".
specs    = $(foreach name,$(1),$(or $(wildcard spec/$(name)_spec.lua),$(error there is no spec/$(name)_spec.lua)))

# Paths -------------------------------------------------------------------------------------------

# What the user's own paths hold (their rocks, say) stays reachable. Debian keeps pure Lua modules
# such as lua-http for 5.1 only; the newer Luas load them from there.
path    := $(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua
cpath   := $(CURDIR)/$(build)/?.so
path    := $(path);$(or $(subst $(path);,,$(LUA_PATH)),;;/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua)
cpath   := $(cpath);$(or $(subst $(cpath);,,$(LUA_CPATH)),;)
export LUA_PATH := $(path)
export LUA_CPATH := $(cpath)
unexport LUA_PATH_5_3 LUA_PATH_5_4 LUA_CPATH_5_3 LUA_CPATH_5_4

# How the module is built --------------------------------------------------------------------------

# Never unloaded: a thread of libcurl's that still resolves a name outlives the Lua state that began
# it, and leak checkers need the globals and names of libraries at the very end.
system := $(shell uname -s)
ifeq ($(system),Darwin)
shared := -bundle -undefined dynamic_lookup
else
shared := -shared -Wl,-z,nodelete
endif

sources := $(sort $(wildcard csrc/*/*.c))
headers := $(wildcard csrc/*.h csrc/*/*.h)
programs := $(wildcard $(patsubst %,spec/programs/%,sockets.h bench/*.c bench/rivals/*.[ch] storm/*.c soak/*.c))
objects := $(sources:csrc/%.c=$(build)/%.o)
modules := $(patsubst lua/%,%,$(shell find lua -name '*.lua'))

warnings := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
  -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla $(if $(WERROR),-Werror)

# Asked of pkg-config once and only when a recipe wants it: by then it is there.
# As system directories, so that our warnings are about our own code.
includes = $(eval includes := $$(patsubst -I%,-isystem %,$$(shell pkg-config --cflags $(LUA_PC) libcurl)))$(includes)
linked   = $(eval linked := $$(shell pkg-config --libs libcurl))$(linked)
compile  = -std=c11 -D_DEFAULT_SOURCE -Icsrc -fPIC -fvisibility=hidden -pthread $(warnings) $(includes) \
  $(if $(libcurl),-DCVK_LIBCURL=\"$(libcurl)\")

# The module loads libcurl by itself when it is first needed: the file that a program linked with it
# would load, looked for where the linker looked. Only a libcurl without such a file is linked.
probe    = echo 'int curl_easy_init(void), used(void); int used(void) { return curl_easy_init(); }' | \
  $(CC) -shared -fPIC -o $(build)/probe.so -xc - -xnone $(linked) && \
  if [ $(system) = Darwin ]; then otool -L $(build)/probe.so; \
  else readelf -d $(build)/probe.so | tr '[]' '  '; fi | \
  awk '{ for (i = 1; i <= NF; i++) if ($$i ~ /libcurl[^/]*$$/) { print $$i; exit } }'
libcurl  = $(eval libcurl := $$(shell mkdir -p $(build); $$(probe)))$(libcurl)
comma    := ,
rpath    = $(patsubst -L%,-Wl$(comma)-rpath$(comma)%,$(filter -L%,$(linked)))
libs     = $(if $(libcurl),$(rpath),$(linked)) $(if $(filter Linux,$(system)),-ldl) -lm

lua_version = $(shell $(LUA) -e 'print(_VERSION:match("%d%.%d"))')
lua_dir     = $(DESTDIR)$(PREFIX)/share/lua/$(lua_version)
core_dir    = $(DESTDIR)$(LIBDIR)/lua/$(lua_version)
doc_dir     = $(DESTDIR)$(PREFIX)/share/doc/convoke
bin_dir     = $(DESTDIR)$(PREFIX)/bin
man_dir     = $(DESTDIR)$(PREFIX)/share/man/man3
version     = $(shell sed -n 's/^return "\(.*\)"/\1/p' lua/convoke/version.lua)

# What builds or copies names the packages that are missing; what tries something installs them.
building := all help env repl install systems uninstall clean rockspec
trying   := demo sandbox test core timing poll kqueue contract rock check format coverage mutants sanitize \
  exam torture threads memory fuzz storm jobs soak memcheck bench guard instructions deadlines docs meta \
  editors
asking   := $(if $(filter $(trying),$(MAKECMDGOALS)),,--name)

.PHONY: $(building) $(trying)
.DELETE_ON_ERROR:

##@ Use

all: $(core) $(command) ## build the module (the default)

$(core): $(objects)
	@mkdir -p $(@D)
	@$(say) "link $@"
	$(quiet)$(CC) $(shared) -pthread $(LDFLAGS) -o $@ $^ $(libs)

$(build)/%.o: csrc/%.c $(build)/ready
	@mkdir -p $(@D)
	@$(say) "$(CC) $<"
	$(quiet)$(CC) $(compile) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(objects:.o=.d)

# The command: a file that starts this Lua with the modules in one folder and the core in another.
write_command = printf '\#!/bin/sh\nexec %s -e '\''package.cpath = "%s/?.so;" .. package.cpath'\'' "%s" "$$@"\n' \
  '$(LUA)' '$(1)' '$(2)/convoke/cli/main.lua' >$(3) && chmod 755 $(3)

$(command): Makefile
	@mkdir -p $(@D)
	$(quiet)$(call write_command,$(CURDIR)/$(build),$(CURDIR)/lua,$@)

# The compiler, pkg-config, libcurl, the Lua wanted and what convoke needs at run time are there.
$(build)/ready: .ci/packages Makefile
	@.ci/install $(asking) build $(group) run
	@for library in libcurl $(LUA_PC); do pkg-config --exists $$library || { \
	  echo "pkg-config does not know '$$library': install its development package, or set" \
	    "PKG_CONFIG_PATH (and LUA_PC=name for a Lua of your own)" >&2; exit 1; }; done
	@mkdir -p $(@D) && touch $@

help: ## list the targets
	@awk '/^##@/ { print (n++ ? "\n" : "") substr($$0, 5) } \
	  match($$0, /^[a-z]+:.*## /) { split($$0, word, ":"); sub(/.*## /, ""); gsub(/[$$][$$]/, "$$"); \
	    printf "  make %-13s %s\n", word[1], $$0 }' Makefile

demo: all ## run all 27 operations against the sandbox
	@.ci/install sandbox
	@$(LAUNCH) $(LUA) examples/quickstart.lua
	@echo; echo "Look around yourself, with nothing leaving this machine: make repl"

sandbox: ## serve the five APIs locally until stopped (PORT=8900 takes 8900 to 8904; CVAT=2.15)
	@.ci/install $(group) sandbox
	@exec $(or $(CONVOKE_SANDBOX_LUA),$(LUA)) lua/convoke/sandbox/main.lua --port $(PORT) \
	    $(if $(CVAT),--cvat $(CVAT))

repl: all ## an interactive Lua with clients of a sandbox (SANDBOX=no: of what the environment says)
	@$(if $(filter no,$(SANDBOX)),,.ci/install --name $(group) sandbox)
	@$(LUA) -e 'require("convoke.repl").start { sandbox = $(if $(filter no,$(SANDBOX)),false,true) }'

env: ## print the paths for your shell: eval "$$(make -s env)"
	@echo "export LUA_PATH='$(path)'"
	@echo "export LUA_CPATH='$(cpath)'"
	@echo "export PATH='$(CURDIR)/$(build)/bin':\"\$$PATH\""
	@$(if $(CONVOKE_SANDBOX_LUA),echo "export CONVOKE_SANDBOX_LUA='$(CONVOKE_SANDBOX_LUA)'")

install: all $(archive) ## copy the module below PREFIX, /usr/local unless set (LIBDIR, DESTDIR too)
	@for module in $(modules); do \
	  install -d "$(lua_dir)/$$(dirname $$module)" && \
	  install -m 644 lua/$$module "$(lua_dir)/$$module" || exit 1; done
	@install -d "$(core_dir)/convoke" "$(DESTDIR)$(PREFIX)/include" "$(DESTDIR)$(LIBDIR)/pkgconfig" \
	  "$(doc_dir)" "$(man_dir)" "$(bin_dir)"
	install -m 755 $(core) "$(core_dir)/convoke/core.so"
	install -m 644 $(archive) "$(core_dir)/convoke/libconvoke.a"
	install -m 644 csrc/convoke.h "$(DESTDIR)$(PREFIX)/include/convoke.h"
	@sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@LUA_VERSION@|$(lua_version)|' \
	  -e 's|@LUA_PC@|$(LUA_PC)|; s|@VERSION@|$(version)|; s|@LIBS@|$(libs)|' \
	  csrc/convoke.pc.in >$(build)/convoke.pc
	install -m 644 $(build)/convoke.pc "$(DESTDIR)$(LIBDIR)/pkgconfig/convoke.pc"
	@$(call write_command,$(LIBDIR)/lua/$(lua_version),$(PREFIX)/share/lua/$(lua_version),$(build)/convoke.sh)
	install -m 755 $(build)/convoke.sh "$(bin_dir)/convoke"
	install -m 644 LICENSE "$(doc_dir)/LICENSE"
	install -m 644 csrc/convoke.3 "$(man_dir)/convoke.3"
	@for page in $(notdir $(wildcard build/docs/man/*)); do section="$(dir $(man_dir))man$${page##*.}"; \
	  install -d "$$section" && install -m 644 build/docs/man/$$page "$$section" || exit 1; done

# The core for programs that carry it in themselves.
$(archive): $(objects)
	@mkdir -p $(@D)
	@$(say) "archive $@"
	$(quiet)rm -f $@ && $(AR) rcs $@ $^

uninstall: ## take it away again
	rm -rf "$(lua_dir)/convoke" "$(core_dir)/convoke" "$(doc_dir)"
	rm -f "$(bin_dir)/convoke" "$(DESTDIR)$(PREFIX)/include/convoke.h" "$(DESTDIR)$(LIBDIR)/pkgconfig/convoke.pc" \
	  "$(man_dir)/convoke.3" "$(man_dir)"/convoke-*.3 "$(dir $(man_dir))man1/convoke.1"

clean: ## remove all that was built, here and by LuaRocks
	rm -rf build convoke convoke-*.rock
	@find csrc -name '*.o' -delete

##@ Test

test: all ## run the specs (SPEC=file for one, WITHOUT=name, ARGS=... for busted's options)
	@.ci/install sandbox test $(more)
	@$(if $(jit),LUA=$(jit) .ci/install run; $(MAKE) -s LUA=$(jit))
	@$(if $(jit),NGINX_LUA='$(CURDIR)/build/$(jit)/?.so') env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(LAUNCH) $(LUA) spec/run.lua $(ARGS) $(SPEC)

core: all ## the core specs: those that need no library of a host, nor nginx
	@.ci/install sandbox test
	@env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(LAUNCH) $(LUA) spec/run.lua $(ARGS) \
	  $(if $(filter file,$(origin SPEC)),$(filter-out $(call specs,$(WITHOUT)),$(core_specs)),$(SPEC))

timed = $(shell grep -l spec.support.limit spec/*_spec.lua)

timing: ## the specs that hold calls to times, with nothing else to run beside them
	@CONVOKE_TIMING=1 $(MAKE) --no-print-directory test SPEC='$(timed)'

# What waits for descriptors, by the pollers of other systems.
polled = $(call specs,call response transport connections core_engine transfer forks reuse engine \
  spin_guard tasks hosts lifetime)
poll_variant   := -poll
kqueue_variant := -kqueue

poll: ## the specs of waiting, with the poller for systems that have neither epoll nor kqueue
	@$(MAKE) --no-print-directory test VARIANT=$(poll_variant) CPPFLAGS=-DCVK_POLLER_POLL \
	  SPEC='$(polled)'

# A real kqueue is not there in the child of a fork; the one that stands in is.
kqueue: ## the same with the BSDs' poller, on Linux, where something small stands in for kqueue
	@$(MAKE) --no-print-directory test VARIANT=$(kqueue_variant) \
	  CPPFLAGS='-DCVK_POLLER_KQUEUE -isystem spec/support/kqueue' \
	  SPEC='$(filter-out spec/forks_spec.lua,$(polled))'

contract: all ## calls against a mock of the vendors' documents; the vendors' clients against the sandbox
	@.ci/install sandbox test contract
	@status=0; for judge in contract clients; do spec/programs/$$judge/run || status=1; done; exit $$status

exam: all ## calls of OpenAPI documents before a judge that owes us nothing (DOCUMENTS="box stripe")
	@.ci/install build $(group) run exam
	@LUA='$(LUA)' spec/programs/openapi/exam $(DOCUMENTS)

# In a copy, because luarocks compiles beside the sources: made in the folder of a clone, and packed
# as a release, whose address is a repository here.
release = convoke-$(version)-1
rock: ## build and load the rock, of the clone and of the release
	@.ci/install build $(group) run rock
	@rm -rf build/rock && mkdir -p build/rock/source
	@cp -R csrc lua rockspec LICENSE build/rock/source
	@cd build/rock/source && git init -q && git add . && git -c user.name=rock -c user.email=rock@localhost \
	  commit -qm rock && git tag "v$(version)"
	@sed 's|git+https://convoke.example/convoke.git|git+file://$(CURDIR)/build/rock/source|' \
	  rockspec/$(release).rockspec >build/rock/$(release).rockspec
	@cd build/rock && luarocks --lua-version=$(lua_version) pack $(release).rockspec && \
	  luarocks --lua-version=$(lua_version) install --deps-mode none --tree packed $(release).src.rock
	@cd build/rock/source && luarocks --lua-version=$(lua_version) make --deps-mode none \
	  --tree ../tree rockspec/convoke-scm-1.rockspec
	@for tree in packed tree; do ( cd build/rock/$$tree && \
	  export LUA_PATH="share/lua/$(lua_version)/?.lua;share/lua/$(lua_version)/?/init.lua;;" \
	  LUA_CPATH="lib/lua/$(lua_version)/?.so;;" && bin/convoke --version && \
	  $(LUA) -e 'print("the rock has " .. #require("convoke").operations .. " operations")' ) || exit 1; done

generate = $(LUA) spec/programs/docs/main.lua

docs: all ## write the reference below build/docs: HTML and man pages
	@.ci/install build $(group) run sandbox docs
	@$(generate) pages

meta: all ## write the annotations for editors anew, below lua/convoke/meta
	@.ci/install build $(group) run
	@$(generate) meta

rockspec: ## write the rockspec of the release anew, from that of the clone
	@awk -v version='$(version)' '/^version = / { $$0 = "version = \"" version "-1\"" } \
	  /^  url = / { $$0 = "  url = \"git+https://convoke.example/convoke.git\",\n  tag = \"v" version "\"," } \
	  { print }' rockspec/convoke-scm-1.rockspec >rockspec/$(release).rockspec

systems: ## rows of .ci/systems.table, each in a bare root of its system (SYSTEM=trixie ROW=test)
	@.ci/systems

##@ Look at the code

# What a recipe asks pkg-config for is asked before its first line runs.
check threads: $(build)/ready

check: ## compilers' warnings, format, linters, static analysis
	@.ci/install build $(group) run check
	@LUA='$(LUA)' MAKE='$(MAKE)' compile='$(compile)' sources='$(sources)' headers='$(headers)' \
	  programs='$(programs)' .ci/check

CHECKER ?= emmylua_check

editors: all ## what EmmyLua's checker finds in wrong calls (CHECKER=emmylua_check COUNT=200 SEED=7)
	@command -v $(CHECKER) >/dev/null || { echo "there is no $(CHECKER): cargo install emmylua_check" >&2; exit 1; }
	@$(LUA) spec/programs/editors/main.lua $(CHECKER) $(or $(COUNT),200) $(or $(SEED),7)

format: ## let clang-format lay out the C files
	@.ci/install check
	clang-format -i $(sources) $(headers) $(programs)

jit_specs = $(call specs,openresty wakeup lifetime encode encode_convex decode_models)

coverage: ## which lines of csrc the tests run
	@.ci/install build $(group) run
	@MAKE='$(MAKE)' TARGET='$(TARGET)' counted='$(counted)' jit_specs='$(jit_specs)' \
	  spec/programs/coverage/run $(LUA) $(build)-coverage/replay

$(build)/replay: $(wildcard spec/programs/fuzz/*.c) $(objects)
	@mkdir -p $(@D)
	@$(CC) $(compile) $(CFLAGS) -DCVK_REPLAY -o $@ $^ $(libs) $(linked) \
	  $(shell pkg-config --libs $(LUA_PC))

mutants: all ## whether the specs notice small changes of the code (ONLY=pace, PART=3/10)
	@.ci/install sandbox test $(more)
	@$(if $(jit),LUA=$(jit) .ci/install run; $(MAKE) -s LUA=$(jit))
	@$(if $(jit),NGINX_LUA='$(CURDIR)/build/$(jit)/?.so') $(LUA) spec/programs/mutants/main.lua '$(ONLY)' \
	  '$(PART)' $(LANES)

##@ Test to destruction

sanitize: ## the specs under the address and undefined behaviour sanitizers
	@ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  LSAN_OPTIONS=print_suppressions=0:suppressions='$(CURDIR)/spec/lsan.supp' \
	  $(MAKE) --no-print-directory VARIANT=-sanitize test

# What is not about us, and what waits more than it works.
untortured = $(call specs,build catalogue catalogue_contracts complete docs dry examples faults_calls faults_tls game_server help lookup \
  newcomer openresty readme repl rivals rockspec sent settle show storm storm_restarts storm_two_programs)

torture: all ## the specs with Lua's collector at its worst (TURN=n: in one mode each, SHARE=n)
	@.ci/install $(group) sandbox test $(hosts)
	@ARGS='$(ARGS)' .ci/torture '$(TURN)' '$(SHARE)' $(filter-out $(untortured) spec/sandbox%,$(SPEC))

threads: ## Lua states in threads of their own, under the thread sanitizer
	@.ci/install build $(group) sandbox
	@mkdir -p $(build)
	@$(CC) $(compile) -O1 -g -fsanitize=thread -o $(build)/threads spec/programs/threads/main.c \
	  $(sources) $(libs) $(shell pkg-config --libs $(LUA_PC))
	@TSAN_OPTIONS=halt_on_error=1:suppressions=spec/programs/threads/tsan.supp \
	  $(LUA) spec/programs/threads/run.lua $(build)/threads 8

# The C library's allocations by the core, and two calls that may fail, go through
# spec/programs/memory/faults.c.
wrapped := malloc calloc realloc strdup free curl_multi_socket_action epoll_ctl

instrument = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

instrumented := $(sources:csrc/%.c=$(build)/instrumented/%.o)
$(build)/instrumented/%.o: csrc/%.c $(build)/ready
	@mkdir -p $(@D)
	@$(CC) $(compile) $(CPPFLAGS) -D_GNU_SOURCE $(instrument) -MMD -MP -c -o $@ $<

-include $(instrumented:.o=.d)

memory: $(instrumented) ## every operation while memory runs out, at every allocation (MOST=n: at n of a row)
	@.ci/install build $(group) sandbox
	@$(CC) $(compile) $(CPPFLAGS) -D_GNU_SOURCE $(instrument) $(wrapped:%=-Wl,--wrap=%) \
	  -o $(build)/memory spec/programs/memory/*.c $(instrumented) $(libs) $(linked) \
	  $(shell pkg-config --libs $(LUA_PC))
	@ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  LSAN_OPTIONS=print_suppressions=0:suppressions=spec/programs/memory/lsan.supp \
	  $(build)/memory spec/programs/memory/run.lua $(MOST)

TARGET  ?= request answer header address json wire document cache replies python
SECONDS ?= 300

fuzz: all ## look for inputs that break what must hold (TARGET=name for one, SECONDS=n for each)
	@.ci/install build $(group) run fuzz
	@mkdir -p build/fuzz
	@clang $(compile) -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=all -o build/fuzz/fuzz spec/programs/fuzz/*.c $(sources) $(libs) \
	  $(linked) $(shell pkg-config --libs $(LUA_PC))
	@LUA='$(LUA)' spec/programs/fuzz/run build/fuzz/fuzz $(SECONDS) $(TARGET)

# MODE=restarts: what is between goes down and comes up; MODE=two_programs: for the same addresses
storm_program = $(if $(MODE),$(patsubst restarts,restarts_main,$(MODE)),main)

storm: all ## many creates through a proxy that breaks what it can (SEED=7 COUNT=10000 MODE=restarts)
	@.ci/install sandbox test
	@$(LAUNCH) $(LUA) spec/programs/storm/$(storm_program).lua $(or $(SEED),0) \
	  $(or $(COUNT),$(if $(MODE),2000,10000)) $(or $(TASKS),64)

jobs: all ## a job by killed programs (COUNT=9000 KILLS=50 RATE=documented STORE=redis BATCH=10)
	@.ci/install sandbox test
	@$(LAUNCH) $(LUA) spec/programs/jobs/main.lua $(or $(SEED),0) $(or $(COUNT),10000) \
	  $(or $(KILLS),50) $(or $(TASKS),4) $(or $(RATE),0) $(or $(STORE),sqlite) $(or $(BATCH),1)
	@$(LAUNCH) $(LUA) spec/programs/jobs/invite.lua $(or $(PEOPLE),200)

soak: all ## a million calls of all kinds: memory and descriptors stay flat (COUNT=1000000 TASKS=64)
	@.ci/install test
	@$(LAUNCH) $(LUA) spec/programs/soak/main.lua $(or $(COUNT),1000000) $(or $(TASKS),64)

memcheck: ## the demo under valgrind
	@.ci/install build $(group) memcheck
	@$(MAKE) --no-print-directory demo LAUNCH='valgrind --quiet --leak-check=full \
	  --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=1'

##@ Measure

bench: all ## what convoke costs beside other clients (ONLY=tls for some sections, ROUNDS=9)
	@.ci/install build $(group) run luajit sandbox nginx instructions bench
	@$(MAKE) -s LUA=luajit
	@$(MAKE) -s $(addprefix build/bench/,server still.so rival)
	@ulimit -n "$$(ulimit -H -n)"; unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY \
	  SSL_CERT_FILE; \
	  ONLY='$(ONLY)' ROUNDS='$(ROUNDS)' $(LUA) spec/programs/bench/main.lua

guard: all ## whether a call takes more instructions than spec/programs/bench/budget.lua allows
	@.ci/install build $(group) run guard
	@$(MAKE) -s $(addprefix build/bench/,server still.so)
	@$(LUA) spec/programs/bench/guard.lua

instructions: all ## instructions a call beside careful C programs (ONLY=create for some rows)
	@.ci/install build $(group) instructions
	@$(MAKE) -s $(addprefix build/bench/,server still.so rival)
	@$(LUA) spec/programs/bench/instructions.lua $(ONLY)

deadlines: all ## what deadlines of thousands of calls cost that fall together
	@.ci/install test
	@mkdir -p build/bench
	@ulimit -n "$$(ulimit -H -n)"; ROUNDS='$(ROUNDS)' $(LUA) spec/programs/bench/deadlines.lua

build/bench/server: spec/programs/bench/server.c spec/programs/sockets.h
	@mkdir -p $(@D)
	@$(CC) $(compile) -O2 -g -o $@ $<

build/bench/still.so: spec/programs/bench/still.c
	@mkdir -p $(@D)
	@$(CC) $(compile) -O2 -g -shared -o $@ $<

build/bench/rival: $(wildcard spec/programs/bench/rivals/*.c) spec/programs/bench/rivals/rival.h
	@mkdir -p $(@D)
	@$(CC) $(compile) -O2 -g -o $@ $(filter %.c,$^) $(libs) $(linked) $$(pkg-config --libs jansson)
