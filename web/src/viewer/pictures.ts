import { osteon } from "../api/osteon.js";
import { colourHeat } from "./heat-colours.js";

/** A film's greys, row by row. */
export interface FilmPixels {
  width: number;
  height: number;
  greys: Uint8Array;
}

/** @throws ProblemError, ConnectionError */
export async function loadFilm(id: string, film: number, signal?: AbortSignal): Promise<FilmPixels> {
  const { width, height, data } = await samplesOf(await osteon.image(id, film, { signal }));
  const greys = new Uint8Array(width * height);
  for (let at = 0; at < greys.length; at += 1) greys[at] = data[at * 4] ?? 0;
  return { width, height, greys };
}

/** The heat map in colours, of the film's size. @throws ProblemError, ConnectionError */
export async function loadHeat(id: string, film: number, signal?: AbortSignal): Promise<ImageData> {
  const samples = await samplesOf(await osteon.heatmap(id, film, { signal }));
  colourHeat(samples.data);
  return samples;
}

async function samplesOf(blob: Blob): Promise<ImageData> {
  // The samples as they are in the file: no colour management, and no alpha that eats into them.
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("no canvas");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
