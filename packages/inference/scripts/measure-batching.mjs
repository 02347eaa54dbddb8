// Measures whether several films in one run cost less than one by one: CPU time a film on one intra-op thread, with and
// without spinning. `node packages/inference/scripts/measure-batching.mjs MODEL.onnx SIDE [ROUNDS]`
// Batch sizes take turns, so that other work on the machine disturbs all alike; the median of the rounds counts.
import { InferenceSession, Tensor } from "onnxruntime-node";

const [file, sideText, roundsText = "15"] = process.argv.slice(2);
if (file === undefined || sideText === undefined) throw new Error("usage: MODEL.onnx SIDE [ROUNDS]");
const side = Number(sideText);
const batches = [1, 2, 4, 8];
const filmsARound = 16;

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

for (const spinning of ["1", "0"]) {
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    extra: { session: { intra_op: { allow_spinning: spinning }, inter_op: { allow_spinning: spinning } } },
  });
  const input = session.inputNames[0];
  const times = new Map(batches.map((batch) => [batch, []]));
  for (let round = 0; round < Number(roundsText); round++) {
    for (const batch of batches) {
      const data = Float32Array.from({ length: batch * side * side }, () => Math.random() * 2 - 1);
      const tensor = new Tensor("float32", data, [batch, 1, side, side]);
      const start = process.cpuUsage();
      for (let films = 0; films < filmsARound; films += batch) await session.run({ [input]: tensor });
      const { user, system } = process.cpuUsage(start);
      times.get(batch).push((user + system) / 1000 / filmsARound);
    }
  }
  const single = median(times.get(1));
  for (const batch of batches) {
    const each = median(times.get(batch));
    console.log(
      `spinning ${spinning}, batch ${batch}: ${each.toFixed(2)} ms CPU a film, ${(single / each).toFixed(3)} of batch 1's films a second`,
    );
  }
  await session.release();
}
