// `npm run screens`: writes the pictures of the README and the docs, as the tests of the page see it.
import { join } from "node:path";
import { root } from "./lib/run.mjs";

process.env.OSTEON_SCREENS = join(root, "docs", "images");
process.argv.splice(2, process.argv.length, "browser/quality");
await import("./test.mjs");
