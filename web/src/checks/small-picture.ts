/** Longest side, pixels: what the cards show, for dense screens. */
const longestSide = 320;

/** A small copy of a picture, so that a list of hundreds does not decode whole films. @throws Error without a canvas */
export async function smallPicture(bitmap: ImageBitmap): Promise<Blob> {
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  // WebP is packed by a thread of its own; the others wait until the page has nothing else to do.
  return canvas.convertToBlob({ type: "image/webp", quality: 0.85 });
}
