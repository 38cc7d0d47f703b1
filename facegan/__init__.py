"""facegan: describe a face and get it; then change it, or change a photo.

>>> import facegan
>>> model = facegan.load()                           # doctest: +SKIP
>>> face = model.generate("female, young, glasses")  # doctest: +SKIP
"""

__version__ = "0.1.0"


def load(path=None):
    """Loads a trained model: see `facegan.inference.FaceModel`.

    Args:
        path: a `.keras` file that `facegan train` wrote, the folder of its run, or `"celeba128"`, which comes with the
            package. By default the run in the folder `run` if there is one, else `celeba128`.

    Raises:
        facegan.errors.FaceganError: there is no such file, or it is something else.
    """
    from facegan.inference import load

    return load(path)
