"""How a network responds to one face, in numbers: filters, feature maps, heat maps, saliency.

Chips are H x W grey faces of the network's size, pixels 0..255.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kaggle_fkd.networks.network import KeypointNetwork, evaluating, standardise

COPIES, NOISE = 32, 0.25
"""Number of noisy copies that a saliency is the mean of, and the noise, in standard deviations of
the face: about 7 % of the grey values' range, within what SmoothGrad advises."""

Maps = NDArray[np.float32]


def convolutions(network: KeypointNetwork) -> dict[str, nn.Conv2d | nn.ConvTranspose2d]:
    """The network's convolutions by name, in the order of its modules."""
    return {
        name: layer
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    }


def first_filters(network: KeypointNetwork) -> Maps:
    """F x h x w, the kernels of the first convolution, which are applied to the grey face."""
    first = next(iter(convolutions(network).values()))
    return _numbers(first.weight[:, 0])


@torch.no_grad()
def feature_maps(network: KeypointNetwork, chip: NDArray[np.uint8]) -> dict[str, Maps]:
    """C x h x w for each convolution: its output for the chip, by its name, in order of execution.

    Outputs are taken before any normalisation, pooling and activation.
    """
    maps: dict[str, Maps] = {}
    hooks = [
        layer.register_forward_hook(lambda _, __, output, name=name: _store(maps, name, output))
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
    """K x rows x columns, the weights of the cells of the network's grid for each keypoint.

    The weights of a keypoint sum to 1. None for a network that regresses coordinates.
    """
    with evaluating(network):
        maps = network.heat_maps(_pixels(network, chip))
    return None if maps is None else _numbers(maps[0, head])


def saliency(
    network: KeypointNetwork, chip: NDArray[np.uint8], keypoint: int, head: int = 0
) -> Maps:
    """H x W, how far the keypoint moves, in pixels, when one pixel of the chip changes.

    The length of the gradient of its x and y (Simonyan et al. 2013, arXiv 1312.6034) with respect
    to the standardised pixels: a change of 1 is the standard deviation of the chip's grey values. A
    single gradient is noisy from pixel to pixel, so this is the gradient's mean over noisy copies
    of the chip (SmoothGrad, Smilkov et al. 2017, arXiv 1706.03825), with the same noise at every
    call.
    """
    pixels = _pixels(network, chip)
    noise = torch.randn(COPIES, *pixels.shape[1:], generator=torch.Generator().manual_seed(0))
    copies = (pixels + NOISE * noise.to(pixels.device)).requires_grad_()
    with evaluating(network):
        x, y = network.regress(copies)[:, head, keypoint, :2].sum(dim=0)
        of_x, of_y = (torch.autograd.grad(end, copies, retain_graph=True)[0] for end in (x, y))
    return _numbers(torch.hypot(of_x.mean(dim=0), of_y.mean(dim=0))[0])


def _pixels(network: KeypointNetwork, chip: NDArray[np.uint8]) -> Tensor:
    """1 x 1 x H x W, the standardised chip on the network's device."""
    return standardise(torch.from_numpy(chip)[None].to(network.mean_keypoints.device))


def _store(maps: dict[str, Maps], name: str, output: Tensor) -> None:
    maps[name] = _numbers(output[0])


def _numbers(tensor: Tensor) -> Maps:
    """A copy, as layers that change their input may write into the tensor later."""
    return np.array(tensor.detach().cpu().numpy(), np.float32)
