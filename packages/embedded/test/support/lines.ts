import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The next line of a stream. */
export async function nextLine(stream: Readable): Promise<string> {
  const lines = createInterface({ input: stream });
  const [line] = (await once(lines, "line")) as [string];
  return line;
}
