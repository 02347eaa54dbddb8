import type { Analysis, Film } from "@osteon/client";
import { dateTime, percent } from "../messages/format.js";
import { t } from "../messages/index.js";
import { disclaimer } from "../words/disclaimer.js";
import {
  certaintyName,
  examTitle,
  filmTitle,
  resultIn,
  type Tone,
  toneIn,
  typeOf,
} from "../words/results.js";

/** What a report says of one film, in lines; the same in picture and PDF. */
export interface Report {
  title: string;
  tone: Tone;
  type: string;
  result: string;
  /** Name and value. */
  facts: readonly (readonly [string, string])[];
  disclaimer: string;
}

/** Osteon's own version, from the build. */
declare const __OSTEON_VERSION__: string;

export function reportOf(analysis: Analysis, film: Film): Report {
  const { fracture, models } = film;
  const facts: (readonly [string, string | undefined])[] = [
    [t("results.probability"), fracture === undefined ? undefined : percent(fracture.probability, 1)],
    [t("results.certainty"), fracture === undefined ? undefined : certaintyName(fracture.certainty)],
    [t("results.regions"), fracture?.regions === undefined ? undefined : regionsText(film)],
    [t("results.partProbability"), film.bodyPart && percent(film.bodyPart.probability, 1)],
    [t("facts.film"), filmTitle(film)],
    [t("facts.reference"), analysis.reference],
    [t("facts.received"), dateTime(analysis.createdAt)],
    [t("facts.examined"), analysis.completedAt && dateTime(analysis.completedAt)],
    [
      t("facts.models"),
      [models?.bodyPart, models?.fracture]
        .flatMap((model) => (model === undefined ? [] : [`${model.name} ${model.version}`]))
        .join(", "),
    ],
    [t("facts.software"), `Osteon ${__OSTEON_VERSION__}`],
    [t("facts.id"), analysis.id],
  ];
  return {
    title: examTitle(analysis),
    tone: toneIn(analysis, film),
    type: typeOf(film),
    result: resultIn(analysis, film),
    facts: facts.flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value] as const],
    ),
    disclaimer,
  };
}

function regionsText({ fracture }: Film): string {
  const regions = fracture?.regions ?? [];
  if (regions.length === 0) return "0";
  return `${regions.length} (${regions.map(({ score }) => percent(score)).join(", ")})`;
}
