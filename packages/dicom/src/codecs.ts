import { createRequire } from "node:module";
import { checkEnd, checkTileParts, codestreamSize } from "./codestream.js";
import { jpegLs, lossless, readJpegHead, type Size } from "./jpeg-head.js";
import { LosslessDecoder } from "./lossless-decoder.js";

const require = createRequire(import.meta.url);

/** What all of Cornerstone's codecs, compiled to WebAssembly, offer. */
interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { bitsPerSample: number };
  delete(): void;
}

/** Samples, and of how many bits they are coded. */
export interface Picture {
  readonly samples: Uint16Array;
  readonly bits: number;
}

type WasmModule<Name extends string> = Record<Name, new () => WasmDecoder>;
type Factory<Name extends string> = (options: object) => Promise<WasmModule<Name>>;

/** A codec that is loaded once, and again after a film that it failed at. It tells its progress on the console, which is no log of ours. */
class Codec<Name extends string> {
  readonly #name: Name;
  readonly #from: string;
  readonly #part: string;
  #loaded: Promise<new () => WasmDecoder> | undefined;

  constructor(name: Name, from: string, part = "decodewasm") {
    this.#name = name;
    this.#from = from;
    this.#part = part;
  }

  /** @throws Error, or whatever the codec threw */
  async decode(coded: Uint8Array): Promise<Picture> {
    try {
      this.#loaded ??= this.#load();
      return decodeWith(await this.#loaded, coded);
    } catch (error) {
      // An exception inside it leaves things behind in its memory: after some hundred, it decodes nothing any more.
      this.#loaded = undefined;
      throw error;
    }
  }

  async #load(): Promise<new () => WasmDecoder> {
    const factory = require(`${this.#from}/${this.#part}js`) as Factory<Name>;
    const module = await factory({
      locateFile: () => require.resolve(`${this.#from}/${this.#part}`),
      print: () => undefined,
      printErr: () => undefined,
    });
    return module[this.#name];
  }
}

const openJpeg = new Codec("J2KDecoder", "@cornerstonejs/codec-openjpeg");
const openJph = new Codec("HTJ2KDecoder", "@cornerstonejs/codec-openjph", "wasm");
const charls = new Codec("JpegLSDecoder", "@cornerstonejs/codec-charls");

/** JPEG 2000, with loss or without. @throws Error */
export async function decodeJpeg2000(coded: Uint8Array, size: Size): Promise<Picture> {
  checkSize(codestreamSize(coded), size);
  return openJpeg.decode(coded);
}

/** High-throughput JPEG 2000 (ITU T.814), with loss or without. @throws Error */
export async function decodeHtj2k(coded: Uint8Array, size: Size): Promise<Picture> {
  checkSize(codestreamSize(coded), size);
  checkTileParts(coded);
  return openJph.decode(coded);
}

/** JPEG-LS, with loss or without. @throws Error */
export async function decodeJpegLs(coded: Uint8Array, size: Size): Promise<Picture> {
  const head = readJpegHead(coded, jpegLs);
  checkSize(head, size);
  checkEnd(coded, head.dataAt);
  return charls.decode(coded);
}

function decodeWith(Decoder: new () => WasmDecoder, coded: Uint8Array): Picture {
  const decoder = new Decoder();
  try {
    decoder.getEncodedBuffer(coded.length).set(coded);
    decoder.decode();
    const { bitsPerSample } = decoder.getFrameInfo();
    const bytes = decoder.getDecodedBuffer();
    if (bitsPerSample <= 8) return { samples: Uint16Array.from(bytes), bits: bitsPerSample };
    // A copy: the codec's memory is used again, and its samples may lie at an odd address.
    const copy = Uint8Array.from(bytes);
    return { samples: new Uint16Array(copy.buffer, 0, copy.length >> 1), bits: bitsPerSample };
  } finally {
    decoder.delete();
  }
}

/** Lossless JPEG (processes 14 and 14 SV1). @throws Error */
export function decodeJpegLossless(coded: Uint8Array, size: Size): Uint16Array {
  const head = readJpegHead(coded, lossless);
  checkSize(head, size);
  checkEnd(coded, head.dataAt);
  const samples = new LosslessDecoder().decode(coded.buffer as ArrayBuffer, coded.byteOffset, coded.length);
  return samples instanceof Uint16Array ? samples : Uint16Array.from(samples);
}

/** What is coded may claim another size than the file around it, so that a small one unfolds into gigabytes. */
function checkSize(own: Size, { width, height }: Size): void {
  if (own.width !== width || own.height !== height)
    throw new Error(`${own.width} × ${own.height} in place of ${width} × ${height}`);
}
