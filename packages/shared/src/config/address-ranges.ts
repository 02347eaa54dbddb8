import { isIP } from "node:net";

/** Addresses that have their first bits in common. */
export interface AddressRange {
  address: string;
  /** How many bits. */
  prefix: number;
  family: "ipv4" | "ipv6";
}

/** Ranges in CIDR notation or single addresses, comma-separated; undefined where one of them is neither. */
export function parseAddressRanges(text: string): AddressRange[] | undefined {
  const parts = text.split(",").map((each) => each.trim());
  const ranges = parts.filter(Boolean).map(parseRange);
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

function parseRange(text: string): AddressRange | undefined {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  // An empty text is the number 0, and 0 bits are every address.
  if (family === 0 || more.length > 0 || !/^\d{1,3}$/.test(bits ?? `${most}`)) return undefined;
  const prefix = Number(bits ?? most);
  return prefix > most ? undefined : { address, prefix, family: family === 4 ? "ipv4" : "ipv6" };
}
