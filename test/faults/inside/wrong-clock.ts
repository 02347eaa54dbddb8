import { readFileSync } from "node:fs";
import { clockFile } from "./points.js";

/** Puts a clock in the place of this process's that is wrong by what its file says, from SIGUSR2 on. */
export function installClock(folder: string): void {
  const RightDate = Date;
  let wrongBy = 0;
  class WrongDate extends RightDate {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(RightDate.now() + wrongBy);
      else super(...(given as [number]));
    }
    static override now(): number {
      return RightDate.now() + wrongBy;
    }
  }
  globalThis.Date = WrongDate as DateConstructor;
  process.on("SIGUSR2", () => {
    wrongBy = Number(readFileSync(clockFile(folder, process.pid), "utf8"));
  });
}
