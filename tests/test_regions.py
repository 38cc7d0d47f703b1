import numpy as np

from facegan.regions import soft_oval


def test_an_oval_is_where_and_as_large_as_it_is_asked_for():
    oval = soft_oval(64, (0.5, 0.25), (0.25, 0.125), power=2, softness=0.2)
    assert oval[16, 32] == 1 and oval[60, 32] == 0 and oval[16, 2] == 0
    down, across = np.nonzero(oval > 0.5)
    assert (across.min(), across.max() + 1) == (16, 48)
    assert (down.min(), down.max() + 1) == (8, 24)
    assert np.isclose((oval > 0.5).mean(), np.pi * 0.25 * 0.125, rtol=0.03)


def test_its_border_is_as_soft_as_it_is_asked_for():
    """Half of the border lies outside."""
    along = soft_oval(1000, (0.5, 0.5), (0.2, 0.2), power=2, softness=0.5)[500, 500:]
    border = np.flatnonzero((along > 0) & (along < 1))
    assert (border[0], border[-1]) == (150, 249)
    assert np.allclose(np.diff(along[border]), -0.01)


def test_a_high_power_is_nearly_a_box():
    box = soft_oval(64, (0.5, 0.5), (0.25, 0.25), power=40, softness=0.01)
    assert (box[17:47, 17:47] > 0.5).all() and (box > 0.5).sum() <= 32 * 32
