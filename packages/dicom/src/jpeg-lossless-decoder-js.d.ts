/** The package names types that it does not hold. */
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** @throws Error */
    decode(buffer: ArrayBuffer, offset: number, length: number): Uint8Array | Uint16Array;
  }
}
