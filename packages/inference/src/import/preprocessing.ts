import type { InputSpec } from "@osteon/imaging";
import { ImportError } from "./import-error.js";

type Scale = Pick<InputSpec, "contrast" | "mean" | "std">;

const levels = { method: "none", maximum: 255 } as const;
const fractions = { method: "none", maximum: 1 } as const;

/**
 * How levels 0 to 255 of equal channels become a model's input, by the names that Keras gives them
 * (`keras.applications.imagenet_utils.preprocess_input`): `caffe` is blue, green, red minus ImageNet's means.
 */
const scales = {
  caffe: { contrast: levels, mean: [103.939, 116.779, 123.68], std: 1 },
  raw: { contrast: levels, mean: 0, std: 1 },
  unit: { contrast: fractions, mean: 0, std: 1 },
  tf: { contrast: levels, mean: 127.5, std: 127.5 },
  torch: { contrast: fractions, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
} satisfies Record<string, Scale>;

export type Preprocessing = keyof typeof scales;
export const preprocessings = Object.keys(scales) as Preprocessing[];

/** The picture that a model reads, as its file says. */
export interface PictureShape {
  readonly layout: "NCHW" | "NHWC";
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export interface Fitting {
  readonly preprocessing: Preprocessing;
  readonly interpolation: "nearest" | "bilinear";
  readonly fit: "stretch" | "letterbox";
}

/** @throws ImportError where the preprocessing is of three channels and the model reads one */
export function inputSpec(
  { layout, width, height, channels }: PictureShape,
  { preprocessing, interpolation, fit }: Fitting,
): InputSpec {
  const scale: Scale = scales[preprocessing];
  if (Array.isArray(scale.mean) && scale.mean.length !== channels)
    throw new ImportError(
      `--preprocessing ${preprocessing} is for three channels; the model reads ${channels}.`,
    );
  return {
    width,
    height,
    ...scale,
    pad: 0,
    channels,
    layout,
    fit,
    resample: interpolation === "nearest" ? "nearest" : "triangle",
  };
}
