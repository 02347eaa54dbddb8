import assert from "node:assert/strict";
import path from "node:path";
import { type Analysis, FileStore, Ledger } from "@osteon/shared";
import sharp from "sharp";
import { v7 as uuidv7 } from "uuid";
import { annotations, filmBytes } from "./films.js";
import type { TestSystem } from "./system.js";

/** Examines fractured films of the test split until one is found to be so certainly broken, with a region. */
export async function exampleOf(
  { client }: TestSystem,
  certainty: "doubtful" | "positive",
): Promise<Analysis> {
  for (const { file } of annotations.filter(({ split, fractured }) => split === "test" && fractured)) {
    const { body } = await client.submit([{ name: "名前 & name.jpg", bytes: filmBytes(file) }], {
      reference: `ref ${file}`,
    });
    const analysis = await client.ended(body.id);
    const { fracture } = analysis.films[0] ?? {};
    if (fracture?.certainty === certainty && (fracture.regions?.length ?? 0) > 0) return analysis;
  }
  assert.fail(`no fractured film of the test split is ${certainty}`);
}

/** Examines what is no film. */
export async function unidentifiedExam({ client }: TestSystem): Promise<Analysis> {
  const [width, height] = [400, 300];
  // The same each time: what the model says of one noise it may not say of another.
  const noise = Uint8Array.from({ length: width * height }, (_, at) => 127.5 * (1 + Math.sin(at * at)));
  const bytes = await sharp(noise, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
  const { body } = await client.submit([{ name: "noise.png", bytes }]);
  return client.ended(body.id);
}

/** Writes copies of an ended exam of one film into the store, as if each had been examined: `copy 1`, `copy 2` … */
export async function copyExam({ running }: TestSystem, exam: Analysis, copies: number): Promise<void> {
  const ledger = new Ledger(new FileStore(path.join(running.dataDir, "store")));
  const { value: tenant } = await ledger.tenants().next();
  assert.ok(typeof tenant === "string");
  const ref = { tenant, id: exam.id };
  const [request, image] = await Promise.all([ledger.request(ref), ledger.image(ref, 0)]);
  assert.ok(request !== undefined && image !== undefined);
  for (let copy = 1; copy <= copies; copy += 1) {
    const id = uuidv7();
    const reference = `copy ${copy}`;
    await ledger.prepare({ ...request, id, reference }, [image]);
    await ledger.accept({ ...request, id, reference }, [image]);
    await ledger.putImage({ tenant, id }, 0, image);
    await ledger.results.put({ tenant, id }, { ...exam, id, reference }, []);
    await ledger.pending.remove(id);
  }
}
