import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { interrupted } from "@osteon/shared/command-line";
import { readFilms } from "./films.js";
import { runFull } from "./full.js";
import { runShort } from "./short.js";

// Each process that is started has a listener.
process.setMaxListeners(50);
// Whoever ends the bench ends what it started: an "exit" listener of each child sees to it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(interrupted));

const root = fileURLToPath(new URL("../../", import.meta.url));

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    "warm-up": { type: "string", default: "6" },
    "in-flight": { type: "string", default: "16" },
    films: { type: "string", default: "100" },
    deepest: { type: "string", default: "10000" },
    skip: { type: "string", default: "" },
    note: { type: "string", multiple: true, default: [] },
    short: { type: "boolean", default: false },
    record: { type: "string" },
    out: { type: "string", default: path.join(root, "bench") },
    data: { type: "string", default: path.join(root, "../shared/data/fracatlas") },
  },
});

const films = readFilms(values.data, Number(values.films));

if (values.short) {
  if (
    !(await runShort({
      root,
      films,
      record: values.record === undefined ? undefined : Number(values.record),
    }))
  )
    process.exitCode = 1;
} else {
  await runFull({
    root,
    films,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values["warm-up"]),
    inFlight: Number(values["in-flight"]),
    deepest: Number(values.deepest),
    skip: values.skip.split(","),
    notes: values.note,
    out: values.out,
  });
}
// A contestant may have left a handle open that nobody waits for.
process.exit();
