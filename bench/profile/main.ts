import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startLoop } from "../contestants/loop.js";
import { Osteon } from "../contestants/osteon.js";
import { readFilms } from "../films.js";
import { type Hot, hottest } from "./hottest.js";

// `node bench/dist/profile/main.js`: what a film costs, process by process, against the bare loop's; for work on the costs. With
// `--profiles FOLDER` the services are profiled while they work, which costs time of its own.
const root = fileURLToPath(new URL("../../../", import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "6" },
    "in-flight": { type: "string", default: "16" },
    profiles: { type: "string" },
    data: { type: "string", default: path.join(root, "../shared/data/fracatlas") },
  },
});
const [rounds, seconds, inFlight] = [values.rounds, values.seconds, values["in-flight"]].map(Number) as [
  number,
  number,
  number,
];
const films = readFilms(values.data, 100);
const list = path.join(mkdtempSync(path.join(tmpdir(), "osteon-bench-")), "films.json");
writeFileSync(list, JSON.stringify(films.map((film) => film.path)));
const bare = await startLoop({ name: "bare", title: "bare" }, process.execPath, [
  path.join(root, "bench/dist/contestants/bare-loop.js"),
  path.join(root, "models"),
  list,
]);
const profiles = values.profiles === undefined ? undefined : path.resolve(values.profiles);
if (profiles !== undefined) mkdirSync(profiles, { recursive: true });
const preload = new URL("preload.js", import.meta.url).href;
const osteon = await Osteon.start(films, {
  env: profiles === undefined ? {} : { NODE_OPTIONS: `--import=${preload}`, BENCH_PROFILES: profiles },
});
await bare.run(0, 5);
await osteon.run(inFlight, 8);
if (profiles !== undefined) osteon.signal("SIGUSR2");
for (let round = 1; round <= rounds; round += 1) {
  const before = bare.usage().cpuMs;
  const loop = await bare.run(0, seconds);
  const bareCost = (bare.usage().cpuMs - before) / loop.films;
  const own = process.cpuUsage();
  const { round: whole, costs } = await osteon.runCosted(inFlight, seconds);
  const used = process.cpuUsage(own);
  const generator = (used.user + used.system) / 1000 / whole.films;
  const total = costs.processes.reduce((sum, { cpuMs }) => sum + cpuMs, generator);
  console.log(
    `bare ${(loop.films / loop.seconds).toFixed(1)}/s ${bareCost.toFixed(2)} ms; whole ${(whole.films / whole.seconds).toFixed(1)}/s ${total.toFixed(2)} ms; CPU ratio ${(bareCost / total).toFixed(3)}`,
  );
  const rows = costs.processes.map((p) => `${p.name} ${p.cpuMs.toFixed(2)} (lag ${p.lagP99.toFixed(0)})`);
  console.log(`  ${rows.join(", ")}, generator ${generator.toFixed(2)}`);
  if (round === rounds) {
    const commands = costs.redisCommands;
    console.log(
      `  redis ${commands.reduce((sum, [, n]) => sum + n, 0).toFixed(1)}: ${commands.map(([n, c]) => `${n} ${c.toFixed(2)}`).join(", ")}`,
    );
    console.log(
      `  store ${JSON.stringify(costs.storeCalls)} ${(costs.storeBytes / 1e3).toFixed(0)} kB, redis ${(costs.redisBytes / 1e3).toFixed(1)} kB`,
    );
  }
}
await osteon.stop();
await bare.stop();
for (const file of profiles === undefined ? [] : readdirSync(profiles).sort()) {
  if (!file.endsWith(".cpuprofile")) continue;
  const { functions, packages, busySeconds } = hottest(path.join(profiles ?? "", file), 15);
  console.log(`${file}: busy for ${busySeconds.toFixed(1)} s`);
  const line = ({ what, share }: Hot) => `${(share * 100).toFixed(1)} % ${what}`;
  console.log(`  ${packages.map(line).join("\n  ")}`);
  console.log(`    ${functions.map(line).join("\n    ")}`);
}
