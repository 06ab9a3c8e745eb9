# Windlass in two commands: `make run` serves it, `make test` proves it.
# Both begin with the set-up, which looks before it installs: a second run costs milliseconds.

.DEFAULT_GOAL := help
.PHONY: help setup system system-tests components build run test accuracy bench lint lint-guests
.NOTPARALLEL:
# The binary's place is part of the README, so an outer setting must not move it.
unexport CARGO_TARGET_DIR

TOOLS := target/tools
UV := target/release/uv
SDKS := $(patsubst tests/sdk/%.txt,target/sdk/%/pyvenv.cfg,$(wildcard tests/sdk/*.txt))
PROJECTS = $(wildcard tests/fixtures)
GUESTS := $(wildcard plugins/Cargo.toml tests/guests/Cargo.toml)
DENY := $(TOOLS)/bin/cargo-deny
DENY_VERSION := 0.20.2
NIXPACKS_VERSION := 1.41.0

help: ## show this list
	@sed -En 's/^([a-z]+):.*## /  make \1\t/p' Makefile | expand -t 20

setup: system $(UV) ## install what is missing on Debian or Ubuntu, or print the one command that does

components: setup ## build the built-in plugins into target/components
	@plugins/build builtin

build: components ## build target/release/windlass
	cargo build --release --workspace

run: build ## serve on 127.0.0.1:8092 (more arguments: make run ARGS="--listen 127.0.0.1:9000")
	@exec target/release/windlass serve $(ARGS)

test: system-tests $(SDKS) build ## every test, the real SDKs from PyPI among them
	@plugins/build tests
	cargo test --release --workspace
	cargo test --manifest-path plugins/Cargo.toml --target-dir target/guests

accuracy: system ## how often detection is right (other labelled projects: make accuracy PROJECTS="FOLDER ...")
	@cargo run --release --quiet --manifest-path plugins/Cargo.toml --target-dir target/guests \
		--package standard-strategy --example accuracy -- $(PROJECTS)

bench: build $(if $(NIXPACKS),,$(TOOLS)/bin/nixpacks) ## the numbers of README, as ratios of one run
	cargo build --release --manifest-path plugins/Cargo.toml --target-dir target/guests --package standard-strategy --example natively
	cargo bench --profile release --workspace --bench bench

lint: components $(DENY) ## format, clippy, documentation, licences and sources
	@.ci/setup lint
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps
	$(DENY) check bans licenses sources
	@for guests in $(GUESTS); do $(MAKE) --no-print-directory lint-guests GUESTS=$$guests || exit; done

lint-guests:
	cargo fmt --all --check --manifest-path $(GUESTS)
	cargo clippy --workspace --all-targets --manifest-path $(GUESTS) --target-dir target/guests -- -D warnings
	$(DENY) --manifest-path $(GUESTS) check bans licenses sources

system:
	@.ci/setup

system-tests:
	@.ci/setup tests

# uv comes from PyPI with its hash checked, and lies beside the binary, where the binary looks for it.
$(UV): $(TOOLS)/uv/bin/uv
	@install -D $< $@

$(TOOLS)/uv/bin/uv: .ci/uv.txt | system
	@rm -rf $(TOOLS)/uv
	@PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --no-deps --require-hashes --target $(TOOLS)/uv --requirement $<
	@touch $@

# One environment for each generation of the SDK that the tests drive, one for the model provider that they call, and
# one for schemathesis.
target/sdk/%/pyvenv.cfg: tests/sdk/%.txt $(UV)
	@$(UV) venv --quiet --clear --no-python-downloads --python '>=3.10' target/sdk/$*
	@$(UV) pip install --quiet --require-hashes --python target/sdk/$*/bin/python --requirement $<
	@touch $@

# What analyses are measured against. It takes minutes to build, so only `bench` wants it, and goes on without it.
$(TOOLS)/bin/nixpacks: | system
	-cargo install nixpacks --locked --version $(NIXPACKS_VERSION) --root $(TOOLS)

$(DENY): Makefile | system
	cargo install cargo-deny --locked --version $(DENY_VERSION) --root $(TOOLS)
	@touch $@
