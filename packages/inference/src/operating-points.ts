import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bone, bones, ProblemError, Thresholds } from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import type { FoundBundle } from "./bundle.js";
import { type FractureManifest, type Manifest, schemaFaults, thresholdsAscend } from "./manifest.js";
import type { Precision } from "./precision.js";

const strict = { additionalProperties: false } as const;
const BoneThresholds = Type.Optional(Type.Partial(Type.Object(Thresholds.properties), strict));

/** Operating points that replace the bundles' own; what is left out stays as the bundle has it. */
export const OperatingPoints = Type.Object(
  {
    /** Of the best class of the body-part model; below it, a film is not identified. */
    minimumProbability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** On a bone's calibrated probability of a fracture. */
    thresholds: Type.Optional(
      Type.Object(
        Object.fromEntries(bones.map((bone) => [bone, BoneThresholds])) as Record<
          Bone,
          typeof BoneThresholds
        >,
        strict,
      ),
    ),
  },
  strict,
);
export type OperatingPoints = Static<typeof OperatingPoints>;

/** Where models are read from: what MODELS_DIR, INFERENCE_PRECISION and OPERATING_POINTS say. */
export interface ModelSource {
  readonly folder: string;
  /** Default: fp32. */
  readonly precision?: Precision;
  readonly operatingPoints?: string | undefined;
}

/**
 * Reads the operating points: from the file that is named, which must be there; without one, from `operating-points.json` in
 * the folder of models, which need not.
 *
 * @throws ProblemError `config-invalid` that lists every fault
 */
export async function readOperatingPoints({
  folder,
  operatingPoints,
}: ModelSource): Promise<OperatingPoints> {
  const file = operatingPoints ?? join(folder, "operating-points.json");
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (operatingPoints === undefined && code === "ENOENT") return {};
    throw invalid([code === undefined ? "is no JSON" : `cannot be read (${code})`]);
  }
  const faults = schemaFaults(OperatingPoints, value).map(({ pointer, detail }) => `${pointer} ${detail}`);
  if (faults.length > 0) throw invalid(faults);
  return value as OperatingPoints;
}

/**
 * The same, tried on all bundles that were found, whatever their task: so all workers refuse the same file.
 *
 * @throws ProblemError `config-invalid` that lists every fault
 */
export async function operatingPointsFor(
  source: ModelSource,
  found: readonly FoundBundle[],
): Promise<OperatingPoints> {
  const points = await readOperatingPoints(source);
  withOperatingPoints(
    found.flatMap(({ manifest }) => manifest ?? []),
    points,
  );
  return points;
}

/**
 * The manifests with the operating points in force, in their order: the same object where nothing is replaced in it.
 *
 * @throws ProblemError `config-invalid` that lists every fault
 */
export function withOperatingPoints<M extends Manifest>(
  manifests: readonly M[],
  points: OperatingPoints,
): M[] {
  const faults: string[] = [];
  const inForce = manifests.map((manifest): M => {
    if (manifest.task === "bodypart") {
      const { minimumProbability } = points;
      if (minimumProbability === undefined) return manifest;
      return { ...manifest, decision: { ...manifest.decision, minimumProbability } };
    }
    const given = points.thresholds?.[manifest.bone];
    if (given === undefined) return manifest;
    const thresholds: FractureManifest["thresholds"] = { ...manifest.thresholds, ...given };
    if (!thresholdsAscend(thresholds))
      faults.push(`/thresholds/${manifest.bone} must be sensitive <= balanced <= specific`);
    return { ...manifest, thresholds };
  });
  if (faults.length > 0) throw invalid(faults);
  return inForce;
}

function invalid(faults: string[]): ProblemError {
  const detail = faults.map((fault) => `OPERATING_POINTS ${fault}`).join("\n");
  return new ProblemError("config-invalid", detail, { retryable: false });
}
