# Needs only Python >= 3.11 (with its venv module) and make. Everything is installed into .venv; nothing needs root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
GENERATOR := $(STAMPS)/openapi-generator/bin/openapi-generator-cli
KOTLIN := $(STAMPS)/kotlin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := mrz mrtd service tests
TEST_WORKERS ?= 2
# a folder with raisty_OCR-B.ttf, which no package of Debian holds
FONTS ?= $(wildcard ../shared/data/fonts)

.PHONY: demo serve test check bench fuzz fixtures exhaustive docs client-kotlin kotlin train-mrz locks format clean
.DEFAULT_GOAL := demo

demo: $(STAMPS)/runtime ## a verified passport, a tampered one and a clone, over HTTP; KEEP=1 leaves the server up
	$(BIN)/passkoll demo $(if $(KEEP),--keep)

serve: $(STAMPS)/runtime ## the service of the specimen realm on this machine
	$(BIN)/passkoll serve

test: $(STAMPS)/dev ## the whole test suite
	$(BIN)/pytest -n $(TEST_WORKERS) $(if $(CI),--randomly-seed=9303)

check: $(STAMPS)/dev ## lint, format, types, architecture, generated documents
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/passkoll checks --markdown | diff -u docs/checks.md - || { echo "docs/checks.md is stale: make docs"; exit 1; }
	$(BIN)/passkoll openapi | diff -u docs/openapi.json - || { echo "docs/openapi.json is stale: make docs"; exit 1; }

bench: $(STAMPS)/dev ## speed, as ratios against a baseline of the same run
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.live

fuzz: $(STAMPS)/dev ## new inputs for hours: every reader under atheris, then the property tests; TARGET=crl MINUTES=60 for one
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),60) $(TARGET)
	$(if $(TARGET),,HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -n $(TEST_WORKERS) tests/mrz tests/mrtd)

fixtures: $(STAMPS)/dev ## every case anew, byte for byte the same
	$(BIN)/passkoll specimen make fixtures

exhaustive: $(STAMPS)/dev ## every bit flipped, every check and policy rule taken out, every oracle asked
	$(BIN)/python -m tests.proof.bit_flips
	$(BIN)/python -m tests.proof.monotony
	$(BIN)/python -m tests.proof.mutation
	$(BIN)/python -m tests.oracles

docs: $(STAMPS)/dev ## the generated documents
	$(BIN)/passkoll checks --markdown > docs/checks.md
	$(BIN)/passkoll checks --standards fixtures > docs/standards.md
	$(BIN)/passkoll openapi > docs/openapi.json

client-kotlin: $(GENERATOR) ## a Kotlin client of docs/openapi.json, into build/client-kotlin; needs Java 11 or newer
	rm -rf build/client-kotlin
	$(GENERATOR) generate --config docs/kotlin/client.json \
	  --input-spec docs/openapi.json --output build/client-kotlin

# carries a program of Java, and is no part of the locks: nothing of ours runs beside it
$(GENERATOR):
	$(PYTHON) -m venv $(STAMPS)/openapi-generator
	$(STAMPS)/openapi-generator/bin/pip --disable-pip-version-check install --quiet openapi-generator-cli==7.26.0

kotlin: $(KOTLIN)/compiler.jar ## what the tests compile docs/kotlin with, into .stamps/kotlin; needs npm

# JetBrains' compiler lies in its kernel for Jupyter, OkHttp in a plug-in of Allure: neither has a package of its own where
# Python and Node.js find theirs. No part of the locks either.
$(KOTLIN)/compiler.jar: | $(STAMPS)/venv
	$(PIP) install --no-deps --upgrade --target $(KOTLIN)/kernel kotlin-jupyter-kernel==0.19.0.944
	npm install --silent --no-save --ignore-scripts --prefix $(KOTLIN) allure-commandline@2.46.1
	cd $(KOTLIN) && allure=node_modules/allure-commandline/dist/plugins/jira-plugin/lib && \
	  cp $$allure/okhttp-jvm-*.jar okhttp.jar && cp $$allure/okio-jvm-*.jar okio.jar && \
	  cp kernel/run_kotlin_kernel/jars/kotlin-stdlib-*.jar stdlib.jar && \
	  cp kernel/run_kotlin_kernel/jars/kotlin-jupyter-kernel-*-all.jar compiler.jar && rm -r kernel node_modules

format: $(STAMPS)/dev
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

train-mrz: $(STAMPS)/venv ## the photo reader's network anew, about two hours on a processor (SECONDS=); needs fonts-ocr-b and FONTS=
	$(PYTHON) -m venv $(STAMPS)/train
	$(STAMPS)/train/bin/pip install --quiet --require-hashes -r requirements/runtime.txt
	$(STAMPS)/train/bin/pip install --quiet torch==2.13.0 onnx==1.23.2
	mkdir -p build/train
	PYTHONPATH=. $(STAMPS)/train/bin/python -m mrz.ocr.training --seconds $(or $(SECONDS),7200) \
	  --commit $$(git rev-parse HEAD) $(addprefix --fonts ,/usr/share/fonts $(FONTS)) --out build/train/lines.onnx
	@echo "build/train/lines.onnx: measure it (passkoll bench mrz), then put it into mrz/ocr/models with its card"

locks: ## resolve the pinned versions anew; the locks name no registry
	$(PYTHON) -m venv $(STAMPS)/uv && $(STAMPS)/uv/bin/pip install --quiet uv
	cd requirements && for name in runtime dev build; do \
	  case $$name in runtime) from=../pyproject.toml;; dev) from="../pyproject.toml dev.in";; build) from=build.in;; esac; \
	  ../$(STAMPS)/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-annotate --custom-compile-command "make locks" $$from -o $$name.txt || exit 1; done

clean: ## everything that was installed or built here
	rm -rf $(VENV) $(STAMPS) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Passkoll needs Python 3.11 or newer; set PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "Python's venv module is missing: on Debian, apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(STAMPS)/venv
	@echo "installing the runtime packages (hashes checked)"
	$(PIP) install --require-hashes -r requirements/build.txt
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/dev: requirements/dev.txt pyproject.toml | $(STAMPS)/venv
	@echo "installing the runtime and development packages (hashes checked)"
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(STAMPS)/runtime
