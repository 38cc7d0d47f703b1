"""What many tests share: drawn faces, recipes shrunk until they train in seconds, and the settings of a run."""

import atexit
import gc
import os
import shutil
import signal
import tempfile
from contextlib import contextmanager

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Among the millions of objects of a backend, looking for garbage as often as by default takes a seventh of the time.
gc.set_threshold(50_000, 20, 20)
# JAX compiles everything; with all of LLVM's passes that takes far longer than networks this small then run.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

# What one test has compiled, others and the processes that they start need not compile again.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="facegan-tests-")
    atexit.register(shutil.rmtree, os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


# These files take longest. They begin first, so that no worker is left with one of them when the others are done.
LONGEST = (
    "test_export.py", "test_start.py", "test_resume.py", "test_devices.py", "test_notebooks.py", "test_cli.py",
    "test_evaluate.py", "test_own_attribute.py", "test_progress.py", "test_crashes.py", "test_backends.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(autouse=True, scope="session")
def unoptimised_graphs():
    """Optimising the graph of its step takes a quarter of a run of a few steps."""
    from unoptimised_graphs import leave_graphs_unoptimised

    leave_graphs_unoptimised()


@pytest.fixture(autouse=True)
def float32():
    """`set_precision` changes all of Keras, so every test puts it back."""
    import keras

    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def signals_heeded():
    """For processes that a test starts and stops: in the background they would inherit that CTRL-C is ignored, under
    `nohup` that a closed terminal is."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@contextmanager
def _eagerly():
    import keras

    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture
def eagerly():
    """TensorFlow does one operation after the other: for runs of a few steps, which take less time than making a
    graph of one. That the graph does the same, longer runs show."""
    with _eagerly():
        yield


@pytest.fixture(scope="module")
def module_eagerly():
    """The same for all of a module, its fixtures included."""
    with _eagerly():
        yield


@pytest.fixture(scope="session")
def drawn_faces(tmp_path_factory):
    """`PreparedFaces`: 240 drawn faces of 32 pixels."""
    from facegan.data.drawn import drawn_source
    from facegan.data.prepare import prepare

    out = tmp_path_factory.mktemp("drawn") / "faces"
    return prepare(drawn_source(240, seed=0), out, size=32, seed=0, workers=1)


# Networks so small that they are built and trained in seconds.
SMALL = {
    "networks.encoder.filters": 4,
    "networks.encoder.max_filters": 8,
    "networks.generator.noise_size": 10,
    "networks.editor.residual_blocks": 1,
}
SMALL_CELEBA = {
    "networks.generator.latent_size": 16,
    "networks.generator.filters": [8, 8],
    "feature_critic.backbone": "shallow",
    "feature_critic.filters": 8,
    "attribute_finder.backbone": "shallow",
    "attribute_finder.images": 64,
    "attribute_finder.batch_size": 16,
}


@pytest.fixture(scope="session")
def small_recipe():
    """`small_recipe("paper", {"networks.encoder.dropout": 0.0})`: the recipe with few filters, and with these values.

    None removes a part.
    """
    import shallow  # noqa: F401

    from facegan.recipe import Recipe, find_recipe

    def small(name, changes=None):
        values = find_recipe(name).to_dict()
        for path, value in (SMALL | (SMALL_CELEBA if name == "celeba128" else {}) | (changes or {})).items():
            *tables, key = path.split(".")
            table = values
            for each in tables:
                table = table.setdefault(each, {})
            table[key] = value
            if value is None:
                del table[key]
        values.get("attribute_finder", {}).setdefault("backbone", "shallow")
        return Recipe.from_dict(values)

    return small


@pytest.fixture(scope="session")
def small_settings(small_recipe):
    """`small_settings("paper", {"networks.encoder.dropout": 0.0})`: settings of a run with the standard attributes."""
    from facegan.standard_attributes import STANDARD_NAMES
    from facegan.training.plan import Settings

    def settings(name, changes=None, batch_size=8, precision="float32", seed=0):
        recipe = small_recipe(name, {"batch_size": batch_size} | (changes or {}))
        return Settings(recipe, STANDARD_NAMES, precision, seed)

    return settings


@pytest.fixture(scope="session")
def model_file(drawn_faces, small_settings, tmp_path_factory):
    """The file of an untrained model with the recipe `tiny`: its faces are noise, but everything about them can be
    tested."""
    import keras

    from facegan.models.saving import save_model
    from facegan.training.run import build_networks

    # What it takes a face to be, tests see: the same in every run of them.
    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    save_model(build_networks(drawn_faces, small_settings("tiny")), path)
    return path


@pytest.fixture
def facegan(capsys):
    """`facegan("info", path)` gives exit code, stdout and stderr."""
    from facegan.cli import main

    def run(*args):
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        return left.value.code, *capsys.readouterr()

    return run
