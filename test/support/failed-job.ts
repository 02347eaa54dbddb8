import path from "node:path";
import { closeRedis, connectRedis, FileStore, filmJobId, Ledger, Queues } from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import type { TestSystem } from "./system.js";
import { until } from "./until.js";

/** A fracture job that its worker has refused for good, with what such a job carries. Returns its id. */
export async function failedJob(system: TestSystem): Promise<string> {
  const redis = connectRedis(system.running.redisUrl, "commands");
  const queues = new Queues(redis);
  const analysisId = uuidv7();
  const id = filmJobId(analysisId, 0, "fracture");
  try {
    // Of an analysis that was promised: one that nobody knows has its jobs taken away.
    const ledger = new Ledger(new FileStore(path.join(system.running.dataDir, "store")));
    await ledger.pending.set({ tenant: "ward", id: analysisId });
    await queues.add("fracture", {
      id,
      data: {
        v: 1,
        tenant: "ward",
        analysisId,
        film: 0,
        acceptedAt: Date.now(),
        bone: "hand",
        // No film has it: the job breaks its schema.
        width: 0,
        height: 1000,
        bodyPart: { label: "hand", probability: 1, probabilities: { hand: 1 } },
        model: { name: "bodypart", version: "1.0.0", digest: `sha256:${"0".repeat(64)}` },
        queuedMs: 1,
        bodyPartMs: 1,
      },
    });
    await until("the job fails", 30, async () => (await queues.state("fracture", id)) === "failed");
    return id;
  } finally {
    await queues.close();
    await closeRedis(redis);
  }
}
