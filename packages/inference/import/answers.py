"""What a model answered where it comes from: by Keras itself, or by ONNX Runtime of the file as it came."""

from pathlib import Path

from originals import load_keras, load_onnx, picture
from refused import Refused


def resized(film, width: int, height: int, interpolation: str):
    """By its rows first: Pillow 13 in one call begins with the columns of some films, which Pillow before it and serving do not."""
    from PIL import Image

    how = Image.Resampling.NEAREST if interpolation == "nearest" else Image.Resampling.BILINEAR
    return film.resize((width, film.height), how).resize((width, height), how)


def probabilities(outputs, ends_in: str):
    """The films' probabilities, of what a model gave for each."""
    import numpy as np

    rows = [np.asarray(output, np.float64).reshape(-1) for output in outputs]
    if ends_in == "probabilities":
        return rows
    if all(len(row) > 1 and row.min() >= 0 and row.max() <= 1 and abs(row.sum() - 1) < 1e-3 for row in rows):
        raise Refused("the model gives probabilities, not logits: it must end in a softmax that can be cut off")
    return [1 / (1 + np.exp(-row)) if len(row) == 1 else np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in rows]


def keras_answers(options) -> dict:
    import numpy as np
    from keras.applications.imagenet_utils import preprocess_input
    from keras.utils import img_to_array, load_img

    model = load_keras(options.keras)
    _, height, width, channels = model.input_shape
    colours = "grayscale" if channels == 1 else "rgb"

    def tensor(path: Path):
        film = resized(load_img(path, color_mode=colours), width, height, options.interpolation)
        if options.preprocessing == "raw":
            return img_to_array(film)
        if options.preprocessing == "unit":
            return img_to_array(film) / 255
        return preprocess_input(img_to_array(film), mode=options.preprocessing)

    paths = sorted(Path(options.films).glob("*.png"))
    answers = model.predict(np.stack([tensor(path) for path in paths]), batch_size=8, verbose=0)
    rows = probabilities(answers, options.ends_in)
    return {path.name: row.tolist() for path, row in zip(paths, rows, strict=True)}


def onnx_answers(options) -> dict:
    import numpy as np
    import onnx
    import onnxruntime
    from PIL import Image

    graph = load_onnx(options.onnx).graph
    initial = {tensor.name for tensor in graph.initializer}
    given = next(value for value in graph.input if value.name not in initial)
    kind = onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
    shape = picture(given)
    size = (shape["width"], shape["height"])
    session = onnxruntime.InferenceSession(options.onnx, providers=["CPUExecutionProvider"])

    def fitted(film: Image.Image) -> Image.Image:
        if options.fit == "stretch":
            return resized(film, *size, options.interpolation)
        scale = min(size[0] / film.width, size[1] / film.height)
        fitting = [max(1, int(side * scale + 0.5)) for side in film.size]
        small = resized(film, *fitting, options.interpolation)
        canvas = Image.new("L", size, 0)
        canvas.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
        return canvas

    def tensor(path: Path):
        with Image.open(path) as film:
            levels = np.asarray(fitted(film.convert("L")), np.float64)
        values = np.repeat(levels[:, :, None], shape["channels"], axis=2)
        if options.preprocessing == "caffe":
            values = values - [103.939, 116.779, 123.68]
        elif options.preprocessing == "unit":
            values = values / 255
        elif options.preprocessing == "tf":
            values = values / 127.5 - 1
        elif options.preprocessing == "torch":
            values = (values / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        return (values if shape["layout"] == "NHWC" else values.transpose(2, 0, 1))[None].astype(np.float32).astype(kind)

    paths = sorted(Path(options.films).glob("*.png"))
    answers = [session.run(None, {given.name: tensor(path)})[0] for path in paths]
    return {path.name: row.tolist() for path, row in zip(paths, probabilities(answers, options.ends_in), strict=True)}
