import type { BodyPart, Outcome } from "@osteon/shared";
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
 * @param logits one to each of the manifest's classes
 */
export function classify(
  logits: Float32Array,
  { classes, calibration, decision }: Pick<BodyPartManifest, "classes" | "calibration" | "decision">,
): Classification {
  const probabilities = softmax(logits, calibration.temperature);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const label = classes[best] ?? "";
  const probability = probabilities[best] ?? 0;
  const bodyPart = {
    label,
    probability,
    probabilities: Object.fromEntries(classes.map((name, i) => [name, probabilities[i] ?? 0])),
  };
  return { bodyPart, outcome: outcomeOf(label, probability, decision) };
}

function outcomeOf(label: string, probability: number, decision: BodyPartManifest["decision"]): Outcome {
  if (probability < decision.minimumProbability || decision.unknown.includes(label)) return "not-identified";
  return decision.unsupported.includes(label) ? "unsupported-region" : "analysed";
}

function softmax(logits: Float32Array, temperature: number): number[] {
  const greatest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp((logit - greatest) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
