# `make` alone lists the targets. Windows without make: docs/running.md.
.DEFAULT_GOAL := help
.PHONY: help run test check bench chaos demo lock ready dev

PYTHON ?= python3
IN_VENV := .venv/bin/python
# Test processes. Each keeps a database server and a browser of its own.
JOBS ?= 2

# The first Python that is new enough runs bootstrap.py, which makes .venv.
define bootstrap
@for python in "$(PYTHON)" python3.13 python3.12 python3.11 python3; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then exec "$$python" bootstrap.py $(1); fi; \
done; \
echo "未能就绪：需要 Python 3.11 或更新版本（找到的是 $$("$(PYTHON)" --version 2>&1 | head -n 1)）。请安装后重试，或用 make PYTHON=/路径/python3.11 指定" >&2; \
exit 1
endef

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ready ## start here: set up, load the demo into an empty database, serve
	@exec $(IN_VENV) wsgi.py $(ARGS)

test: dev ## everything a change must pass: lint, types, contracts, both databases, browser
	$(IN_VENV) -m tests.chromium
	@$(MAKE) --no-print-directory lint
	$(IN_VENV) -m pytest -n $(JOBS) --dist worksteal --durations=15

check: dev lint ## the fast part of test: no browser, no PostgreSQL
	$(IN_VENV) -m pytest -n $(JOBS) --dist worksteal --no-browser --no-postgres
	@echo "浏览器和 PostgreSQL 的测试没有运行；提交前请运行 make test"

.PHONY: lint
lint:
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy .
	$(IN_VENV) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(IN_VENV) -m deptry .
	$(IN_VENV) -m djlint --lint --quiet templates

bench: dev ## measure CPU and response times against a floor in the same run
	$(IN_VENV) -m bench $(ARGS)

chaos: dev ## kill, cut and fill everything under an exam, on both databases; see docs/reliability.md
	$(IN_VENV) -m chaos $(ARGS)

demo: ready ## load the demo without starting the server
	@$(IN_VENV) -m flask database upgrade
	@$(IN_VENV) -m flask demo

# Newer versions: make lock UPGRADE=--upgrade
lock: dev ## pin what pyproject.toml asks for, with hashes
	$(PIN) pyproject.toml -o requirements.txt
	$(PIN) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

PIN := $(IN_VENV) -m uv pip compile --quiet --universal --generate-hashes \
	--python-version 3.11 --no-annotate --no-emit-index-url \
	--custom-compile-command "make lock" $(UPGRADE)

ready:
	$(call bootstrap)

dev:
	$(call bootstrap,--dev)
