/** What a film may be before it is decoded. */
export interface FilmLimits {
  /** Largest file, bytes. */
  readonly maximumBytes: number;
  /** Most pixels (width × height); keeps a small file from unfolding into gigabytes. */
  readonly maximumPixels: number;
  /** Least width and least height, pixels. */
  readonly minimumSide: number;
}

/** The limits of the published film rules. */
export const filmLimits: FilmLimits = {
  maximumBytes: 32 * 1024 * 1024,
  maximumPixels: 32_000_000,
  minimumSide: 224,
};
