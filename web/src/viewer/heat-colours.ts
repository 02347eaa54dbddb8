/** Stops of a scale from cold to hot: its lightness rises all the way, so that it also reads without colours. */
const stops = [
  [52, 22, 96],
  [138, 34, 106],
  [214, 72, 63],
  [250, 146, 40],
  [252, 231, 130],
] as const;

/** Below this heat the film is left alone. */
const coldest = 0.04;

/** Colours a heat map, RGBA samples whose alpha is the heat, in place: hue and opacity both tell the heat. */
export function colourHeat(samples: Uint8ClampedArray): void {
  const colours = Array.from({ length: 256 }, (_, heat) => colourOf(heat / 255));
  for (let at = 0; at < samples.length; at += 4) {
    const colour = colours[samples[at + 3] ?? 0] ?? [0, 0, 0, 0];
    for (let channel = 0; channel < 4; channel += 1) samples[at + channel] = colour[channel] ?? 0;
  }
}

/** Red, green, blue and opacity, each 0 to 255, of a heat of 0 to 1. */
export function colourOf(heat: number): readonly [number, number, number, number] {
  const place = heat * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  const share = place - below;
  const mix = (channel: 0 | 1 | 2) => {
    const low = stops[below]?.[channel] ?? 0;
    return low + ((stops[below + 1]?.[channel] ?? 0) - low) * share;
  };
  const opacity = heat < coldest ? 0 : 255 * Math.min(1, heat ** 0.6 * 1.05);
  return [mix(0), mix(1), mix(2), opacity];
}
