import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of the test's own, gone with it. */
export function temporary(t: { after(done: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), "osteon-test-"));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}
