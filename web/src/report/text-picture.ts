const sharpness = 4;
const fontOf = (size: number) => `${size * sharpness}px system-ui, sans-serif`;

/** Points that `textPicture` takes for a text. */
export function textWidth(text: string, size: number): number {
  const context = document.createElement("canvas").getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.font = fontOf(size);
  return context.measureText(text).width / sharpness;
}

/** A line of text as a picture, with its size and how far its baseline is above its lower edge, in points. */
export function textPicture(
  text: string,
  size: number,
): { url: string; width: number; height: number; baseline: number } {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  const font = fontOf(size);
  context.font = font;
  canvas.width = Math.ceil(context.measureText(text).width) + 2;
  canvas.height = Math.ceil(size * sharpness * 1.4);
  // The canvas forgot its font when its size changed.
  context.font = font;
  context.fillStyle = "#171e26";
  context.fillText(text, 0, size * sharpness);
  return {
    url: canvas.toDataURL("image/png"),
    width: canvas.width / sharpness,
    height: canvas.height / sharpness,
    baseline: size * 0.4,
  };
}
