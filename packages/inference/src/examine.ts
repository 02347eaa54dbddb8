import type { Heatmap, Placement } from "@osteon/imaging";
import { type Certainty, type Fracture, ProblemError } from "@osteon/shared";
import type { FractureManifest } from "./manifest.js";
import { findRegions } from "./regions.js";

/**
 * Interprets a fracture model's answer: the probability by Platt scaling, the label at the balanced threshold, the
 * certainty from the outer two. Regions are given wherever the heat map is hot, unless the film is certainly negative: a
 * reader who is told "doubtful" should see where. A model without a heat map gives no regions.
 *
 * @throws ProblemError `engine-failed` where the model gave no number: that is no answer, least of all "normal".
 */
export function examine(
  logit: number,
  heatmap: Heatmap | undefined,
  placement: Placement,
  manifest: Pick<FractureManifest, "calibration" | "thresholds" | "regions">,
): Fracture {
  const { calibration, regions } = manifest;
  const { scale, offset } = calibration;
  const probability = 1 / (1 + Math.exp(-(scale * logit + offset)));
  if (
    !Number.isFinite(logit) ||
    !Number.isFinite(probability) ||
    heatmap?.data.every(Number.isFinite) === false
  )
    throw new ProblemError("engine-failed", "The model gave what is no number.");
  const certainty = certaintyOf(probability, manifest.thresholds);
  return {
    label: probability >= manifest.thresholds.balanced ? "fractured" : "normal",
    probability,
    certainty,
    ...(heatmap === undefined || regions === undefined
      ? {}
      : { regions: certainty === "negative" ? [] : findRegions(heatmap, placement, regions) }),
  };
}

function certaintyOf(probability: number, thresholds: FractureManifest["thresholds"]): Certainty {
  if (probability >= thresholds.specific) return "positive";
  return probability < thresholds.sensitive ? "negative" : "doubtful";
}
