export interface Bar {
  label: string;
  /** Laid end to end. */
  parts: readonly { value: number; colour: string }[];
  /** Drawn as a line over the bar. */
  range?: readonly [number, number];
}

export interface BarChart {
  title: string;
  bars: readonly Bar[];
  legend?: readonly { label: string; colour: string }[];
  /** Of the numbers beside the bars. */
  digits?: number;
}

const [labels, plot, row, top, margin] = [300, 420, 26, 44, 12];

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Horizontal bars from zero, as an SVG that needs nothing else. */
export function barChart({ title, bars, legend = [], digits = 2 }: BarChart): string {
  const sum = ({ parts }: Bar) => parts.reduce((total, { value }) => total + value, 0);
  const most = Math.max(...bars.flatMap((bar) => [sum(bar), ...(bar.range ?? [])]), Number.MIN_VALUE);
  const x = (value: number) => labels + (value / most) * plot;
  const height = top + bars.length * row + (legend.length > 0 ? row : 0) + margin;
  const text = (at: number, y: number, words: string, extra = "") =>
    `<text x="${at.toFixed(1)}" y="${y}" ${extra}>${escaped(words)}</text>`;
  const shapes = bars.flatMap((bar, at) => {
    const y = top + at * row;
    let from = 0;
    const rects = bar.parts.map(({ value, colour }) => {
      const rect = `<rect x="${x(from).toFixed(1)}" y="${y}" width="${(x(value) - labels).toFixed(1)}" height="${row - 8}" fill="${colour}"/>`;
      from += value;
      return rect;
    });
    const [least, greatest] = bar.range ?? [];
    const line =
      least === undefined || greatest === undefined
        ? []
        : [
            `<path d="M${x(least).toFixed(1)} ${y + 2}v${row - 12}M${x(least).toFixed(1)} ${y + 9}H${x(greatest).toFixed(1)}M${x(greatest).toFixed(1)} ${y + 2}v${row - 12}" stroke="#222" fill="none"/>`,
          ];
    const end = Math.max(x(sum(bar)), ...(bar.range ?? []).map(x)) + 6;
    return [
      text(labels - 8, y + 13, bar.label, 'text-anchor="end"'),
      ...rects,
      ...line,
      text(end, y + 13, sum(bar).toFixed(digits)),
    ];
  });
  let at = margin;
  const keys = legend.flatMap(({ label, colour }) => {
    const y = top + bars.length * row + 6;
    const key = [
      `<rect x="${at}" y="${y}" width="10" height="10" fill="${colour}"/>`,
      text(at + 14, y + 9, label),
    ];
    at += 30 + label.length * 7;
    return key;
  });
  const width = Math.max(labels + plot + 70, at);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(margin, 24, title, 'font-size="14" font-weight="bold"'),
    ...shapes,
    ...keys,
    "</svg>",
  ].join("\n");
}
