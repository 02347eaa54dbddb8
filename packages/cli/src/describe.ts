import type { Analysis, Film } from "@osteon/client";
import { printable } from "@osteon/shared/command-line";

const percent = (probability: number) => `${(probability * 100).toFixed(1)} %`;

/** An analysis for people: a line for the exam, and one for each film where there are several. */
export function describeAnalysis(analysis: Analysis): string {
  const { id, status, reference, bodyPart, fracture, outcome, films, error } = analysis;
  const [only] = films;
  const head = [
    id,
    status,
    ...(films.length === 1 && only?.name !== undefined ? [printable(only.name)] : []),
    ...(reference === undefined ? [] : [`(${printable(reference)})`]),
    finding({ bodyPart, fracture, outcome, error }),
  ];
  const views =
    films.length === 1
      ? []
      : films.map((film) => `  film ${film.index}  ${printable(film.name ?? "")}  ${finding(film)}`);
  return [head.filter((each) => each !== "").join("  "), ...views].join("\n");
}

function finding({
  bodyPart,
  fracture,
  outcome,
  error,
}: {
  bodyPart?: Film["bodyPart"] | Analysis["bodyPart"] | undefined;
  fracture?: Analysis["fracture"] | undefined;
  outcome?: Film["outcome"] | undefined;
  error?: Film["error"] | undefined;
}): string {
  if (error !== undefined) return `${error.code}: ${printable(error.detail)}`;
  const part = bodyPart === undefined ? "" : `${bodyPart.label} ${percent(bodyPart.probability)}`;
  if (fracture !== undefined)
    return `${part}  ${fracture.label} ${percent(fracture.probability)} (${fracture.certainty})`;
  return outcome === undefined || outcome === "analysed" ? part : `${outcome}  ${part}`;
}
