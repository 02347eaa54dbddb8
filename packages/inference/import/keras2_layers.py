"""Configurations of layers that Keras 2 wrote, as Keras 3 understands them."""

# Arguments that Keras 3 does not know: what only the layers' parents in Keras 2 went by, or what says nothing of the inference.
UNKNOWN = {
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), ("kernel_initializer", "kernel_regularizer", "kernel_constraint")),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), ("trainable", "noise_shape")),
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape"),
}
# Layers that have no groups in Keras 3.
UNGROUPED = ("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
HARD_SIGMOID = "hard_sigmoid_of_keras_2"


def functions() -> dict:
    """What Keras 3 has another function for under the same name, by the name that it gets here."""
    from keras import ops

    def hard_sigmoid(x):
        return ops.clip(0.2 * x + 0.5, 0, 1)

    return {HARD_SIGMOID: hard_sigmoid}


def mend_layer(layer: dict) -> None:
    kind, config = layer.get("class_name"), layer["config"]
    for name in UNKNOWN.get(kind, ()):
        config.pop(name, None)
    if kind == "MultiHeadAttention":
        # It is of the first of its inputs alone.
        layer.pop("build_config", None)
    if kind in UNGROUPED and config.get("groups") == 1:
        del config["groups"]
    # Recurrent layers no longer have it.
    if config.get("time_major") is False:
        del config["time_major"]
    # Keras 3 would take it for its function of that name.
    if config.get("score_mode") == "dot":
        del config["score_mode"]
    for name in ("activation", "recurrent_activation"):
        if config.get(name) == "hard_sigmoid":
            config[name] = {"class_name": "function", "config": HARD_SIGMOID}
    # Of axes and layers without a module, Keras 3 forgets all axes but a single one.
    axis = config.get("axis")
    if isinstance(axis, list):
        if len(axis) == 1:
            config["axis"] = axis[0]
        else:
            layer.setdefault("module", "keras.layers")
    # In layers with a module, Keras 3 does not know it; there the input is always a layer itself.
    if "module" in layer and kind != "InputLayer":
        config.pop("batch_input_shape", None)
    if kind == "RandomCrop":
        as_resizing(layer)
    if isinstance(config.get("name"), str):
        config["name"] = without_slashes(config["name"])


def as_resizing(crop: dict) -> None:
    """What a random crop of Keras 2 is but in training; in Keras 3 it is nothing then."""
    config = {name: crop["config"][name] for name in ("name", "trainable", "dtype", "height", "width")}
    crop.update(class_name="Resizing", config={**config, "interpolation": "bilinear", "crop_to_aspect_ratio": True})


def without_slashes(name: str) -> str:
    return name.replace("/", "_")
