import type { EngineName } from "@osteon/inference";
import { type Manifest, runtimeOf } from "@osteon/inference/runtimes";

/** What is measured: a model under a key, then runs of it. */
export type Order =
  | { readonly kind: "open"; readonly key: string; readonly model: Uint8Array; readonly manifest: Manifest }
  | { readonly kind: "run"; readonly key: string; readonly films: number; readonly runs: number };

/** Milliseconds of one run each, on the processor; none for a model that was opened. */
export type Times = readonly number[];

/** One runtime in a process of its own, on one core: does as it is told. */
const runtime = await runtimeOf(process.argv[2] as EngineName);
const sessions = new Map<string, { run(films: number): Promise<unknown> }>();
process.on("message", (order: Order) => {
  work(order).then(
    (times) => process.send?.(times),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit());

async function work(order: Order): Promise<Times> {
  if (order.kind === "open") {
    const { width, height, channels = 1 } = order.manifest.input;
    const session = await runtime.open(order.model, order.manifest);
    const size = width * height * channels;
    const input = Float32Array.from({ length: 8 * size }, (_, at) => Math.sin(at * 0.01) * 2);
    sessions.set(order.key, { run: (films) => session.run(input.subarray(0, films * size), films) });
    return [];
  }
  const session = sessions.get(order.key);
  const times: number[] = [];
  for (let run = 0; run < order.runs; run++) {
    // Time on the processor: what other programs do meanwhile does not count.
    const start = process.cpuUsage();
    await session?.run(order.films);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  return times;
}
