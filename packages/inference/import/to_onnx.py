"""Turns a classifier of another framework into the ONNX model of a bundle.

python to_onnx.py convert --keras FILE | --onnx FILE --task bodypart|fracture --classes A,B --preprocessing NAME --out model.onnx
    prints what the manifest needs to know of the model, as JSON.
python to_onnx.py answer --keras FILE | --onnx FILE --films FOLDER --preprocessing NAME --interpolation NAME --fit NAME --ends-in NAME
    prints the probabilities that Keras itself, or ONNX Runtime of the file as it came, gives for the films (PNG) of a folder, by
    name, as JSON. The films go in by Keras's own functions, or by Pillow and NumPy, so that they prove the preprocessing too.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Neither the user's backend nor his order of axes is the model's.
os.environ.update(KERAS_BACKEND="tensorflow", KERAS_HOME=str(Path(sys.prefix) / "keras"))
# The messages of libraries are no part of the answer.
answer_to, sys.stdout = sys.stdout, sys.stderr
# Where it is installed nothing is written.
sys.dont_write_bytecode = True

from answers import keras_answers, onnx_answers  # noqa: E402
from bundles import to_bundle  # noqa: E402
from originals import keras_to_onnx, load_onnx  # noqa: E402
from refused import Refused  # noqa: E402

PREPROCESSING = ("caffe", "raw", "unit", "tf", "torch")


def main() -> dict:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    convert = commands.add_parser("convert")
    convert.add_argument("--keras")
    convert.add_argument("--onnx")
    convert.add_argument("--task", choices=("bodypart", "fracture"), required=True)
    convert.add_argument("--classes", required=True)
    convert.add_argument("--preprocessing", choices=PREPROCESSING, required=True)
    convert.add_argument("--ends-in", choices=("probabilities", "logits"), default="probabilities")
    convert.add_argument("--out", required=True)
    answer = commands.add_parser("answer")
    answer.add_argument("--keras")
    answer.add_argument("--onnx")
    answer.add_argument("--films", required=True)
    answer.add_argument("--preprocessing", choices=PREPROCESSING, required=True)
    answer.add_argument("--interpolation", choices=("nearest", "bilinear"), required=True)
    answer.add_argument("--fit", choices=("stretch", "letterbox"), default="stretch")
    answer.add_argument("--ends-in", choices=("probabilities", "logits"), default="probabilities")
    options = parser.parse_args()
    if options.command == "answer":
        return keras_answers(options) if options.keras else onnx_answers(options)

    import onnx

    model = keras_to_onnx(options.keras) if options.keras else load_onnx(options.onnx)
    bundle, spec = to_bundle(model, options.task, options.classes.split(","), options.preprocessing, options.ends_in)
    onnx.save(bundle, options.out)
    return spec


try:
    print(json.dumps(main()), file=answer_to)
except Refused as reason:
    print(json.dumps({"refused": str(reason)}), file=answer_to)
except OSError as error:
    print(json.dumps({"refused": f"the file cannot be read: {error}"}), file=answer_to)
except ValueError as error:
    # Keras says so where a file is none of its own.
    print(json.dumps({"refused": str(error).splitlines()[0]}), file=answer_to)
