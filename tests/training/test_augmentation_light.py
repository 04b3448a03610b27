"""Changes of grey values: light, blur, occlusion, resolution."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kaggle_fkd.training.augmentation import LOWER_BY, blur, lower_resolution, occlude, relight


@given(seed=st.integers(0, 10_000), contrast=st.floats(0, 2), brightness=st.floats(-200, 200))
def test_contrast_stretches_about_the_mean_and_brightness_moves_it(seed, contrast, brightness):
    image = torch.rand(1, 20, 30, generator=torch.Generator().manual_seed(seed)) * 255
    lit = relight(image, torch.tensor([contrast]), torch.tensor([brightness]))
    assert lit.mean().item() == pytest.approx(image.mean().item() + brightness, abs=0.01)
    assert lit.std().item() == pytest.approx(contrast * image.std().item(), abs=0.01)


def test_every_face_has_its_own_light():
    images = torch.rand(2, 8, 8) * 255
    lit = relight(images, torch.ones(2), torch.tensor([0.0, 10.0]))
    torch.testing.assert_close(lit, images + torch.tensor([0.0, 10.0])[:, None, None])


def test_a_full_blur_spreads_a_point_over_its_neighbours():
    images = torch.zeros(2, 9, 9)
    images[:, 4, 4] = 90
    untouched, blurred = blur(images, torch.tensor([0.0, 1.0]))
    assert torch.equal(untouched, images[0])
    assert blurred[3:6, 3:6].flatten().tolist() == pytest.approx([10] * 9)
    assert blurred.sum().item() == pytest.approx(90)


@given(grey=st.floats(0, 255), strength=st.floats(0, 1))
def test_a_blur_does_not_change_a_constant_picture(grey, strength):
    images = torch.full((1, 7, 12), grey)
    torch.testing.assert_close(blur(images, torch.tensor([strength])), images)


@given(
    height=st.integers(5, 30), width=st.integers(16, 40), seed=st.integers(0, 1000),
    factors=st.lists(st.sampled_from([1, *LOWER_BY]), min_size=1, max_size=5),
)  # fmt: skip
@settings(max_examples=50)
def test_a_lower_resolution_moves_nothing_and_leaves_other_faces_alone(
    height, width, seed, factors
):
    factor = torch.tensor(factors)
    noise = torch.rand(len(factors), height, width, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(lower_resolution(noise, factor)[factor == 1], noise[factor == 1])
    ramp = torch.arange(width).float().expand(len(factors), height, width)
    lowered = lower_resolution(ramp, factor)
    inner = slice(max(LOWER_BY), width - 2 * max(LOWER_BY))
    torch.testing.assert_close(lowered[..., inner], ramp[..., inner])


def test_a_lower_resolution_takes_detail_away():
    checks = (torch.arange(16) % 2 * 255.0).expand(3, 16, 16)
    lowered = lower_resolution(checks, torch.tensor([1, 2, 4]))
    assert lowered[0].std() > 100
    torch.testing.assert_close(lowered[1:], torch.full((2, 16, 16), 127.5))


@given(
    centre=st.tuples(st.floats(0, 30), st.floats(0, 20)),
    size=st.tuples(st.floats(0, 15), st.floats(0, 15)),
)
@settings(max_examples=50)
def test_an_occlusion_covers_its_rectangle_of_the_covered_faces_alone(centre, size):
    images = torch.rand(2, 20, 30)
    covered, others = occlude(
        images, torch.tensor([True, False]), torch.tensor([centre] * 2), torch.tensor([size] * 2),
        torch.tensor([7.0, 8.0]),
    )  # fmt: skip
    assert torch.equal(others, images[1])
    rows, columns = torch.meshgrid(torch.arange(20), torch.arange(30), indexing="ij")
    far_x, far_y = (columns - centre[0]).abs(), (rows - centre[1]).abs()
    well_inside = (far_x < size[0] / 2 - 0.01) & (far_y < size[1] / 2 - 0.01)
    well_outside = (far_x > size[0] / 2 + 0.01) | (far_y > size[1] / 2 + 0.01)
    assert (covered[well_inside] == 7).all()
    assert torch.equal(covered[well_outside], images[0][well_outside])
