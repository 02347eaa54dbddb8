import type { Results } from "../measure/results.js";
import { median, quantile, spread } from "../measure/statistics.js";
import { enginesSection } from "./engines.js";
import { type Goal, ratioOf } from "./goals.js";
import { type Row, table } from "./table.js";

const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);

/** The report for people. Ratios come before times: times are this machine's. */
export function renderMarkdown(results: Results, goals: readonly Goal[], charts: readonly string[]): string {
  const { machine, rounds, seconds, inFlight, films, notes } = results;
  const chart = (name: string) => (charts.includes(name) ? [`![](${name})`] : []);
  const sections = [
    "# Bench",
    `Made by \`npm run bench\` of ${machine.commit}, ${machine.date}: ${machine.cores} cores (${machine.cpu}), ${machine.memoryGigabytes} GB, ${machine.system}, Node ${machine.node}, ONNX Runtime ${machine.onnxruntime} on both sides. ${rounds} rounds of ${seconds} s, contestants by turns, who waits is stopped; ${films} real films (JPEG, at most 454 px), the same for all; the load generator shares the cores, the same for all. Medians, and in brackets the least and the greatest of the rounds. Load of the machine (one minute) before the run ${machine.load.before.toFixed(1)}, after it ${machine.load.after.toFixed(1)}.`,
    ...notes.map((note) => `**Note.** ${note}`),
    "## Goals",
    table(
      ["", "goal", "this run", ""],
      goals.map(({ title, goal, figure, reached }) => [
        title,
        goal,
        figure,
        reached ? "reached" : "**not reached**",
      ]),
    ),
    `## Films a second, ${inFlight} in flight`,
    throughputTable(results),
    ...chart("throughput.svg"),
    "A loop has no queue and no network: a limit, not a system. Durable: a promise (202) outlives the processes. Direct: the request is held until its result, and is lost with the process. BentoML's tasks promise and are kept in SQLite, but one that is under way ends with its process and is not begun again.",
    "## What a film costs",
    costTable(results),
    ...chart("costs.svg"),
    ...stageSection(results),
    "## By load",
    levelTable(results),
    ...chart("latency.svg"),
    "Times of open loops count from the moment a film was due.",
    ...(results.engines === undefined ? [] : enginesSection(results.engines)),
    ...startUpSection(results),
    ...scalingSection(results, chart("scaling.svg")),
  ];
  return `${sections.join("\n\n")}\n`;
}

function throughputTable({ throughput }: Results): string {
  const [bare, python] = ["bare", "python-loop"].map((name) => throughput.find((each) => each.name === name));
  const number = (value: number) => (Number.isNaN(value) ? "" : value.toFixed(2));
  return table(
    [
      "",
      "",
      "films/s",
      "÷ bare",
      "÷ Python loop",
      "CPU ms a film",
      "promise p50 / p99, ms",
      "result p50 / p95, ms",
      "RSS, MB",
    ],
    throughput.map((each) => [
      each.title,
      each.kind,
      spread(each.filmsPerSecond, 1),
      number(ratioOf(each, bare)),
      number(ratioOf(each, python)),
      median(each.cpuMsPerFilm).toFixed(1),
      each.kind === "durable" ? `${ms(quantile(each.ack, 0.5))} / ${ms(quantile(each.ack, 0.99))}` : "",
      each.kind === "loop" ? "" : `${ms(quantile(each.result, 0.5))} / ${ms(quantile(each.result, 0.95))}`,
      each.residentMegabytes.toFixed(0),
    ]),
  );
}

function costTable({ costs, generatorMs, bareCpuMs, inFlight }: Results): string {
  const names = costs[0]?.processes.map(({ name }) => name) ?? [];
  const of = (name: string, value: (process: Results["costs"][number]["processes"][number]) => number) =>
    median(costs.flatMap(({ processes }) => processes.filter((each) => each.name === name).map(value)));
  const lag = (value: number) => (Number.isNaN(value) ? "" : value.toFixed(0));
  const perFilm = (value: (costs: Results["costs"][number]) => number) => median(costs.map(value));
  const [first] = costs;
  const store = Object.keys(first?.storeCalls ?? {})
    .map((name) => `${name} ${perFilm(({ storeCalls }) => storeCalls[name] ?? 0).toFixed(1)}`)
    .join(", ");
  const commands = (first?.redisCommands ?? [])
    .slice(0, 12)
    .map(([name, calls]) => `${name} ${calls.toFixed(1)}`)
    .join(", ");
  return [
    table(
      [`${inFlight} in flight`, "CPU ms a film", "loop lag p99, ms", "most, ms", "RSS, MB"],
      [
        ...names.map((name) => [
          name,
          of(name, ({ cpuMs }) => cpuMs).toFixed(2),
          lag(of(name, ({ lagP99 }) => lagP99)),
          lag(of(name, ({ lagMost }) => lagMost)),
          of(name, ({ residentMegabytes }) => residentMegabytes).toFixed(0),
        ]),
        ["load generator", median(generatorMs).toFixed(2), "", "", ""],
        ["the bare loop, for comparison", median(bareCpuMs).toFixed(2), "", "", ""],
      ],
    ),
    overheadLine({ costs, generatorMs, bareCpuMs }),
    `A film makes these store calls: ${store}; ${(perFilm(({ storeBytes }) => storeBytes) / 1e3).toFixed(0)} kB go through the store and ${(perFilm(({ redisBytes }) => redisBytes) / 1e3).toFixed(1)} kB through Redis. Redis executes (scripts' inner commands included): ${commands}.`,
  ].join("\n\n");
}

