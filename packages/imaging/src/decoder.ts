import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";

// A service works on many films at once: one libvips thread each gives more films a second than several threads for one,
// and the operation cache would only hold films that never come again.
sharp.concurrency(1);
sharp.cache(false);
// Loaders that no film needs cannot be reached by a crafted file.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadTiff"],
});

export type { Sharp };
export type Picture = Metadata;

/** Opens a film's bytes; nothing is read yet. */
export function openPicture(bytes: Uint8Array, options: SharpOptions): Sharp {
  return sharp(bytes, { failOn: "warning", sequentialRead: true, ...options });
}

/** Opens raw grey samples of 16 bits. */
export function openSamples(data: Uint16Array, width: number, height: number): Sharp {
  return sharp(data, { raw: { width, height, channels: 1 } }).toColourspace("grey16");
}

/** Opens raw 8-bit samples: grey, or RGB. */
export function openRaw(data: Uint8Array, width: number, height: number, channels: 1 | 3): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}
