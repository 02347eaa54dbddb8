import { PDFDocument, type PDFFont, type PDFPage, rgb, StandardFonts } from "@cantoo/pdf-lib";
import type { Analysis } from "@osteon/client";
import { hasPicture } from "../api/osteon.js";
import { t } from "../messages/index.js";
import type { Tone } from "../words/results.js";
import { drawFilm } from "./draw-film.js";
import { cut, wrap } from "./lines.js";
import { type Report, reportOf } from "./report.js";
import { textPicture, textWidth } from "./text-picture.js";

/** A4, points. */
const page = { width: 595, height: 842, margin: 48 };
const filmRoom = { width: page.width - 2 * page.margin, height: 380 };
const titleAt = page.margin + 86;
const valueAt = page.margin + 150;
const right = page.width - page.margin;
const factSize = 10;
const factHeight = 17;
const lineHeight = 13;
/** Height below a film for facts of more than a line each; beyond it the film gives way. */
const spare = 52;

const ink = rgb(0.09, 0.12, 0.15);
const grey = rgb(0.38, 0.43, 0.48);
const tones: Readonly<Record<Tone, ReturnType<typeof rgb>>> = {
  fractured: rgb(0.7, 0.12, 0.1),
  failed: rgb(0.7, 0.12, 0.1),
  doubtful: rgb(0.55, 0.34, 0),
  normal: rgb(0.05, 0.42, 0.22),
  none: grey,
  running: grey,
};

interface Pen {
  document: PDFDocument;
  sheet: PDFPage;
  plain: PDFFont;
  bold: PDFFont;
}

/** The exam as a PDF, a page a film; its text can be searched and read aloud. */
export async function pdfReport(analysis: Analysis): Promise<Blob> {
  const document = await PDFDocument.create();
  const plain = await document.embedFont(StandardFonts.Helvetica);
  const bold = await document.embedFont(StandardFonts.HelveticaBold);
  document.setCreator("Osteon");
  document.setSubject(analysis.disclaimer);
  for (const film of analysis.films) {
    const sheet = document.addPage([page.width, page.height]);
    const pen: Pen = { document, sheet, plain, bold };
    const report = reportOf(analysis, film);
    document.setTitle(report.title);
    let y = page.height - page.margin - 14;
    await write(pen, "Osteon", page.margin, y, 20, ink, bold);
    const title = cut(report.title, right - titleAt, (text) => widthOf(plain, text, 12));
    await write(pen, title, titleAt, y, 12, grey);
    y -= 24;
    const facts = report.facts.map(([name, value]): Fact => {
      const lines = wrap(value, right - valueAt, (text) => widthOf(plain, text, factSize));
      return { name, lines };
    });
    if (hasPicture(film)) {
      const picture = await drawFilm(analysis.id, film, 2);
      const image = await document.embedJpg(picture.toDataURL("image/jpeg", 0.92));
      const more = facts.reduce((sum, { lines }) => sum + (lines.length - 1) * lineHeight, 0);
      const size = image.scaleToFit(filmRoom.width, filmRoom.height - Math.max(0, more - spare));
      y -= size.height;
      sheet.drawImage(image, { x: (page.width - size.width) / 2, y, ...size });
      y -= 30;
    }
    await findings(pen, report, facts, y);
    await write(pen, report.disclaimer, page.margin, page.margin - 14, 11, tones.doubtful, bold);
  }
  return new Blob([new Uint8Array(await document.save())], { type: "application/pdf" });
}

/** A fact's value in the lines that it takes. */
interface Fact {
  name: string;
  lines: readonly string[];
}

async function findings(pen: Pen, report: Report, facts: readonly Fact[], top: number): Promise<void> {
  let y = top;
  if (report.type !== "") {
    await write(pen, `${t("results.type")} ${report.type}`, page.margin, y, 14, ink);
    y -= 22;
  }
  await write(
    pen,
    `${t("results.result")} ${report.result}`,
    page.margin,
    y,
    18,
    tones[report.tone],
    pen.bold,
  );
  y -= 28;
  for (const { name, lines } of facts) {
    await write(pen, name, page.margin, y, factSize, grey);
    for (const [at, line] of lines.entries())
      await write(pen, line, valueAt, y - at * lineHeight, factSize, ink);
    y -= factHeight + (lines.length - 1) * lineHeight;
  }
}

/** Writes a line. The built-in fonts know Latin letters only: a line with others is drawn by the browser's fonts. */
async function write(
  { document, sheet, plain }: Pen,
  text: string,
  x: number,
  y: number,
  size: number,
  color: ReturnType<typeof rgb>,
  font = plain,
): Promise<void> {
  if (isEncodable(font, text)) {
    sheet.drawText(text, { x, y, size, font, color });
    return;
  }
  const { url, width, height, baseline } = textPicture(text, size);
  const image = await document.embedPng(url);
  sheet.drawImage(image, { x, y: y - baseline, width, height });
}

/** Points that `write` takes for a text. */
function widthOf(font: PDFFont, text: string, size: number): number {
  return isEncodable(font, text) ? font.widthOfTextAtSize(text, size) : textWidth(text, size);
}

/** Whether the font has every letter: it would put a question mark in the place of one that it lacks. */
function isEncodable(font: PDFFont, text: string): boolean {
  const known = new Set(font.getCharacterSet());
  return [...text].every((letter) => known.has(letter.codePointAt(0) ?? 0));
}
