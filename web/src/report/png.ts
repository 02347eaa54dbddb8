import type { Analysis, Film } from "@osteon/client";
import { hasPicture } from "../api/osteon.js";
import { t } from "../messages/index.js";
import { drawFilm } from "./draw-film.js";
import { cut, wrap } from "./lines.js";
import { type Report, reportOf } from "./report.js";

const width = 1680;
const filmBox = { x: 48, y: 132, width: 960, height: 960 };
const column = { x: 1056, width: 576 };
const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const colours = {
  ground: "#0b0e12",
  text: "#e9eff5",
  faint: "#a3b1bf",
  line: "#28323d",
  fractured: "#ff7a70",
  doubtful: "#ffc14d",
  normal: "#5fd899",
  none: "#a3b1bf",
  failed: "#ff7a70",
  running: "#a3b1bf",
} as const;

/** A line of text where it is to be written. */
interface Line {
  text: string;
  y: number;
  style: string;
  colour: string;
}

/** One film's report as a picture: the film with its overlay, findings, time, versions, disclaimer. */
export async function pngReport(analysis: Analysis, film: Film): Promise<Blob> {
  const report = reportOf(analysis, film);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  const lines = findings(context, report);
  canvas.width = width;
  canvas.height = Math.max(filmBox.y + filmBox.height, lines.at(-1)?.y ?? 0) + 120;
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  write(context, "Osteon", 48, 84, `700 40px ${font}`, colours.text);
  write(context, report.title, 220, 84, `400 28px ${font}`, colours.faint, width - 268);
  if (hasPicture(film)) await paint(context, analysis, film);
  for (const { text, y, style, colour } of lines) write(context, text, column.x, y, style, colour);
  context.fillStyle = colours.line;
  context.fillRect(48, canvas.height - 92, width - 96, 2);
  write(context, report.disclaimer, 48, canvas.height - 40, `600 28px ${font}`, colours.doubtful);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob === null ? reject(new Error("no picture")) : resolve(blob)), "image/png"),
  );
}

async function paint(context: CanvasRenderingContext2D, analysis: Analysis, film: Film): Promise<void> {
  const picture = await drawFilm(analysis.id, film, 2);
  const scale = Math.min(filmBox.width / picture.width, filmBox.height / picture.height);
  const size = { width: picture.width * scale, height: picture.height * scale };
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#000";
  context.fillRect(filmBox.x, filmBox.y, filmBox.width, filmBox.height);
  context.drawImage(
    picture,
    filmBox.x + (filmBox.width - size.width) / 2,
    filmBox.y + (filmBox.height - size.height) / 2,
    size.width,
    size.height,
  );
}

/** What stands beside the film, in as many lines as it takes: the picture's height follows from them. */
function findings(context: CanvasRenderingContext2D, report: Report): Line[] {
  const lines: Line[] = [];
  let y = 176;
  const add = (text: string, weight: number, size: number, colour: string) => {
    const style = `${weight} ${size}px ${font}`;
    context.font = style;
    const parts = wrap(text, column.width, (part) => context.measureText(part).width);
    const step = Math.round(size * 1.25);
    for (const [at, part] of parts.entries()) lines.push({ text: part, y: y + at * step, style, colour });
    y += (parts.length - 1) * step;
  };
  if (report.type !== "") {
    add(`${t("results.type")} ${report.type}`, 500, 34, colours.text);
    y += 58;
  }
  add(`${t("results.result")} ${report.result}`, 700, 44, colours[report.tone]);
  y += 40;
  for (const [name, value] of report.facts) {
    y += 26;
    add(name, 500, 20, colours.faint);
    y += 32;
    add(value, 400, 25, colours.text);
    y += 12;
  }
  return lines;
}

/** Writes a line; one that is too long is cut, by whole characters. */
function write(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  style: string,
  colour: string,
  room = Number.POSITIVE_INFINITY,
): void {
  context.font = style;
  context.fillStyle = colour;
  context.fillText(
    cut(text, room, (part) => context.measureText(part).width),
    x,
    y,
  );
}
