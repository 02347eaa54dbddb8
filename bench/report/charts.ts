import type { Results } from "../measure/results.js";
import { median, quantile } from "../measure/statistics.js";
import { type Bar, barChart } from "./bar-chart.js";

/** The charts of a report: file name to SVG. */
export function drawCharts(results: Results): Record<string, string> {
  return {
    "throughput.svg": throughputChart(results),
    ...(results.levels.length === 0 ? {} : { "latency.svg": latencyChart(results) }),
    "costs.svg": costChart(results),
    ...(results.scaling === undefined ? {} : { "scaling.svg": scalingChart(results.scaling) }),
  };
}

const colours = { loop: "#8da0b3", durable: "#1f6f8b", direct: "#c98a2b" } as const;

/** Shares of the bare limit, round by round. */
function throughputChart({ throughput }: Results): string {
  const bare = throughput.find(({ name }) => name === "bare")?.filmsPerSecond ?? [];
  const bars = throughput
    .map(({ title, kind, filmsPerSecond }): Bar => {
      const shares = filmsPerSecond.map((rate, round) => rate / (bare[round] ?? Number.NaN));
      const range = [quantile(shares, 0), quantile(shares, 1)] as const;
      return { label: title, parts: [{ value: median(shares), colour: colours[kind] }], range };
    })
    .sort((a, b) => (b.parts[0]?.value ?? 0) - (a.parts[0]?.value ?? 0));
  const legend = Object.entries(colours).map(([label, colour]) => ({ label, colour }));
  return barChart({ title: "Films a second, as a share of the bare limit in the same round", bars, legend });
}

function latencyChart({ levels }: Results): string {
  const bars = levels.map(
    ({ title, resultMs }): Bar => ({
      label: title,
      parts: [{ value: resultMs.p95, colour: colours.durable }],
      range: [resultMs.p50, resultMs.p99],
    }),
  );
  return barChart({ title: "Result p95 by load, ms (line: from p50 to p99)", bars, digits: 0 });
}

const palette = ["#1f6f8b", "#3fa0a8", "#86bf91", "#c9d27d", "#c98a2b", "#b65a4c", "#7d5a86"];

/** Where a film's CPU time goes: the bare loop's beside the system's. */
function costChart({ costs, generatorMs, bareCpuMs }: Results): string {
  const names = costs[0]?.processes.map(({ name }) => name) ?? [];
  const parts = [
    ...names.map((name) => ({
      label: name,
      value: median(costs.map(({ processes }) => processes.find((each) => each.name === name)?.cpuMs ?? 0)),
    })),
    { label: "load generator", value: median(generatorMs) },
  ].map((part, at) => ({ ...part, colour: palette[at % palette.length] ?? "" }));
  const bars: Bar[] = [
    { label: "bare limit", parts: [{ value: median(bareCpuMs), colour: colours.loop }] },
    { label: "Osteon", parts },
  ];
  return barChart({ title: "CPU milliseconds a film", bars, legend: parts, digits: 1 });
}

function scalingChart({ steps }: NonNullable<Results["scaling"]>): string {
  const one = median(steps[0]?.filmsPerSecond ?? []);
  const bars = steps.map(({ workers, filmsPerSecond }): Bar => {
    const linear = one * workers;
    return {
      label: `${workers} of each`,
      parts: [{ value: median(filmsPerSecond), colour: colours.durable }],
      range: [linear, linear],
    };
  });
  return barChart({ title: "Films a second by workers, model stub (line: linear)", bars, digits: 1 });
}
