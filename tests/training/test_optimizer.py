"""One Adam with a rate for each network, against Adam written out in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from facegan.training.optimizer import NetworkAdam

RATES = [0.1, 0.003, 0.0]
BETA_1, BETA_2 = 0.5, 0.9


def run(steps, decay=0.999):
    """Takes steps; yields weights, averages and gradients, each a list with an array for each variable."""
    random = np.random.default_rng(0)
    variables = [keras.Variable(random.standard_normal(shape).astype("float32")) for shape in [(3, 2), (4,), (2,)]]
    optimizer = NetworkAdam(RATES, BETA_1, BETA_2, decay)
    optimizer.build(variables)
    gradients = None
    for _ in range(steps + 1):
        yield [[ops.convert_to_numpy(v).copy() for v in group] for group in (variables, optimizer.averages)], gradients
        gradients = [random.standard_normal(variable.shape).astype("float32") for variable in variables]
        optimizer.apply([ops.convert_to_tensor(gradient) for gradient in gradients], variables)


def test_each_variable_moves_as_by_an_adam_of_its_own_rate():
    states = list(run(6))
    expected = [weight.astype("float64") for weight in states[0][0][0]]
    mean, square = [0.0] * 3, [0.0] * 3
    for step, ((weights, _), gradients) in enumerate(states[1:], start=1):
        for index, (rate, gradient) in enumerate(zip(RATES, gradients)):
            mean[index] = BETA_1 * mean[index] + (1 - BETA_1) * gradient
            square[index] = BETA_2 * square[index] + (1 - BETA_2) * gradient**2
            corrected = np.sqrt(square[index] / (1 - BETA_2**step)) + 1e-7
            expected[index] = expected[index] - rate * mean[index] / (1 - BETA_1**step) / corrected
            assert weights[index] == pytest.approx(expected[index], abs=1e-5)


def test_a_rate_of_zero_moves_nothing():
    states = list(run(3))
    assert (states[0][0][0][2] == states[-1][0][0][2]).all()


def test_the_average_warms_up_and_then_has_the_asked_decay():
    states = list(run(40, decay=0.7))
    expected = states[0][0][0]
    for step, ((weights, averages), _) in enumerate(states[1:]):
        decay = min(0.7, (1 + step) / (10 + step))
        expected = [decay * average + (1 - decay) * weight for average, weight in zip(expected, weights)]
        for average, wanted in zip(averages, expected):
            assert average == pytest.approx(wanted, abs=1e-5)


def test_the_average_starts_at_the_weights():
    """The images before the first step are made with it."""
    weights, averages = next(run(0))[0]
    for weight, average in zip(weights, averages):
        assert (weight == average).all()


def test_the_first_weights_are_soon_forgotten():
    (first, _), _ = next(run(0))
    (weights, averages), _ = list(run(50))[-1]
    assert np.abs(averages[0] - weights[0]).mean() < 0.5 * np.abs(averages[0] - first[0]).mean()


def test_the_state_is_float32():
    optimizer = NetworkAdam([0.1], BETA_1, BETA_2, 0.9)
    optimizer.build([keras.Variable(np.ones(3, "float32"))])
    assert {variable.dtype for variable in optimizer.variables[1:]} == {"float32"}
    assert optimizer.variables[0] is optimizer.iterations
