"""How a network responds to one face, in numbers: filters, feature maps, heat maps, saliency.

Chips are H x W grey faces of the network's size, pixels 0..255. Networks are those that runs and
`read_pretrained` give: the convolutions of `optimised_for_inference` ones cannot be looked into.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kaggle_fkd.networks.network import KeypointNetwork, evaluating, standardise

COPIES, NOISE = 32, 0.25
"""Noisy copies that a saliency is the mean of, and their noise: standard deviations of the face.
About 7 % of the grey values' range, as SmoothGrad advises."""

Maps = NDArray[np.float32]


def convolutions(network: KeypointNetwork) -> dict[str, nn.Conv2d | nn.ConvTranspose2d]:
    """The network's convolutions by name, in the order in which it holds them."""
    return {
        name: layer
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    }


def first_filters(network: KeypointNetwork) -> Maps:
    """F x h x w, the kernels that the first convolution slides over the grey face."""
    first = next(iter(convolutions(network).values()))
    return _numbers(first.weight[:, 0])


@torch.no_grad()
def feature_maps(network: KeypointNetwork, chip: NDArray[np.uint8]) -> dict[str, Maps]:
    """C x h x w, what each convolution makes of the chip, by its name and in the order of the work.

    As the convolution gives them, before any normalisation, pooling and activation.
    """
    maps: dict[str, Maps] = {}
    hooks = [
        layer.register_forward_hook(lambda _, __, output, name=name: _note(maps, name, output))
        for name, layer in convolutions(network).items()
    ]
    try:
        with evaluating(network):
            network.regress(_pixels(network, chip))
    finally:
        for hook in hooks:
            hook.remove()
    return maps


@torch.no_grad()
def own_heat_maps(network: KeypointNetwork, chip: NDArray[np.uint8], head: int = 0) -> Maps | None:
    """K x rows x columns, how the network weighs the cells of its grid for each keypoint.

    A keypoint's weights add up to 1. None for a network that regresses coordinates.
    """
    with evaluating(network):
        maps = network.heat_maps(_pixels(network, chip))
    return None if maps is None else _numbers(maps[0, head])


def saliency(
    network: KeypointNetwork, chip: NDArray[np.uint8], keypoint: int, head: int = 0
) -> Maps:
    """H x W, how far the keypoint moves, in pixels, for each pixel's change.

    The length of the gradient of its x and y (Simonyan et al. 2013, arXiv 1312.6034), by the
    standardised pixels: a change of 1 is the standard deviation of the chip's grey values. One
    gradient flickers from pixel to pixel, so it is the mean over noisy copies of the chip
    (SmoothGrad, Smilkov et al. 2017, arXiv 1706.03825), the same at every call.
    """
    pixels = _pixels(network, chip)
    noise = torch.randn(COPIES, *pixels.shape[1:], generator=torch.Generator().manual_seed(0))
    copies = (pixels + NOISE * noise.to(pixels.device)).requires_grad_()
    with evaluating(network):
        x, y = network.regress(copies)[:, head, keypoint].sum(dim=0)
        of_x, of_y = (torch.autograd.grad(end, copies, retain_graph=True)[0] for end in (x, y))
    return _numbers(torch.hypot(of_x.mean(dim=0), of_y.mean(dim=0))[0])


def _pixels(network: KeypointNetwork, chip: NDArray[np.uint8]) -> Tensor:
    """1 x 1 x H x W, standardised, where the network is."""
    return standardise(torch.from_numpy(chip)[None].to(network.mean_keypoints.device))


def _note(maps: dict[str, Maps], name: str, output: Tensor) -> None:
    maps[name] = _numbers(output[0])


def _numbers(tensor: Tensor) -> Maps:
    """A copy: layers that work in place may write into the tensor later."""
    return np.array(tensor.detach().cpu().numpy(), np.float32)
