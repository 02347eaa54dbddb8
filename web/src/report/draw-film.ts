import type { Film } from "@osteon/client";
import { preferences } from "../state/preferences.js";
import { draw, fullWindow, table } from "../viewer/grey-window.js";
import { type FilmPixels, loadFilm, loadHeat } from "../viewer/pictures.js";

const regionColours = { positive: "#ff5a4f", doubtful: "#ffb02e", negative: "#ffb02e" } as const;

/** A film with what is laid over it, as a picture `scale` times its size. @throws ProblemError, ConnectionError */
export async function drawFilm(id: string, film: Film, scale: number): Promise<HTMLCanvasElement> {
  const pixels = await loadFilm(id, film.index);
  const canvas = document.createElement("canvas");
  canvas.width = pixels.width * scale;
  canvas.height = pixels.height * scale;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(greyPicture(pixels), 0, 0, canvas.width, canvas.height);
  const { fracture } = film;
  // Without regions there is no heat map either.
  if (fracture?.regions === undefined) return canvas;
  const { heatOpacity } = preferences.get();
  context.globalAlpha = heatOpacity;
  context.drawImage(picture(await loadHeat(id, film.index)), 0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
  for (const { x, y, width, height } of fracture.regions) {
    const box = [x * canvas.width, y * canvas.height, width * canvas.width, height * canvas.height] as const;
    context.setLineDash(fracture.certainty === "positive" ? [] : [2 * scale, 4 * scale]);
    context.lineCap = "round";
    context.strokeStyle = "#000a";
    context.lineWidth = 4 * scale;
    context.strokeRect(...box);
    context.strokeStyle = regionColours[fracture.certainty];
    context.lineWidth = 2 * scale;
    context.strokeRect(...box);
  }
  return canvas;
}

function greyPicture({ width, height, greys }: FilmPixels): HTMLCanvasElement {
  const image = new ImageData(width, height);
  draw(greys, table(fullWindow, false), image.data);
  return picture(image);
}

function picture(image: ImageData): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}
