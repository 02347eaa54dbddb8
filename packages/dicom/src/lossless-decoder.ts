import { Decoder } from "jpeg-lossless-decoder-js";

/** Bytes before the end marker that belong to nothing: some files have a few. */
const mostStray = 16;

/**
 * The package's decoder of lossless JPEG, held to ITU T.81 where it is not: over the first row after a restart each sample is predicted
 * from the one before it, as over the picture's first (H.1.2.1), the mean of two is a whole number, and nothing is made up.
 */
export class LosslessDecoder extends Decoder {
  /** @throws Error also where the picture has more samples than the data, or fewer: of either some is missing */
  override decode(buffer: ArrayBuffer, offset: number, length: number): Uint8Array | Uint16Array {
    const samples = super.decode(buffer, offset, length);
    const found = this.yLoc * this.xDim + this.xLoc;
    if (found < samples.length - 1) throw new Error(`${found} samples in place of ${samples.length}`);
    // A last one that is as predicted, and whose bits end with a byte, it takes for the marker behind it.
    if (found === samples.length - 1) samples[found] = this.selector();
    const { buffer: coded, index } = this.stream;
    const end = Buffer.from(coded.buffer, coded.byteOffset, coded.length).indexOf("ffd9", index - 2, "hex");
    if (end > index + mostStray) throw new Error(`${end - index} bytes behind the last sample`);
    return samples;
  }

  /**
   * @throws Error where a marker stands in place of the bits: it would take all markers but a restart's for a difference, and go on. Behind
   *   the last row it reads what belongs to no sample, where the end may come.
   */
  override getn(...parts: Parameters<Decoder["getn"]>): number {
    const difference = super.getn(...parts);
    if (difference > 0xffff && this.yLoc < this.yDim) throw new Error("a marker within a sample");
    return difference;
  }

  /** Whether a marker may follow this sample at once: the end's, or a restart's. */
  override isLastPixel(): boolean {
    const next = this.yLoc * this.xDim + this.xLoc + 1;
    return super.isLastPixel() || (this.restartInterval > 0 && next % this.restartInterval === 0);
  }

  override select2(): number {
    return this.#restarts() ? this.getPreviousX() : super.select2();
  }

  override select3(): number {
    return this.#restarts() ? this.getPreviousX() : super.select3();
  }

  override select4(): number {
    return this.#restarts() ? this.getPreviousX() : super.select4();
  }

  override select5(): number {
    return this.#restarts() ? this.getPreviousX() : super.select5();
  }

  override select6(): number {
    return this.#restarts() ? this.getPreviousX() : super.select6();
  }

  select7(): number {
    const before = this.getPreviousX();
    return this.#restarts() ? before : (before + this.getPreviousY()) >> 1;
  }

  /** Whether this row is the first after a restart: an interval is a whole number of rows (H.1.1). */
  #restarts(): boolean {
    return this.restartInterval > 0 && (this.yLoc * this.xDim) % this.restartInterval === 0;
  }
}
