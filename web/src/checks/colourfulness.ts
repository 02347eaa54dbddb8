const side = 48;

/** Mean saturation of a picture, 0 (grey) to 1, over a small copy of it. */
export function colourfulness(picture: CanvasImageSource): number {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return 0;
  context.drawImage(picture, 0, 0, side, side);
  return meanSaturation(context.getImageData(0, 0, side, side).data);
}

/** Over RGBA samples: how far the channels of each pixel are apart, as a share of the full range. */
export function meanSaturation(samples: Uint8ClampedArray): number {
  let sum = 0;
  for (let at = 0; at < samples.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = samples.subarray(at, at + 3);
    sum += Math.max(red, green, blue) - Math.min(red, green, blue);
  }
  return samples.length === 0 ? 0 : sum / (samples.length / 4) / 255;
}
