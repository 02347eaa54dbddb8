import { isDeepStrictEqual } from "node:util";
import type { LoadedModel, ModelRef } from "@osteon/shared";
import type { Bundle } from "./bundle.js";
import type { Manifest } from "./manifest.js";

/**
 * The edition that a result names as its own.
 *
 * @param manifest the bundle's, with the operating points in force
 */
export function modelRef({ manifestDigest, modelFile }: Bundle, manifest: Manifest): ModelRef {
  const { name, version, files } = manifest;
  const { digest } = files[modelFile] ?? files["model.onnx"];
  const ref = { name, version, digest, manifestDigest };
  return manifest.task === "fracture"
    ? { ...ref, thresholds: { ...manifest.thresholds } }
    : { ...ref, minimumProbability: manifest.decision.minimumProbability };
}

/** What `/v1/models` says of a model that `engine` runs. */
export function describeModel(bundle: Bundle, manifest: Manifest, engine: string): LoadedModel {
  const { name, title, task, classes, metrics, data, licence, attribution } = manifest;
  return {
    ...modelRef(bundle, manifest),
    title,
    engine,
    task,
    ...(manifest.task === "fracture" ? { bone: manifest.bone } : {}),
    classes: [...classes],
    operatingPointsFrom: isDeepStrictEqual(manifest, bundle.manifest) ? "bundle" : "configuration",
    metrics: { ...metrics },
    data: { ...data },
    licence,
    attribution: [...attribution],
    ...(bundle.card === undefined ? {} : { card: `/v1/models/${name}/card` }),
  };
}
