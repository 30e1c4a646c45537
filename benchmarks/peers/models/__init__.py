"""The models of the comparison, by name."""

from benchmarks.peers.models.base import Model
from benchmarks.peers.models.efficientnet import EfficientNet
from benchmarks.peers.models.fashion import Fashion
from benchmarks.peers.models.minilm import MiniLM
from benchmarks.peers.models.sentiment import Sentiment
from benchmarks.peers.models.smollm2 import SmolLM2

MODELS: dict[str, Model] = {
    model.name: model for model in (MiniLM(), EfficientNet(), Fashion(), Sentiment(), SmolLM2())
}
