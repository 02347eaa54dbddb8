import { Console } from "node:console";
import { Writable } from "node:stream";
import type { Terminal } from "@osteon/shared/command-line";

/** Prints rows as Node's `console.table` does. */
export function printTable(rows: readonly object[], { out }: Pick<Terminal, "out">): void {
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      out(String(chunk).trimEnd());
      done();
    },
  });
  new Console({ stdout }).table(rows);
}
