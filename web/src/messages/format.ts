import { locale } from "./index.js";

/** Formats of one kind by what they are made of: making one costs as much as a hundred uses, and lists use them by row. */
function kept<Options, Format>(make: (options: Options) => Format): (options: Options) => Format {
  const formats = new Map<string, Format>();
  return (options) => {
    const name = `${locale()} ${JSON.stringify(options)}`;
    const format = formats.get(name) ?? make(options);
    formats.set(name, format);
    return format;
  };
}

const numbers = kept((options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale(), options));
const times = kept((options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale(), options));

/** 0.914 → "91 %". */
export function percent(share: number, digits = 0): string {
  return numbers({
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);
}

export function dateTime(iso: string): string {
  return times({ dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

export function timeOfDay(iso: string): string {
  return times({ timeStyle: "medium" }).format(new Date(iso));
}

/** 15,360 → "15 kB". */
export function bytes(count: number): string {
  const [unit, size] =
    count >= 1024 * 1024 ? (["megabyte", 1024 * 1024] as const) : (["kilobyte", 1024] as const);
  return numbers({
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: count < 10 * size ? 1 : 0,
  }).format(count / size);
}

/** 340 → "340 ms", 2,400 → "2.4 s". */
export function duration(milliseconds: number): string {
  const seconds = milliseconds >= 1000;
  return numbers({
    style: "unit",
    unit: seconds ? "second" : "millisecond",
    unitDisplay: "short",
    maximumFractionDigits: seconds ? 1 : 0,
  }).format(seconds ? milliseconds / 1000 : milliseconds);
}

export function count(value: number, digits = 0): string {
  return numbers({ maximumFractionDigits: digits }).format(value);
}