/** What is missing to the goals of CPU time, by whom it is taken. */
function overheadLine({
  costs,
  generatorMs,
  bareCpuMs,
}: Pick<Results, "costs" | "generatorMs" | "bareCpuMs">): string {
  const of = (matches: (name: string) => boolean) =>
    median(
      costs.map(({ processes }) =>
        processes.filter(({ name }) => matches(name)).reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      ),
    );
  const bare = median(bareCpuMs);
  const films = of((name) => /^(bodypart|fracture)-worker/.test(name)) - bare;
  const parts: [string, number][] = [
    ["the two film workers beside decoding and models (store, queue, records)", films],
    ["the gateway", of((name) => name.startsWith("gateway"))],
    ["Redis", of((name) => name === "redis")],
    ["the load generator", median(generatorMs)],
    ["the webhook worker", of((name) => name.startsWith("webhook"))],
  ];
  const all = parts.reduce((sum, [, cpuMs]) => sum + cpuMs, 0);
  return `Beyond the bare loop's ${bare.toFixed(1)} ms a film takes ${all.toFixed(1)} ms: ${parts.map(([name, cpuMs]) => `${name} ${cpuMs.toFixed(1)}`).join(", ")}.`;
}

function stageSection({ stages }: Results): string[] {
  if (stages.length === 0) return [];
  const number = (value: number) => value.toFixed(2);
  return [
    "Where the bare loops' time goes, CPU ms a film, one film at a time:",
    table(
      ["", "decode", "tensors", "models"],
      stages.map(({ title, decode, tensor, models }) => [
        title,
        number(decode),
        number(tensor),
        number(models),
      ]),
    ),
  ];
}

function levelTable({ levels, bareLatencyMs }: Results): string {
  return [
    table(
      ["", "films/s", "promise p50 / p99, ms", "result p50 / p95 / p99, ms"],
      levels.map(({ title, filmsPerSecond, ackMs, resultMs }) => [
        title,
        spread(filmsPerSecond, 1),
        `${ms(ackMs.p50)} / ${ms(ackMs.p99)}`,
        `${ms(resultMs.p50)} / ${ms(resultMs.p95)} / ${ms(resultMs.p99)}`,
      ]),
    ),
    `One film through the bare loop takes ${spread(bareLatencyMs, 1)} ms.`,
  ].join("\n\n");
}

function startUpSection({ startUp, modelLoadMs }: Results): string[] {
  if (startUp === undefined) return [];
  const rows: Row[] = [
    ["warm `npm start` to ready", spread(startUp.warm, 2)],
    ["loading and warming up six models on every thread", (modelLoadMs / 1000).toFixed(2)],
  ];
  if (startUp.cold !== undefined)
    rows.unshift(["cold: fresh clone, `npm ci`, build, Valkey fetched", startUp.cold.toFixed(1)]);
  return ["## Start-up", table(["", "seconds"], rows)];
}

function scalingSection({ scaling }: Results, chart: readonly string[]): string[] {
  if (scaling === undefined) return [];
  const one = median(scaling.steps[0]?.filmsPerSecond ?? []);
  return [
    "## Scaling",
    `The models are stubs that take ${scaling.serviceMs} ms a stage and no processor: what is left is decoding, queue and store. Every worker has one inference thread.`,
    table(
      ["workers of each kind", "films/s", "÷ workers × one worker's"],
      scaling.steps.map(({ workers, filmsPerSecond }) => [
        workers,
        spread(filmsPerSecond, 2),
        (median(filmsPerSecond) / (workers * one)).toFixed(3),
      ]),
    ),
    ...chart,
    "With stubs that take no time at all, films piled up before the workers and were worked off:",
    table(
      ["films queued", "CPU ms a film, all processes", "Redis, µs a film"],
      scaling.depths.map(({ queued, cpuMsPerFilm, redisMicrosecondsPerFilm }) => [
        queued,
        spread(cpuMsPerFilm, 2),
        spread(redisMicrosecondsPerFilm, 0),
      ]),
    ),
  ];
}
