# `make demo`, `make test`, `make lint`, `make docs`. Each makes its own environment in .venv first.

PYTHON ?= python3
VENV := .venv
FACEGAN := $(VENV)/bin/facegan
DEMO := demo
# A file of tests goes to one process as a whole, so that what its tests share is made once.
PYTEST := $(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: demo test lint docs clean

demo: $(DEMO)/celeba128.png $(DEMO)/run/model.keras
	$(FACEGAN) generate --model $(DEMO)/run --attrs "glasses=1, hair=blond" --count 12 --seed 7 --out $(DEMO)/generated.png
	$(FACEGAN) generate --model $(DEMO)/run --attrs "glasses=0, skin=0" --count 6 --seed 3 --then "glasses=1" --then "hair=gray" --then "pale" --out $(DEMO)/generate-then-edit.png
	$(VENV)/bin/python experiments/draw_unseen.py $(DEMO)/unseen --count 6
	$(FACEGAN) edit $(DEMO)/unseen --model $(DEMO)/run --set glasses=1 --out $(DEMO)/glasses.png
	$(FACEGAN) edit $(DEMO)/unseen --model $(DEMO)/run --set hair=black --out $(DEMO)/black-hair.png
	@echo
	@echo "The pictures are in the folder $(DEMO):"
	@echo "  celeba128.png           faces that the model that comes with the package made, then edited"
	@echo "  generated.png           faces made from 'glasses=1, hair=blond'"
	@echo "  generate-then-edit.png  faces made, then edited step by step"
	@echo "  glasses.png             faces the model has not seen, and the same with glasses"
	@echo "  black-hair.png          ... and with black hair"

# The tests judge the demo's model too.
test: $(DEMO)/run/model.keras
	KERAS_BACKEND=tensorflow $(PYTEST) --cov --cov-report=
	KERAS_BACKEND=jax $(PYTEST) --cov --cov-append --cov-report= tests/test_losses.py tests/test_inference.py tests/augment tests/features/test_depthwise.py tests/models tests/training
	$(VENV)/bin/python -m coverage report --skip-covered --fail-under=92

lint: $(VENV)/installed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy facegan

docs: $(VENV)/docs-installed
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict

clean:
	rm -rf $(VENV) $(DEMO) site build

$(VENV)/installed: setup.cfg setup.py pyproject.toml
	$(PYTHON) -c "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "This needs Python 3.11 or newer with venv; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable ".[test]"
	touch $@

$(VENV)/docs-installed: $(VENV)/installed
	$(VENV)/bin/python -m pip install --quiet --editable ".[docs]"
	touch $@

# Without training: the model that comes with the package.
$(DEMO)/celeba128.png: $(VENV)/installed
	$(FACEGAN) generate --model celeba128 --attrs "young, glasses=0" --count 6 --seed 7 --then "glasses=1" --then "blond" --then "gender=male" --out $@
	@echo "Made by the model that comes with the package; now one is trained, on drawn faces."

$(DEMO)/faces: | $(VENV)/installed
	$(FACEGAN) prepare drawn $(DEMO)/faces --size 64 --count 5000

# Trained anew when what it comes from has changed.
$(DEMO)/run/model.keras: facegan/losses.py $(wildcard facegan/recipe/*.py) facegan/data/drawn.py \
		$(wildcard facegan/models/*.py) $(wildcard facegan/training/*.py) | $(DEMO)/faces
	rm -rf $(DEMO)/run
	$(FACEGAN) train $(DEMO)/faces --recipe tiny --out $(DEMO)/run
