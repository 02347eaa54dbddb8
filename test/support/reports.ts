import { PDFDocument, PDFName, PDFRawStream } from "@cantoo/pdf-lib";
import sharp from "sharp";
import { extractText, getDocumentProxy } from "unpdf";

type Colour = readonly [red: number, green: number, blue: number];

/** Pixels of a picture, by what they look like. */
export interface PictureRead {
  width: number;
  height: number;
  /** Pixels of a part (its right and lower edges are not in it) that look so. */
  count(part: { left: number; top: number; right: number; bottom: number }, looks: Look): number;
}
export type Look = (colour: Colour) => boolean;

/** Very nearly the colour: what is drawn over it, or smoothed, is not. */
export function is(hex: string): Look {
  const wanted = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return (colour) => colour.every((level, at) => Math.abs(level - (wanted[at] ?? 0)) <= 6);
}

/** A colour that no grey film has. */
export const isHeat: Look = ([red, , blue]) => Math.abs(red - blue) > 40;

export async function readPicture(bytes: Uint8Array): Promise<PictureRead> {
  const { data, info } = await sharp(bytes)
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    count({ left, top, right, bottom }, looks) {
      let found = 0;
      for (let y = top; y < bottom; y += 1) {
        for (let x = left; x < right; x += 1) {
          const at = (y * info.width + x) * info.channels;
          if (looks([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0])) found += 1;
        }
      }
      return found;
    },
  };
}

/** What a reader finds in a PDF: the text of each page in one line, where it reaches to, its JPEGs, and what it says of itself. */
export async function readPdf(bytes: Uint8Array): Promise<{
  pages: string[];
  reach: { right: number; bottom: number };
  pictures: Uint8Array[];
  title: string;
  subject: string;
}> {
  const proxy = await getDocumentProxy(Uint8Array.from(bytes));
  const { text } = await extractText(proxy);
  const { items } = await (await proxy.getPage(1)).getTextContent();
  const places = items.flatMap((item) =>
    "str" in item && item.str.trim() !== ""
      ? [{ right: Number(item.transform[4]) + item.width, bottom: Number(item.transform[5]) }]
      : [],
  );
  const document = await PDFDocument.load(bytes);
  const pictures = document.context
    .enumerateIndirectObjects()
    .flatMap(([, object]) =>
      object instanceof PDFRawStream && object.dict.get(PDFName.of("Filter")) === PDFName.of("DCTDecode")
        ? [object.contents]
        : [],
    );
  return {
    pages: text.map((page) => page.replace(/\s+/g, " ")),
    reach: {
      right: Math.max(...places.map(({ right }) => right)),
      bottom: Math.min(...places.map(({ bottom }) => bottom)),
    },
    pictures,
    title: document.getTitle() ?? "",
    subject: document.getSubject() ?? "",
  };
}
