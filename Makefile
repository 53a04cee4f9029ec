# make book · make serve · make test. The first run makes .venv; later runs reuse it.

PYTHON ?= python3
PORT ?= 8000
PROCESSES ?= 2
BIN := .venv/bin
READY := .venv/ready
LIVE := book/_build/live
HTML := book/_build/html
TORCH := torch==2.13.0
TORCH_CPU := https://download.pytorch.org/whl/cpu

PACKAGE := $(shell find snnref -type f -not -path '*/__pycache__/*')
BOOK := $(shell find book -type f -not -path 'book/_build/*' -not -path '*/__pycache__/*') _config.yml

.PHONY: help env book serve lab test test-all check clean book-sphinx8
help:
	@echo "make book    build the book (book/_build/html)"
	@echo "make serve   show it on http://127.0.0.1:$(PORT)"
	@echo "make lab     open the chapters as notebooks, in JupyterLab"
	@echo "make test    check and test: package, chapters, the built book in a browser"
	@echo "make test-all  that, and what is exhaustive or takes long"
	@echo "make check   only the quick checks: style, spelling, types, imports, docstrings"
	@echo "make book-sphinx8  build the book by plain Sphinx 8 too, and compare"
	@echo "make clean   remove what was built (not .venv)"

env: $(READY)

# torch comes first and by itself: from PyTorch's index of CPU builds if it answers, so that no CUDA is pulled in.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "snnref needs Python 3.11 or newer")'
	$(PYTHON) -m venv --clear .venv
	if $(BIN)/python -c 'import urllib.request as u; u.urlopen("$(TORCH_CPU)/torch/", timeout=10)' 2>/dev/null; \
	then $(BIN)/pip install --quiet --index-url $(TORCH_CPU) $(TORCH); \
	else $(BIN)/pip install --quiet $(TORCH); fi
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# assets.py leaves "complete" only if it could fetch all: otherwise the next run tries again.
$(LIVE)/complete: $(READY) $(PACKAGE) $(BOOK)
	$(BIN)/python book/live/assets.py $(LIVE)

$(HTML)/index.html: $(READY) $(LIVE)/complete $(PACKAGE) $(BOOK)
	rm -rf $(HTML)
	OMP_NUM_THREADS=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter-book build book --all --path-output $(CURDIR)/book \
		--config $(CURDIR)/_config.yml --toc $(CURDIR)/book/_toc.yml -W -n --keep-going || { rm -rf $(HTML); exit 1; }

book: $(HTML)/index.html
	@echo "The book is built: $(HTML)/index.html (make serve shows it)"

# The same book by plain Sphinx 8, in an environment without Jupyter Book; then both builds are compared.
SPHINX8 := book/_build/sphinx8
.venv-sphinx8/ready: pyproject.toml book/sphinx8-requirements.txt
	$(PYTHON) -m venv --clear .venv-sphinx8
	if .venv-sphinx8/bin/python -c 'import urllib.request as u; u.urlopen("$(TORCH_CPU)/torch/", timeout=10)' 2>/dev/null; \
	then .venv-sphinx8/bin/pip install --quiet --index-url $(TORCH_CPU) $(TORCH); \
	else .venv-sphinx8/bin/pip install --quiet $(TORCH); fi
	.venv-sphinx8/bin/pip install --quiet --requirement book/sphinx8-requirements.txt --editable '.[torch,fast,units,cli,notebook]'
	touch $@

book-sphinx8: book .venv-sphinx8/ready
	rm -rf $(SPHINX8)
	$(BIN)/python book/plain_sphinx.py write $(SPHINX8)/conf.py
	OMP_NUM_THREADS=1 PATH="$(CURDIR)/.venv-sphinx8/bin:$$PATH" .venv-sphinx8/bin/sphinx-build -b html -c $(SPHINX8) \
		-W -n --keep-going book $(SPHINX8)/html
	$(BIN)/python book/plain_sphinx.py compare $(HTML) $(SPHINX8)/html

serve: book
	@echo "http://127.0.0.1:$(PORT) (stop with Ctrl+C; another port: make serve PORT=8123)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(HTML)

lab: $(READY)
	$(BIN)/jupyter lab book

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --quiet tests/test_docstrings.py

# Files are shared out among processes of one thread each: more would wait for each other.
SHARED := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses=$(PROCESSES) --dist=loadfile
NOTEBOOKS := --nbval-lax --nbval-current-env --nbval-cell-timeout=120 --ignore=book/_build book
test: check book
	$(SHARED) $(NOTEBOOKS)
	$(SHARED) -m "not slow" --ignore=tests/book tests
	$(SHARED) -m "not slow" tests/book

test-all: test
	$(SHARED) -m slow tests

clean:
	rm -rf book/_build .cache
