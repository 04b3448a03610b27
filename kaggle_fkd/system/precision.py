"""The numbers of a network's forward pass: fp32, bf16 or fp16."""

from dataclasses import dataclass

import torch

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
BF16_INSTRUCTIONS = ("avx512_bf16", "amx_tile")
"""Instructions of processors for arithmetic with bf16, as torch names them."""
BF16_GPU, FP16_GPU = (8, 0), (7, 0)
"""The least compute capability of GPUs whose tensor cores compute with bf16, with fp16."""


@dataclass(frozen=True)
class Precision:
    """The numbers of a forward pass; weights, losses and sums keep 32 bits."""

    name: str
    """fp32, bf16 or fp16."""
    reason: str
    """Why, in a few words."""

    def autocast(self, device: torch.device) -> torch.autocast:
        """In this context, a forward pass computes with these numbers."""
        return torch.autocast(device.type, TYPES[self.name], enabled=self.name != "fp32")

    def scaler(self, device: torch.device) -> torch.amp.GradScaler:
        """Scales losses for fp16, whose smallest numbers are too large for gradients."""
        return torch.amp.GradScaler(device.type, enabled=self.name == "fp16")


def precision_on(device: torch.device, setting: str) -> Precision:
    """The precision for a setting, one of `config.PRECISIONS`, on a device."""
    if setting != "auto":
        return Precision(setting, "as set")
    if device.type == "cuda":
        capability = torch.cuda.get_device_capability(device)
        if capability >= BF16_GPU:
            return Precision("bf16", "the GPU's tensor cores compute with it")
        if capability >= FP16_GPU:
            return Precision("fp16", "the GPU's tensor cores compute with it, not with bf16")
        return Precision("fp32", "the GPU has no tensor cores")
    if device.type == "cpu":
        for name in BF16_INSTRUCTIONS:
            ask = getattr(torch.cpu, f"_is_{name}_supported", None)
            if ask is not None and ask():
                return Precision("bf16", f"the processor has {name}")
        return Precision("fp32", "the processor has no instructions for bf16")
    return Precision("fp32", "bf16 was not tested there")
