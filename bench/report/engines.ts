import { type EngineName, engineNames } from "@osteon/inference";
import { type EngineTimes, origin } from "../measure/engines.js";
import { median, spread } from "../measure/statistics.js";
import { table } from "./table.js";

const of = (times: readonly EngineTimes[], engine: EngineName, model: string, batch: number): number[] =>
  times.find((each) => each.engine === engine && each.model === model && each.batch === batch)?.cpuMs ?? [];

const ratios = (above: readonly number[], below: readonly number[]): number[] =>
  above.map((time, round) => time / (below[round] ?? Number.NaN));

/** The two-model path beside two runs of the origin's architecture, batch 1, on one core; by round. */
function sharesOfOrigin(
  times: readonly EngineTimes[],
  engine: EngineName,
  precision: "" | " int8",
): number[] {
  const [part = [], bone = []] = ["bodypart", "fracture-hand"].map((model) =>
    of(times, engine, `${model}${precision}`, 1),
  );
  const both = part.map((time, round) => time + (bone[round] ?? Number.NaN));
  const twice = of(times, engine, origin, 1).map((time) => 2 * time);
  return ratios(both, twice);
}

/** The same for the models as they ship, on the default engine: a median, or undefined where it was not measured. */
export function shippedShareOfOrigin(times: readonly EngineTimes[]): number | undefined {
  const [int8, float] = ([" int8", ""] as const).map((precision) =>
    sharesOfOrigin(times, "onnxruntime", precision),
  );
  const shares = int8?.length ? int8 : (float ?? []);
  return shares.length > 0 ? median(shares) : undefined;
}

/** The report's part on engines. */
export function enginesSection(times: readonly EngineTimes[]): string[] {
  const [first = "onnxruntime", second = "tfjs-node"] = engineNames;
  const cases = times.filter(({ engine }) => engine === first);
  return [
    "## Engines",
    "One core each, taking turns; processor time.",
    table(
      ["model", "batch", `${first}, ms a film`, `${second}, ms a film`, `${second} / ${first}`],
      cases.map(({ model, batch, cpuMs }) => {
        const other = of(times, second, model, batch);
        const both = other.length > 0;
        return [
          model,
          batch,
          spread(cpuMs, 1),
          both ? spread(other, 1) : "-",
          both ? spread(ratios(other, cpuMs)) : "-",
        ];
      }),
    ),
    table(
      ["the two-model path, batch 1", "engine", "share of two runs of the origin's architecture"],
      (["", " int8"] as const).flatMap((precision) =>
        engineNames.flatMap((engine) => {
          const shares = sharesOfOrigin(times, engine, precision);
          const title = `bodypart + fracture-hand${precision || " float32"}`;
          return shares.length > 0 ? [[title, engine, spread(shares)]] : [];
        }),
      ),
    ),
  ];
}
