# Everything one does with this project. `make help` lists it.

PYTHON ?= python3
VENV := .venv
PROTOS := $(wildcard proto/odds/v1/*.proto)
PROTOC := $(VENV)/bin/python -m grpc_tools.protoc -Iproto
COMPILE := $(VENV)/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header

# Where it is there, it answers for Google's providers without network; elsewhere they are fetched.
OFFLINE := $(wildcard ../shared/tools/terraform-offline/terraform-offline)
TERRAFORM ?= $(if $(OFFLINE),$(OFFLINE) terraform,terraform -chdir=terraform)

# Those that hold Terraform, the routes, the topics, the roles and the settings against each other:
# some seconds, and half a minute where there is what answers for Google's providers.
AGREEING := $(addprefix tests/unit/test_,terraform.py terraform_watching.py event_bus.py gateway_routes.py) \
	$(addprefix tests/integration/test_terraform_,plan.py rights.py mistakes.py)

BENCHES := command|fanout|projector|replay|emulators.datastore|emulators.pubsub

# The stack's own environment is the replayer's local one.
REPLAYER := $(VENV)/bin/python -m local replayer

.DEFAULT_GOAL := help
.PHONY: help demo up down status logs clean feed replay replays rebuild diff verify parked dead-letters vendor bench test chaos soak check lint terraform proto proto-fresh lock

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The lock is newer than what was installed from it, or nothing was installed yet.
$(VENV)/installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is missing or older than 3.11: install it, or say which: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV) || \
		{ echo "the venv module is missing (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(VENV)/installed ## run all of it with live odds, until Ctrl-C
	@exec $(VENV)/bin/python -m local demo

up: $(VENV)/installed ## run all of it in the background, without odds
	@$(VENV)/bin/python -m local up

down: $(VENV)/installed ## stop it and keep the data (FORCE=1: though events may be lost)
	@$(VENV)/bin/python -m local down $(if $(FORCE),--force)

status: $(VENV)/installed ## say what runs, and where
	@$(VENV)/bin/python -m local status

logs: $(VENV)/installed ## follow the logs
	@exec $(VENV)/bin/python -m local logs

clean: $(VENV)/installed ## stop it and delete its data
	@$(VENV)/bin/python -m local clean

feed: $(VENV)/installed ## play a file of odds: FILE=... [SPEED=max|1|10...] [PROVIDER=...]
	@test -n "$(FILE)" || { echo "which file? make feed FILE=... [SPEED=max|1|10...] [PROVIDER=...]"; exit 2; }
	@exec $(VENV)/bin/python -m local.feeders "$(FILE)" --url http://127.0.0.1:$${GATEWAY_PORT:-8080} \
		$(if $(SPEED),--speed "$(SPEED)") $(if $(PROVIDER),--provider "$(PROVIDER)")

replay: $(VENV)/installed ## publish stored events again: [ENV=local] [FROM=...] [TO=...] [ARGS="--speed 10 ..."]
	@exec $(REPLAYER) replay --env $(or $(ENV),local) $(if $(FROM),--from "$(FROM)") $(if $(TO),--to "$(TO)") $(ARGS)

replays: $(VENV)/installed ## the last replays: [DO="show|cancel|resume <id>"]
	@exec $(REPLAYER) $(or $(DO),list)

rebuild: $(VENV)/installed ## make the read model anew from the event store: [ENV=local] [ARGS=...]
	@exec $(REPLAYER) rebuild --env $(or $(ENV),local) $(ARGS)

diff: $(VENV)/installed ## what a rebuild would change in the read model: [ENV=local] [ARGS=...]
	@exec $(REPLAYER) diff --env $(or $(ENV),local) $(ARGS)

verify: $(VENV)/installed ## hold the read model against the event store: [ENV=local] [ARGS=...]
	@exec $(REPLAYER) verify --env $(or $(ENV),local) $(ARGS)

parked: $(VENV)/installed ## what the projector set aside: [DO="show|redrive|drop ..."]
	@exec $(REPLAYER) parked $(or $(DO),list)

dead-letters: $(VENV)/installed ## what the bus could not deliver: [DO="show|redrive|drop ..."]
	@exec $(REPLAYER) dead-letter $(or $(DO),list)

$(VENV)/bench-installed: requirements-bench.txt $(VENV)/installed
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

# The projector alone is measured beside a peer in Python.
bench: $(VENV)/$(if $(filter projector,$(WHAT)),bench-installed,installed) ## measure a part beside limits and peers: WHAT=command|fanout|projector|replay|... [ARGS=...]
	@test -n "$(WHAT)" || { echo "what? make bench WHAT=$(BENCHES) [ARGS=...]"; exit 2; }
	$(VENV)/bin/python -m bench.$(WHAT) $(ARGS)

test: lint ## run the checks and all tests
	$(VENV)/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

chaos: $(VENV)/installed ## bad days at random on a stack of its own: [SEED=1] [SEEDS=1] [FAULTS=each kind once]
	$(VENV)/bin/python -m tests.chaos --seed $(or $(SEED),1) --seeds $(or $(SEEDS),1) $(if $(FAULTS),--faults $(FAULTS))

soak: $(VENV)/installed ## a thousand readers while a query service is restarted: [MINUTES=20]
	$(VENV)/bin/python -m tests.soak --minutes $(or $(MINUTES),20)

check: lint ## lint, types, import rules, freshness of generated code, what is provisioned
	$(VENV)/bin/python -m pytest --quiet $(AGREEING)

# All of check that is no test: all tests have the others among them.
lint: $(VENV)/installed proto-fresh
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/hadolint Dockerfile
	$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.cloudbuild cloudbuild.yaml
	$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml
	@if command -v terraform > /dev/null; then CHECKPOINT_DISABLE=1 terraform fmt -check -recursive terraform; \
		else echo "terraform fmt is left out: terraform is not installed"; fi

terraform: ## validate and test what provisions the cloud
	$(TERRAFORM) init -backend=false -input=false
	$(TERRAFORM) validate
	for environment in stg prod; do $(TERRAFORM) test -var-file=environments/$$environment.tfvars \
		-filter=tests/both.tftest.hcl -filter=tests/$$environment.tftest.hcl || exit 1; done

vendor: $(VENV)/installed ## fetch what the pages use of others anew, with npm
	$(VENV)/bin/python -m local.vendor

proto: $(VENV)/installed ## generate odds/v1 from proto
	$(PROTOC) --python_out=. --pyi_out=. $(PROTOS)

proto-fresh: $(VENV)/installed
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
		$(PROTOC) --python_out="$$fresh" --pyi_out="$$fresh" $(PROTOS) && \
		diff -r --exclude=__pycache__ --exclude=__init__.py "$$fresh/odds/v1" odds/v1 || \
		{ echo "odds/v1 is not what proto makes: run make proto"; exit 1; }

lock: $(VENV)/installed ## pin the dependencies of pyproject.toml anew
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	$(COMPILE) --extra dev --extra bench --constraint requirements-dev.txt --output-file requirements-bench.txt pyproject.toml
