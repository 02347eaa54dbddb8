import type { LoadedModel, ModelRef } from "@osteon/shared";
import type { Manifest } from "./manifest.js";

/** What `/v1/models` says of a model, but for the engine that runs it. */
export type ModelDescription = Omit<LoadedModel, "engine">;

/** The model that a result names as its own; the digest is of `model.onnx`. */
export function modelRef({ name, version, files }: Manifest): ModelRef {
  return { name, version, digest: files["model.onnx"].digest };
}

/** What `/v1/models` says of the model of a manifest. Needs no engine. */
export function describeModel(manifest: Manifest): ModelDescription {
  const { title, task, classes, metrics, data, licence, attribution } = manifest;
  return {
    ...modelRef(manifest),
    title,
    task,
    ...(manifest.task === "fracture" ? { bone: manifest.bone, thresholds: manifest.thresholds } : {}),
    classes: [...classes],
    metrics: { ...metrics },
    data: { ...data },
    licence,
    attribution: [...attribution],
  };
}
