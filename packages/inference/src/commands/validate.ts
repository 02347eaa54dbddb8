import { join } from "node:path";
import { ProblemError, toProblem } from "@osteon/shared";
import { type FoundBundle, findBundles, loadBundle, type ModelFile, modelFileOf } from "../bundle.js";
import type { InferenceEngine } from "../engine.js";
import { unexaminedBones } from "../examined-bones.js";
import type { Manifest } from "../manifest.js";
import { type ModelSource, operatingPointsFor } from "../operating-points.js";
import type { Precision } from "../precision.js";
import type { ModelsTerminal } from "./terminal.js";

interface Problem {
  code: string;
  detail: string;
}

/** What was found of a bundle: the files that answered their warm-up film right, and what is wrong. */
interface Validated {
  name: string;
  version?: string;
  valid: ModelFile[];
  problems: Problem[];
}

/**
 * Prints what is wrong with the bundles of a folder and its operating points, as workers would find it, and what is missing.
 *
 * @param precisions in which each bundle is tried that has a model in it
 * @returns whether workers start on it
 * @throws ProblemError `model-missing` where there is no bundle
 */
export async function validateCommand(
  engine: InferenceEngine,
  source: ModelSource,
  precisions: readonly Precision[],
  terminal: ModelsTerminal,
): Promise<boolean> {
  const found = await findBundles(source.folder);
  const bundles: Validated[] = [];
  for (const each of found) bundles.push(await validate(engine, source.folder, each, precisions));
  const manifests = found.flatMap(({ manifest }) => manifest ?? []);
  const faults = await pointFaults(source, found);
  // A manifest that cannot be read may be of any task.
  if (manifests.length === found.length) faults.push(...missingTasks(manifests));
  const notes = unusedParts(manifests);
  const well = faults.length === 0 && bundles.every(({ problems }) => problems.length === 0);
  if (terminal.json) {
    terminal.out(JSON.stringify({ valid: well, bundles, faults, notes }, null, 2));
    return well;
  }
  for (const { name, version, valid, problems } of bundles) {
    if (valid.length > 0)
      terminal.out(`${name} ${version}: valid, and answers its warm-up film right by ${valid.join(" and ")}`);
    for (const { code, detail } of problems) terminal.err(`${code}: ${detail}`);
  }
  for (const { code, detail } of faults) terminal.err(`${code}: ${detail}`);
  for (const note of notes) terminal.err(note);
  return well;
}

async function validate(
  engine: InferenceEngine,
  folder: string,
  { name, manifest, problem }: FoundBundle,
  precisions: readonly Precision[],
): Promise<Validated> {
  const validated: Validated = { name, valid: [], problems: problem === undefined ? [] : [told(problem)] };
  if (manifest === undefined) return validated;
  validated.version = manifest.version;
  for (const file of new Set(precisions.map((precision) => modelFileOf(manifest, precision)))) {
    try {
      const bundle = await loadBundle(join(folder, name), file === "model.int8.onnx" ? "int8" : "fp32");
      await (await engine.load(bundle)).dispose();
      validated.valid.push(file);
    } catch (error) {
      const { code, detail } = toProblem(error);
      validated.problems.push({ code, detail: `${detail} (${file})` });
    }
  }
  return validated;
}

async function pointFaults(source: ModelSource, found: readonly FoundBundle[]): Promise<Problem[]> {
  try {
    await operatingPointsFor(source, found);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.detail.split("\n").map((detail) => ({ code: error.code, detail }));
  }
}

/** The tasks whose workers would not start. */
function missingTasks(manifests: readonly Manifest[]): Problem[] {
  const missing = (["bodypart", "fracture"] as const).filter(
    (task) => !manifests.some((manifest) => manifest.task === task),
  );
  return missing.map((task) => ({
    code: "model-missing",
    detail: `There is no bundle of the task ${task}: its workers do not start.`,
  }));
}

/** Parts that are told and not examined, and the other way round. */
function unusedParts(manifests: readonly Manifest[]): string[] {
  const part = manifests.find((manifest) => manifest.task === "bodypart");
  const bones = manifests.flatMap((manifest) => (manifest.task === "fracture" ? [manifest.bone] : []));
  if (part === undefined || bones.length === 0) return [];
  const unasked = bones.filter((bone) => !part.decision.supported.includes(bone));
  return [
    ...unexaminedBones(part, bones).map(
      (bone) => `No fracture bundle is for the ${bone}: its films end as unsupported-region.`,
    ),
    ...unasked.map(
      (bone) => `The body-part model knows no ${bone}: the fracture bundle for it is never asked.`,
    ),
  ];
}

function told({ code, detail }: ProblemError): Problem {
  return { code, detail };
}
