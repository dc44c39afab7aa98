# make, make check, make run ...: README says what a newcomer types.
#
#   OPT=-O0            while developing: compiles in half the time
#   SANITIZE=address,undefined   a build of its own under build/sanitize
#
# Sources are found by wildcard; everything made lies under build/ and var/.

VERSION := 0.1
PREFIX ?= /usr/local
DESTDIR ?=
OPT ?= $(if $(SANITIZE),-O0,-O2) -g
B := build$(if $(SANITIZE),/sanitize)

CXX := $(if $(shell command -v ccache),ccache )g++
LINKER := $(if $(shell command -v mold),-fuse-ld=mold)
export CCACHE_SLOPPINESS = pch_defines,time_macros
export CCACHE_NOHASHDIR = 1

HARDENING := -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fPIE \
  -ftrivial-auto-var-init=zero -fcf-protection=full \
  $(if $(SANITIZE),,$(if $(filter -O0,$(OPT)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
# At -O2 g++ 12 sees trouble in std::string and std::optional where there is
# none.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
  -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow \
  -Wno-maybe-uninitialized
CXXFLAGS := -std=c++23 $(OPT) $(HARDENING) $(WARNINGS) -Ilib -I. -pthread \
  -DSTAUNCH_VERSION='"$(VERSION)"' \
  $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
# What tests the product is not the product: it compiles in half the time.
TESTFLAGS := $(filter-out -O% -U_FORTIFY% -D_FORTIFY%,$(CXXFLAGS)) -O0
LDFLAGS := -pie -Wl,-z,relro,-z,now $(LINKER) -pthread \
  $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LDLIBS := -lssl -lcrypto -lsqlite3 -lsodium -lunbound -licui18n -licuuc \
  -lseccomp -lz

LIB := $(patsubst %.cc,$B/%.o,$(sort $(wildcard lib/*/*.cc)))
PROGRAMS := $(patsubst bin/%.cc,$B/bin/%,$(sort $(wildcard bin/*.cc)))
UNIT := $(patsubst %.cc,$B/%.o,$(sort $(wildcard tests/*/*_test.cc) \
  $(wildcard tests/support/*.cc)))
TOOLS := $(patsubst tests/%.cc,$B/tests/%,$(sort $(wildcard tests/crash/*.cc) \
  $(wildcard tests/bench/*.cc)))
STD := $B/pch/std.h
GTEST := $B/pch/gtest.h

.SECONDARY:
.PHONY: all check check-fast fuzz bench run install clean format tidy
all: $(PROGRAMS)

$(GTEST).gch: PCHFLAGS := $(TESTFLAGS)
PCHFLAGS := $(CXXFLAGS)
$B/pch/%.h.gch: tests/pch/%.h Makefile
	@mkdir -p $(@D)
	@cp $< $(basename $@)
	@echo '  PCH $@'
	@$(CXX) $(PCHFLAGS) -x c++-header $(basename $@) -o $@

COMPILE = mkdir -p $(@D) && echo '  CXX $<' && $(CXX) -MMD -MP -c $< -o $@
$B/lib/%.o: lib/%.cc | $(STD).gch
	@$(COMPILE) $(CXXFLAGS) -include $(STD)
$B/bin/%.o: bin/%.cc | $(STD).gch
	@$(COMPILE) $(CXXFLAGS) -include $(STD)
$B/tests/bench/%.o: tests/bench/%.cc | $(STD).gch
	@$(COMPILE) $(CXXFLAGS) -include $(STD)
$B/tests/%.o: tests/%.cc | $(GTEST).gch
	@$(COMPILE) $(TESTFLAGS) -include $(GTEST)

$B/libstaunch.a: $(LIB)
	@rm -f $@
	@ar rcs $@ $^

$B/bin/%: $B/bin/%.o $B/libstaunch.a
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) $^ $(LDLIBS) -o $@

$B/tests/unit: $(UNIT) $B/libstaunch.a
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) $^ -lgtest -lgtest_main $(LDLIBS) -o $@

BENCH := $(patsubst %.cc,$B/%.o,$(sort $(wildcard tests/bench/parts/*.cc)))
$(TOOLS): $B/tests/%: $B/tests/%.o $(BENCH) $B/libstaunch.a
	@echo '  LD  $@'
	@$(CXX) $(LDFLAGS) $^ $(LDLIBS) -o $@

check-fast:
	+tests/run unit

check:
	packaging/install-deps --test
	+tests/run

bench: all $(TOOLS)
	tests/bench/table

run:
	packaging/install-deps
	$(MAKE) -j2 all
	packaging/run

install: all
	packaging/install $B "$(DESTDIR)" "$(PREFIX)"

# Fuzz targets: clang-19's libFuzzer, everything at -O1, under build/fuzz.
F := build/fuzz
FUZZERS := $(patsubst tests/fuzz/%.cc,$F/%,$(wildcard tests/fuzz/*_fuzz.cc))
FUZZFLAGS := -std=c++23 -O1 -g -Ilib -I. -pthread \
  -D_GLIBCXX_ASSERTIONS \
  -DSTAUNCH_VERSION='"$(VERSION)"' -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=undefined
FUZZLIB := $(patsubst %.cc,$F/%.o,$(sort $(wildcard lib/*/*.cc)))
FUZZHELP := $(patsubst %,$F/tests/support/%.o,session_driver temp_dir \
  imap_site)
FUZZCXX := $(if $(shell command -v ccache),ccache )clang++-19
FUZZSTD := $F/std.h.pch
FUZZ = mkdir -p $(@D) && echo '  FUZZ $<' && \
  $(FUZZCXX) $(FUZZFLAGS) -include-pch $(FUZZSTD) -MMD -MP -c $< -o $@

$(FUZZSTD): tests/pch/std.h Makefile
	@mkdir -p $(@D)
	@clang++-19 $(FUZZFLAGS) -fpch-instantiate-templates -x c++-header $< -o $@
$F/lib/%.o: lib/%.cc | $(FUZZSTD)
	@$(FUZZ)
$F/tests/support/%.o: tests/support/%.cc | $(FUZZSTD)
	@$(FUZZ)
$F/%.o: tests/fuzz/%.cc | $(FUZZSTD)
	@$(FUZZ)
$F/libstaunch.a: $(FUZZLIB)
	@rm -f $@
	@ar rcs $@ $^
$(FUZZERS): $F/%: $F/%.o $(FUZZHELP) $F/libstaunch.a
	@clang++-19 -fsanitize=fuzzer,address,undefined -pthread $^ $(LDLIBS) -o $@
fuzz: $(FUZZERS)

format:
	clang-format-19 -i $$(git ls-files '*.cc' '*.h')

tidy:
	clang-tidy-19 --quiet $(wildcard lib/*/*.cc) -- $(FUZZFLAGS) \
	  -include tests/pch/std.h

clean:
	rm -rf build

-include $(LIB:.o=.d) $(UNIT:.o=.d) $(BENCH:.o=.d) $(FUZZLIB:.o=.d)
-include $(patsubst %,%.d,$(PROGRAMS) $(TOOLS) $(FUZZERS))
