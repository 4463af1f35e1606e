# The commands of the repository. Everything is installed into .venv; nothing outside this folder is touched.
SHELL := bash
BIN := .venv/bin
SETUP := bash scripts/setup.sh

.PHONY: demo test quick bench lint docs

demo: ## the whole story on bundled parts, into demo/
	@$(SETUP) run
	@$(BIN)/phosphene demo --out demo

test: ## the whole test suite
	@$(SETUP) dev
	@$(BIN)/python -m pytest -n 2 --dist worksteal

quick: ## the tests that take less than a minute together
	@$(SETUP) dev
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

bench: ## the figures of README and benchmarks/
	@$(SETUP) dev
	@for file in benchmarks/bench_*.py; do echo "$$file"; $(BIN)/python "$$file" || exit 1; done

lint: ## style and types
	@$(SETUP) dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: ## the generated pages of docs/
	@$(SETUP) dev
	@$(BIN)/python scripts/command_reference.py docs/commands.md
	@$(BIN)/python scripts/operations_page.py docs/operations.md
