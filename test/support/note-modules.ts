// A module hook for `register`: notes each ES module that a process loads in the file that `OSTEON_MODULES` names.
import { appendFileSync } from "node:fs";
import type { LoadHook } from "node:module";

export const load: LoadHook = (url, context, next) => {
  appendFileSync(process.env.OSTEON_MODULES ?? "", `${url}\n`);
  return next(url, context);
};
