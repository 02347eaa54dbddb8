/** A heat map as it is kept: the model's cells, and where the film lies on the model's canvas (pixels of it). */
export interface KeptHeatmap {
  width: number;
  height: number;
  /** `width * height` levels of 0 to 255, base64. */
  levels: string;
  /** Of image.png, which it lies over, pixels; in results of old that is the film's size. */
  image?: { width: number; height: number };
  placement: {
    left: number;
    top: number;
    width: number;
    height: number;
    canvasWidth: number;
    canvasHeight: number;
  };
}

/** The heat of each cell, 0 to 1, row by row. */
interface Heat {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export function keepHeatmap(
  { width, height, data }: Heat,
  placement: Readonly<KeptHeatmap["placement"]>,
  image: NonNullable<KeptHeatmap["image"]>,
): KeptHeatmap {
  const levels = Uint8ClampedArray.from(data, (heat) => heat * 255);
  return { width, height, levels: Buffer.from(levels).toString("base64"), image, placement };
}

/** What was kept, to within the half of a level. */
export function heatOf({ width, height, levels }: KeptHeatmap): Heat {
  return { width, height, data: Float32Array.from(Buffer.from(levels, "base64"), (level) => level / 255) };
}
