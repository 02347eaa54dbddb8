/** A UUIDv7 as a name that sorts newest first. */
export function turned(id: string): string {
  return turn(id.replaceAll("-", ""));
}

/** The UUID of such a name. */
export function turnedBack(name: string): string {
  const hex = turn(name);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function turn(hex: string): string {
  return hex.replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
}
