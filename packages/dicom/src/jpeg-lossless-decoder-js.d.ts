/** The package names types that it does not hold. */
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** Samples from one restart to the next; 0 where there are none. */
    readonly restartInterval: number;
    readonly xDim: number;
    readonly yDim: number;
    /** Where the next sample goes. */
    readonly xLoc: number;
    readonly yLoc: number;
    /** @throws Error */
    decode(buffer: ArrayBuffer, offset: number, length: number): Uint8Array | Uint16Array;
    /** What is decoded, and how much of it was. */
    readonly stream: { readonly buffer: Uint8Array; readonly index: number };
    /** What the next sample is predicted to be. */
    selector(): number;
    /** A difference of so many bits. */
    getn(predicted: number[], bits: number, held: number[], left: number[]): number;
    isLastPixel(): boolean;
    getPreviousX(): number;
    getPreviousY(): number;
    select2(): number;
    select3(): number;
    select4(): number;
    select5(): number;
    select6(): number;
  }
}
