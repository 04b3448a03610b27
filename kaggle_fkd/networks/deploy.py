"""Trained networks made ready to predict: fewer steps, and weights in the order the CPU wants."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from kaggle_fkd.networks.network import KeypointNetwork


def optimised_for_inference(network: KeypointNetwork, device: torch.device) -> KeypointNetwork:
    """The network on the device, changed in place for prediction alone.

    Batch normalisations are folded into the convolutions before them, and on a CPU convolutions
    keep their weights in oneDNN's order: one face takes half the time, since at batch size 1
    torch reorders all weights for every face. What it gives changes by rounding alone.
    """
    network = network.eval().to(device)
    for parent in network.modules():
        if isinstance(parent, nn.Sequential):
            _fold_normalisation(parent)
    if device.type == "cpu" and torch.backends.mkldnn.is_available():
        _keep_reordered(network, _sizes_of_one(network))
    return network


@torch.inference_mode()
def _sizes_of_one(network: KeypointNetwork) -> dict[nn.Module, list[int]]:
    """The size of what each convolution sees of a single face: the best order depends on it."""
    sizes: dict[nn.Module, list[int]] = {}

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], _: Tensor) -> None:
        sizes[layer] = list(inputs[0].shape)

    hooks = [
        layer.register_forward_hook(note)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    network(torch.zeros(1, network.shape.height, network.shape.width))
    for hook in hooks:
        hook.remove()
    return sizes


def _fold_normalisation(layers: nn.Sequential) -> None:
    for index, layer, after in _neighbours(layers):
        if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
            layers[index] = fuse_conv_bn_eval(layer, after)
            del layers[index + 1]


def _neighbours(layers: nn.Sequential) -> list[tuple[int, nn.Module, nn.Module]]:
    """Every layer with its number and the next one, the last first: the next can be deleted."""
    return list(reversed([(i, *pair) for i, pair in enumerate(pairwise(layers))]))


def _keep_reordered(parent: nn.Module, sizes: dict[nn.Module, list[int]]) -> None:
    for name, child in parent.named_children():
        if isinstance(child, nn.Conv2d):
            setattr(parent, name, _ReorderedConvolution(child, sizes[child]))
        else:
            _keep_reordered(child, sizes)
    if isinstance(parent, nn.Sequential):
        for index, layer, after in _neighbours(parent):
            if isinstance(layer, _ReorderedConvolution) and isinstance(after, nn.ReLU):
                layer.after = "relu"
                del parent[index + 1]


class _ReorderedConvolution(nn.Module):
    """A convolution whose weights oneDNN has laid out once; what torch.compile uses, too."""

    def __init__(self, layer: nn.Conv2d, size: list[int]) -> None:
        super().__init__()
        self.settings = layer.padding, layer.stride, layer.dilation, layer.groups
        self.after = "none"
        """Or relu, which oneDNN does in the same step."""
        self.bias = None if layer.bias is None else layer.bias.detach()
        self.weight = torch.ops.mkldnn._reorder_convolution_weight(
            layer.weight.detach(), *self.settings, size
        )

    def forward(self, features: Tensor) -> Tensor:
        convolved: Tensor = torch.ops.mkldnn._convolution_pointwise(
            features, self.weight, self.bias, *self.settings, self.after, [], ""
        )
        return convolved
