# Everything a person or CI does with rowgate. `make` alone lists it.
#
# Each target sets up what it needs by itself (scripts/setup); only Rust (rustup), Node.js 20 and
# git must be there before.

.DEFAULT_GOAL := help
# The steps print, and each uses all processors by itself.
.NOTPARALLEL:

# The program that `make demo` and the Python tests start.
ROWGATE := target/debug/rowgate

# What `make cli` builds. .ci/run builds the tests, too: cargo would build what both share twice, since the
# tests' dependencies add features.
CLI_BUILD ?= --package rowgate --package rowgate-lambda
# The Worker and the core of the page are checked for their own target, all else for this machine; the page's has no
# standard library, which features that the Worker asks for would bring.
HOST_PACKAGES := --workspace --exclude rowgate-edge --exclude rowgate-console
EDGE_PACKAGE := --package rowgate-edge --target wasm32-unknown-unknown
PAGE_PACKAGE := --package rowgate-console --target wasm32-unknown-unknown --profile page

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## Start rowgate, load the sample files by both doors, compare with the database
	@scripts/build-demo $(CLI_BUILD)
	@node demo/demo.mjs $(ROWGATE)

.PHONY: dev
dev: edge cli ## Run the gateway on this machine until Ctrl-C
	@$(ROWGATE) dev

.PHONY: setup
setup: ## Install what is missing
	@scripts/setup

.PHONY: setup-tests
setup-tests:
	@scripts/setup tests

.PHONY: setup-infra
setup-infra:
	@scripts/setup infra

.PHONY: cli
cli: setup ## Build the command rowgate, and the Lambda that it runs
	@cargo build --quiet --locked $(CLI_BUILD)

.PHONY: edge
edge: setup ## Build the Worker and the page, if a source has changed
	@scripts/build-edge
	@scripts/build-console

.PHONY: lambda
lambda: ## Build the Lambda for both kinds of processor, if a source has changed
	@scripts/build-lambda x86_64 arm64

.PHONY: templates
templates: setup-infra # The AWS side as CDK synthesises it, for the packages
	@scripts/build-templates

.PHONY: packages
packages: edge templates ## Build what is installed: npm packages and wheels (MACHINES=, this one's)
	@scripts/packages $(MACHINES)

.PHONY: test-packages
test-packages: setup-tests packages ## Install each package into an empty environment, and use it (15 minutes)
	@scripts/test-packages

.PHONY: bundle-size
bundle-size: edge ## Check the Worker's size
	@scripts/bundle-size

.PHONY: bench-cold-start
bench-cold-start: edge ## Measure how soon the Lambda and the Worker are ready
	@bench/cold-start

.PHONY: bench-ledger
bench-ledger: setup-tests edge ## Measure what the ledger costs in calls and time
	@bench/ledger

.PHONY: bench-load-memory
bench-load-memory: setup-tests edge ## Measure the memory that a file of 1 GB takes (10 minutes)
	@bench/load-memory

.PHONY: bench-throughput
bench-throughput: setup-tests edge ## Measure how many rows a second are loaded
	@bench/throughput

.PHONY: bench-backup
bench-backup: setup-tests edge ## Measure backup and restore beside other tools (6 minutes)
	@bench/backup

.PHONY: bench-load
bench-load: setup-tests edge ## Measure loading a file beside other tools (50 minutes)
	@bench/load

.PHONY: bench-edge
bench-edge: setup-tests edge ## Measure the Worker beside one in JavaScript (10 minutes)
	@bench/edge

.PHONY: bench-update
bench-update: setup-tests edge ## Measure what an update of rows costs beside one statement and pymysql (4 minutes)
	@bench/update

.PHONY: bench-page
bench-page: edge ## Measure how many rows a second a browser checks, beside Papa Parse with zod (1 minute)
	@scripts/setup page
	@bench/page

.PHONY: bench
bench: setup-tests edge ## Measure everything, into bench/RESULTS.md (an hour and a half)
	@bench/all

