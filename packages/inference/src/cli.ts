import { runModels } from "./commands/index.js";

process.exitCode = await runModels(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  env: process.env,
});
