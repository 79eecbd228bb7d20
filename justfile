# The loop of development; `just` lists the recipes. CONTRIBUTING.md says how to set up.

export PATH := justfile_directory() / ".venv/bin:" + env("PATH")

_list:
    @{{ just_executable() }} --list --unsorted

# What takes seconds: style, types, imports, dead code
lint:
    ruff check .
    ruff format --check .
    mypy
    lint-imports
    vulture

# Repair style, as far as a program can
fix:
    ruff check --fix .
    ruff format .

# The tests, or those that are named: just test tests/unit -k dates
test *args:
    pytest {{ args }}

# The tests that take less than a minute together
quick:
    pytest -m "not slow"

# The tests with coverage; the report says which lines and branches no test reaches
cover:
    pytest --cov --cov-report=term-missing:skip-covered

# Code lines, files and the longest file of the package
lines:
    python -m benchmarks.lines

# Bring the catalogs of translations up to date; `just messages sv` begins one for Swedish
messages *languages:
    python -m tests.support.catalogs {{ languages }}

# Update requirements-dev.txt from pyproject.toml; `just lock --upgrade` takes newer versions
lock *args:
    uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --custom-compile-command "just lock" -q -o requirements-dev.txt {{ args }}

# Everything that has to pass before a change is taken, in an environment of its own
ci:
    .ci/run
