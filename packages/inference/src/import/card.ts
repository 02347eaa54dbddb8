import type { Manifest } from "../manifest.js";

/**
 * The draft of an imported model's card: what is known, and what its owner has to add.
 *
 * @param outputs the numbers that the file gives, in its order
 */
export function draftCard(
  manifest: Manifest,
  { file, outputs, parity }: Readonly<Record<"file" | "outputs" | "parity", string>>,
): string {
  const { title, input, licence, data } = manifest;
  const { width, height, channels = 1, fit, resample, contrast, mean, std } = input;
  const unsupported = manifest.task === "bodypart" ? manifest.decision.unsupported : [];
  const decision =
    manifest.task === "bodypart"
      ? `A film is \`not-identified\` where no class reaches ${manifest.decision.minimumProbability}${
          manifest.decision.unknown.length === 0
            ? ": the model has no class for a picture that is no film, nor for films of regions that it was not taught, so it takes either for the part that it resembles most, and this threshold is all that stands against it"
            : ""
        }.${unsupported.length === 0 ? "" : ` Films of ${unsupported.join(", ")} are \`unsupported-region\`.`}`
      : `\`fractured\` from ${manifest.thresholds.balanced}; \`negative\` below ${manifest.thresholds.sensitive}, \`positive\` from ${manifest.thresholds.specific}. These thresholds were set by hand: whoever knows films that the model was not trained on should measure them. The model gives no heat map, so answers have no regions.`;
  return `# ${title}

Imported from \`${file}\`. **Research use only: no medical device.**

| | |
| --- | --- |
| outputs of the file | ${outputs} |
| input | ${width} × ${height}, ${channels} channel${channels === 1 ? "" : "s"}, ${fit}, ${resample} |
| preprocessing | levels to 0..${contrast.method === "none" ? contrast.maximum : 1}, minus ${[mean].flat().join(", ")}, through ${[std].flat().join(", ")} |
| licence | ${licence} |
| data | ${data.name} |
| parity | ${parity} |

## Decision

${decision}

Probabilities are the model's own, without calibration.

## Metrics

None were measured here. \`npm run models -- evaluate --models FOLDER --data FOLDER\` measures them on films that you have.

## To be added by its owner

What it was trained on, on which split it was measured with which result, its limits, and whose films these were.
`;
}
