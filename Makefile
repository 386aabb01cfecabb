# One command for each thing; scripts/ does the work. `make` alone lists them.
PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help demo build wheel stub test soak bench lint format docs install uninstall clean asan tsan setup-build

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: build ## builds, starts a private PostgreSQL, loads 200,000 tweets into it and shows what is there
	@scripts/demo.sh

setup-build:
	@scripts/setup.sh build

build: setup-build ## installs what is missing and builds build/pgfeed
	@cmake --preset release -DPGFEED_TESTS=OFF --log-level=WARNING
	@cmake --build $(BUILD)

wheel: ## builds the Python package for PYTHON (python3): dist/pgfeed-*.whl
	@PYTHON='$(PYTHON)' scripts/wheel.sh

test: ## installs what is missing, builds and runs every test
	@scripts/test.sh

soak: build ## loads under faults at random, for SECONDS (900) of loads of 200 MB; SEED=N draws the same again
	@scripts/soak.sh --seconds $(or $(SECONDS),900) $(if $(SEED),--seed $(SEED))

bench: ## measures pgfeed against other ways to load the same tweets; saves figures in bench/results/
	@scripts/setup.sh build bench
	@cmake --preset release -DPGFEED_TESTS=OFF --log-level=WARNING && cmake --build $(BUILD)
	@folder=$$(scripts/venv.sh bench/requirements.txt) && scripts/install_wheel.sh "$$folder" && "$$folder/bin/python" bench/run.py $(BENCH)

lint: ## clang-format, clang-tidy, ruff and mypy
	@scripts/lint.sh

format: ## writes C++ and Python in the house's form
	@scripts/lint.sh --fix

docs: build ## writes docs/cli.md and the man page from the program's --help
	@python3 scripts/cli_docs.py $(BUILD)/pgfeed

stub: ## writes python/pgfeed/_engine.pyi from the extension module
	@PYTHON='$(PYTHON)' scripts/stub.sh

install: build ## PREFIX (/usr/local) and DESTDIR are respected
	install -D -m 755 $(BUILD)/pgfeed $(DESTDIR)$(PREFIX)/bin/pgfeed
	install -D -m 644 share/pgfeed.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/pgfeed
	install -D -m 644 share/mapping.schema.json $(DESTDIR)$(PREFIX)/share/pgfeed/mapping.schema.json
	install -D -m 644 share/pgfeed.1 $(DESTDIR)$(PREFIX)/share/man/man1/pgfeed.1

uninstall: ## takes away what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/pgfeed $(DESTDIR)$(PREFIX)/share/bash-completion/completions/pgfeed
	rm -f $(DESTDIR)$(PREFIX)/share/pgfeed/mapping.schema.json $(DESTDIR)$(PREFIX)/share/man/man1/pgfeed.1

asan: ## unit tests and ten seconds of each fuzz target under ASan and UBSan
	@scripts/setup.sh build test
	@scripts/sanitize.sh asan

tsan: ## the worker tests under TSan
	@scripts/setup.sh build test
	@scripts/with_postgres.sh scripts/sanitize.sh tsan

clean: ## removes what was built, the environments too
	rm -rf build build-* dist .venv
