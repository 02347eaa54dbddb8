import { type BodyPart, type Outcome, ProblemError } from "@osteon/shared";
import type { BodyPartManifest } from "./manifest.js";

/** The body part of a film and what follows from it. */
export interface Classification {
  readonly bodyPart: BodyPart;
  readonly outcome: Outcome;
}

/**
 * Interprets the body-part model's logits: probabilities by temperature scaling (Guo et al. 2017), and the manifest's
 * decision on the most probable class. A class that is too improbable is not identified.
 *
 * A hint of the region is taken at one place only: it lifts the floor for the class that it names. It changes no probability
 * and no label, so a wrong one costs nothing where the model is sure, and makes no film of what looks like none.
 *
 * @param logits one to each of the manifest's classes
 * @param hint what the sender takes the film for
 * @throws ProblemError `engine-failed` where the model gave no numbers
 */
export function classify(
  logits: Float32Array,
  { classes, calibration, decision }: Pick<BodyPartManifest, "classes" | "calibration" | "decision">,
  hint?: string,
): Classification {
  if (!logits.every(Number.isFinite))
    throw new ProblemError("engine-failed", "The model gave what is no number.");
  const probabilities = softmax(logits, calibration.temperature);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const label = classes[best] ?? "";
  const probability = probabilities[best] ?? 0;
  const bodyPart = {
    label,
    probability,
    probabilities: Object.fromEntries(classes.map((name, i) => [name, probabilities[i] ?? 0])),
  };
  const sure = probability >= decision.minimumProbability || label === hint;
  return { bodyPart, outcome: sure ? outcomeOf(label, decision) : "not-identified" };
}

function outcomeOf(label: string, decision: BodyPartManifest["decision"]): Outcome {
  if (decision.unknown.includes(label)) return "not-identified";
  return decision.unsupported.includes(label) ? "unsupported-region" : "analysed";
}

function softmax(logits: Float32Array, temperature: number): number[] {
  const greatest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp((logit - greatest) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
