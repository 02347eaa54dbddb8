import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** Refuses writes to open files while the named file is there: those of the store, whose disk is full then. */
export function installFullDisk(file: string): void {
  const check = (target: unknown) => {
    if (typeof target === "string" || !fs.existsSync(file)) return;
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
  const { writeFileSync } = fs;
  const { writeFile } = fs.promises;
  fs.writeFileSync = (target, ...rest) => {
    check(target);
    writeFileSync(target, ...rest);
  };
  fs.promises.writeFile = async (target, ...rest) => {
    check(target);
    await writeFile(target, ...rest);
  };
  syncBuiltinESMExports();
}
