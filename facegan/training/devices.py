"""Training on several devices: every batch is split across them, and the gradients are averaged.

Keras's own `DataParallel` on JAX, on one host or several; `tf.distribute.MirroredStrategy` on TensorFlow, on one host.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import keras

from facegan.errors import FaceganError

# Set for every process of a run on several hosts, besides KERAS_DISTRIBUTION_JOB_ADDRESSES and ..._PROCESS_ID.
_PROCESSES = "KERAS_DISTRIBUTION_NUM_PROCESSES"

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def devices() -> list[str]:
        """The names of the devices that batches can be split across."""
        kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        return [device.name for device in tf.config.list_logical_devices(kind)]

    def _parallel(names: list[str]) -> AbstractContextManager:
        return tf.distribute.MirroredStrategy(names).scope()

    def join_hosts() -> None:
        """Nothing to do: several hosts need JAX."""
        if _PROCESSES in os.environ:
            raise FaceganError("training on several hosts needs JAX: set KERAS_BACKEND=jax")

    def process() -> tuple[int, int]:
        """`(0, 1)`: one process."""
        return 0, 1

else:
    import jax

    def devices() -> list[str]:
        """The names of the devices that batches can be split across."""
        return keras.distribution.list_devices()

    def _parallel(names: list[str]) -> AbstractContextManager:
        # Every process reads its own rows of a batch.
        return keras.distribution.DataParallel(devices=names, auto_shard_dataset=False).scope()

    def join_hosts() -> None:
        """Joins the processes of a run on several hosts, if the environment names any.

        Every process is started with the same command and with Keras's own variables:
        `KERAS_DISTRIBUTION_JOB_ADDRESSES=first.host:1234`, `KERAS_DISTRIBUTION_NUM_PROCESSES=2` and
        `KERAS_DISTRIBUTION_PROCESS_ID=0` (1 in the other). Call this before anything is computed.
        """
        if _PROCESSES in os.environ and not jax.distributed.is_initialized():
            # Otherwise Keras makes the processes agree on a seed; every run sets its own.
            keras.utils.set_random_seed(0)
            keras.distribution.initialize()

    def process() -> tuple[int, int]:
        """`(index, count)`: the number of this process among those of a run on several hosts."""
        return jax.process_index(), jax.process_count()


@contextmanager
def parallel(count: int, batch_size: int) -> Iterator[None]:
    """Within the block, networks are built on `count` devices, and `fit()` splits each batch across them.

    Args:
        count: the number of devices; with several processes, the total number of their devices.
        batch_size: photos in a step, on all devices together.

    Raises:
        FaceganError: there are fewer devices, or the batch cannot be split evenly.
    """
    available = devices()
    if count > len(available):
        raise FaceganError(f"--devices {count}: this machine has {len(available)}: {', '.join(available)}")
    _, processes = process()
    if processes > 1 and count != len(available):
        raise FaceganError(f"--devices {count}: the {processes} processes have {len(available)}, and must use all")
    if batch_size % count:
        raise FaceganError(f"a batch of {batch_size} photos cannot be split evenly across {count} devices")
    if count == 1:
        yield
    else:
        with _parallel(available[:count]):
            yield
