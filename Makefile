# hostcart: `make run` shows it, `make test` proves it. All targets set up what they need first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := .tools/uv/bin/uv
PY := .venv/bin/python
SAM := .tools/sam/bin/sam
ARCHITECTURE ?= x86_64
unexport AWS_CA_BUNDLE PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.local/pycache
export SAM_CLI_TELEMETRY := 0
# Once a week sam looks for a newer version of itself. When it last did is kept here, and setup dates it ahead.
export __SAM_CLI_APP_DIR := $(CURDIR)/.tools/sam-app
export UV_SYSTEM_CERTS := 1

.PHONY: help setup environments lock build deploy up down status reload run invoke test simulate storm bench check format clean-state openapi ledger redrive findings

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- environments -------------------------------------------------------------------------------
.tools/uv/bin/uv:
	python3 -m venv .tools/uv
	.tools/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

.venv/.done: requirements/dev.txt | $(UV)
	$(UV) venv --quiet --clear --python 3.13 .venv
	$(UV) pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.txt
	@touch $@

.tools/runtime/.done: requirements/runtime.txt | $(UV)
	$(UV) venv --quiet --clear --python 3.13 .tools/runtime
	$(UV) pip sync --quiet --python .tools/runtime/bin/python --require-hashes requirements/runtime.txt
	@touch $@

.tools/sam/.done: requirements/sam.txt | $(UV)
	$(UV) venv --quiet --clear --python 3.13 .tools/sam
	$(UV) pip sync --quiet --python .tools/sam/bin/python --require-hashes requirements/sam.txt
	@touch $@

# A whole number would not be taken for a time. It is 2100-01-01.
.tools/sam-app/metadata.json:
	@mkdir -p $(@D)
	@echo '{"telemetryEnabled": false, "lastVersionCheck": 4102444800.0}' >$@

local/npm/node_modules/.done: local/npm/package-lock.json
	cd local/npm && npm ci --silent --no-audit --no-fund
	@touch $@

setup: $(UV) ## install what is missing, from the locks
	@$(MAKE) --no-print-directory -j4 environments

environments: .venv/.done .tools/runtime/.done .tools/sam/.done .tools/sam-app/metadata.json local/npm/node_modules/.done

lock: $(UV) ## write the hash-locked requirements anew from pyproject.toml
	$(UV) pip compile --quiet --no-header --python-version 3.13 --generate-hashes --group dev pyproject.toml -o requirements/dev.txt
	$(UV) pip compile --quiet --no-header --python-version 3.13 --generate-hashes -c requirements/dev.txt --group runtime -o requirements/runtime.txt
	$(UV) pip compile --quiet --no-header --python-version 3.13 --generate-hashes --group sam -o requirements/sam.txt
	$(UV) pip compile --quiet --no-header --python-version 3.13 --generate-hashes --no-annotate -c requirements/dev.txt pyproject.toml -o layers/dependencies/requirements.txt

# --- the stack on this machine ------------------------------------------------------------------
build: setup ## build functions and layers into .aws-sam/build: make build [ARCHITECTURE=arm64]
	@mkdir -p .aws-sam
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(SAM) build --cached --parallel --parameter-overrides Architecture=$(ARCHITECTURE) >.tools/build.log 2>&1 \
		|| { cat .tools/build.log; exit 1; }
	@$(PY) -m tools.slim_layers .aws-sam/build

up: build ## start the stack in the background; returns when ready
	$(PY) -m local up

down: .venv/.done ## stop it
	$(PY) -m local down

status: .venv/.done ## what runs
	$(PY) -m local status

reload: .venv/.done ## bring edits of functions or of the layer to the running stack: make reload [FUNCTION=...]
	$(PY) -m local reload $(FUNCTION)

run: build ## start, order one of each kind, show it being delivered, stay up until Ctrl-C
	$(PY) -m local run

invoke: build ## run one function on one event: make invoke FUNCTION=order_site EVENT=events/api/order_site__accepted.json
	$(if $(and $(FUNCTION),$(EVENT)),,$(error usage: make invoke FUNCTION=get_cart EVENT=events/api/get_cart__found.json))
	@$(PY) -m local invoke $(FUNCTION) $(EVENT)

clean-state: .venv/.done ## forget the local stack's state
	$(PY) -m local down --wipe

deploy: build ## build and deploy to AWS: make deploy [ARCHITECTURE=arm64] [ARGS="--parameter-overrides LogLevel=DEBUG"]
	@$(PY) -m tools.revision .aws-sam/build/template.yaml -- $(ARGS)
	$(SAM) deploy $(ARGS)

# --- operators: on the local stack while one runs, else on AWS; `LOCAL=` forces AWS -----------------
LOCAL ?= $(if $(wildcard .local/stack.json),--local .local/stack.json)

ledger: setup ## check a day's ledger: make ledger DAY=2026-11-21
	$(if $(DAY),,$(error usage: make ledger DAY=2026-11-21))
	@$(PY) -m tools.ledger --day $(DAY) $(LOCAL)

redrive: setup ## bring an order's ended execution on its way again: make redrive TOKEN=...
	$(if $(TOKEN),,$(error usage: make redrive TOKEN=...))
	@$(PY) -m tools.redrive $(TOKEN) $(LOCAL)

findings: setup ## list what the reconciler found and could not mend
	@$(PY) -m tools.findings $(LOCAL)

# --- proof --------------------------------------------------------------------------------------
test: build ## every test
	$(PY) -m pytest -n 5

bench: build ## measure what everything costs, write docs/cost anew
	PYTHONPATH=layers/hostcart/python $(PY) -m tests.bench

simulate: setup ## whole orders in virtual time with faults at every boundary: make simulate [SEEDS=10000] [REPLAY=...]
	@PYTHONPATH=.:layers/hostcart/python $(PY) -m tests.simulation $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(REPLAY),--replay '$(REPLAY)') $(if $(ONLY),--only '$(ONLY)') $(if $(FAULTS),--faults $(FAULTS))

storm: setup ## orders over HTTP with faults in every sandbox and workers killed, on a stack of `make up`: make storm [ORDERS=1000] [SEED=1]
	@PYTHONPATH=.:layers/hostcart/python $(PY) -m tests.storm $(if $(ORDERS),--orders $(ORDERS)) $(if $(SEED),--seed $(SEED))

check: setup ## lint, format, types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: setup ## rewrite in the house format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

openapi: setup ## write docs/openapi.json anew from the contract models
	$(PY) -m tools.openapi
