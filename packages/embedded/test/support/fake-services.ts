import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serviceNames } from "../../src/system.js";

/** A folder of services that all are the fixture; `faults` sets FAKE for single ones. */
export function fakeServices(dir: string, faults: Record<string, string> = {}): string {
  const fixture = new URL("../fixtures/service.js", import.meta.url).href;
  for (const name of serviceNames) {
    const folder = join(dir, "services", name, "dist", "src");
    mkdirSync(folder, { recursive: true });
    const env = { FAKE_NAME: name, ...(faults[name] === undefined ? {} : { FAKE: faults[name] }) };
    const code = `Object.assign(process.env, ${JSON.stringify(env)});\nimport(${JSON.stringify(fixture)});\n`;
    writeFileSync(join(folder, "main.js"), code);
  }
  return join(dir, "services");
}