.PHONY: bench-growth
bench-growth: setup-tests edge ## Measure that a row costs the same in files of 1,000 to 10,000,000 (6 minutes)
	@bench/growth

.PHONY: bench-cpu
bench-cpu: setup-tests ## Measure the processor time of a row from CSV to a signed request (3 minutes)
	@bench/cpu

.PHONY: bench-steps
bench-steps: setup ## Count the instructions of each step; fails on 5 % more than in bench/steps.json
	@bench/steps

.PHONY: test
test: setup-tests fmt-check lint core-alone unit docs bundle-size samples test-infra test-page e2e ## Check and test everything

.PHONY: fmt
fmt: ## Format the Rust code
	@cargo fmt --all

.PHONY: fmt-check
fmt-check: setup
	cargo fmt --all --check

.PHONY: lint
lint: setup ## Run clippy
	cargo clippy --quiet --locked $(HOST_PACKAGES) --all-targets --all-features -- -D warnings
	cargo clippy --quiet --locked $(EDGE_PACKAGE) -- -D warnings
	cargo clippy --quiet --locked $(PAGE_PACKAGE) -- -D warnings

.PHONY: core-alone
core-alone: setup ## Check that the core needs no standard library and no I/O
	cargo check --quiet --locked --package rowgate-core --no-default-features --target wasm32v1-none
	@scripts/check-core

.PHONY: unit
unit: setup ## Run the Rust tests
	cargo test --locked --all-features

.PHONY: docs
docs: setup ## Build the Rust documentation
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps $(HOST_PACKAGES) --all-features

.PHONY: samples
samples: setup ## Check that the sample files are what their generator makes
	@node samples/generate.mjs --check

.PHONY: test-page
test-page: edge cli ## Run the tests of the page in Chromium
	@scripts/setup page
	@scripts/page-size
	@ROWGATE=$(abspath $(ROWGATE)) node --test --test-concurrency=1 console/test/*.test.mjs
	@scripts/test-openapi $(ROWGATE)

.PHONY: page-pictures
page-pictures: export ROWGATE_PICTURES = $(CURDIR)/docs/page
page-pictures: test-page ## Make the pictures in docs/page anew

.PHONY: e2e
e2e: setup-tests edge cli ## Run the Python tests against a whole local stack
	@scripts/e2e $(ROWGATE)

.PHONY: attack
attack: setup-tests edge cli ## Attack it with hostile inputs: time and memory of each (an hour; `make e2e` has a short form)
	@scripts/attack $(ROWGATE)

.PHONY: test-mysql
test-mysql: export ROWGATE_ENGINE = mysql
test-mysql: setup-tests edge cli ## Run the tests that need a database on Oracle's MySQL
	@scripts/install-mysql
	cargo test --locked --all-features --tests database::
	cargo test --locked --all-features --package rowgate-local --test main -- data_api:: orphan::
	@scripts/e2e $(ROWGATE)

.PHONY: error-forms
error-forms: setup-tests edge cli ## Run the tests of requests and files with each form of an error (FORMS=, SUITES=; 25 minutes)
	@scripts/error-forms $(ROWGATE) $(FORMS)

.PHONY: test-infra
test-infra: setup-infra edge ## Check the AWS side: rights, wiring, templates, and the Worker's settings
	@scripts/test-infra

.PHONY: test-aws
test-aws: setup-tests setup-infra edge cli ## Deploy the AWS side into an emulator of AWS, and use it
	@scripts/test-aws $(ROWGATE)

.PHONY: deploy
deploy: setup-infra edge cli ## Put rowgate into AWS and Cloudflare (STAGE=, ARCHITECTURE=, CDK=)
	@scripts/deploy $(CDK)

.PHONY: destroy
destroy: setup ## Take it away again; the bucket and the database's last snapshot stay (STAGE=)
	@scripts/destroy

.PHONY: clean
clean: ## Remove what was built here; the cache of tools stays
	rm -rf target node_modules edge/build console/build console/src/core infra/node_modules infra/build
