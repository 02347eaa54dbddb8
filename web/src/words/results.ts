import type { Analysis, Certainty, Film, Fracture } from "@osteon/client";
import { t } from "../messages/index.js";

const parts = ["elbow", "hand", "shoulder", "leg", "hip", "other", "none"] as const;
type Part = (typeof parts)[number];

/** A body part in the reader's words; one that a model of somebody's own names, in the model's. */
export function partName(label: string): string {
  const known = parts.find((part): part is Part => part === label);
  return known === undefined ? label.charAt(0).toUpperCase() + label.slice(1) : t(`parts.${known}`);
}

/** How an answer looks: its colour and sign. */
export type Tone = "fractured" | "doubtful" | "normal" | "none" | "failed" | "running";

type Answer = Pick<Analysis, "fracture" | "outcome"> & { error?: unknown };

/** What one view shows is seen though another failed, but an exam of which a view is missing is never all clear. */
export function toneOf({ fracture, outcome, error }: Answer): Tone {
  if (fracture?.label === "fractured") return "fractured";
  if (fracture?.certainty === "doubtful") return "doubtful";
  if (error !== undefined) return "failed";
  if (fracture !== undefined) return "normal";
  return outcome === undefined ? "running" : "none";
}

/** "Fractured", "Normal", "Not identified" …; empty while nothing is known. */
export function resultOf(answer: Answer): string {
  return answer.error === undefined ? foundOf(answer) : t("results.failed");
}

/** As `resultOf`, whatever failed beside it. */
function foundOf({ fracture, outcome }: Answer): string {
  if (fracture !== undefined) return t(`results.${fracture.label}`);
  if (outcome === "not-identified") return t("results.notIdentified");
  return outcome === "unsupported-region" ? t("results.unsupported") : "";
}

/** Whether an exam has an answer: also one that failed, where another of its views was read. */
export function isAnswered(analysis: Analysis): boolean {
  return foundOf(analysis) !== "";
}

/** As `resultOf`, of a whole exam: "Fractured · 1 view failed" where the others were read. */
export function examResult(analysis: Analysis): string {
  if (analysis.error === undefined || !isAnswered(analysis)) return resultOf(analysis);
  const count = analysis.films.filter(({ error }) => error !== undefined).length;
  return `${foundOf(analysis)} · ${t("results.viewsFailed", { count })}`;
}

/** How a film of an exam looks: of one that was cancelled nothing more is to come. */
export function toneIn({ status }: Pick<Analysis, "status">, film: Film): Tone {
  const tone = toneOf(film);
  return tone === "running" && status === "cancelled" ? "none" : tone;
}

/** As `resultOf`, of a film of an exam that may have been cancelled. */
export function resultIn({ status }: Pick<Analysis, "status">, film: Film): string {
  return resultOf(film) || (status === "cancelled" ? t("steps.cancelled") : "");
}

/** "Hand", or what stands for it where no part was found. */
export function typeOf({ bodyPart, outcome }: Pick<Analysis, "bodyPart" | "outcome">): string {
  if (bodyPart === undefined) return "";
  return outcome === "not-identified" && bodyPart.label !== "none"
    ? t("results.uncertainPart", { part: partName(bodyPart.label) })
    : partName(bodyPart.label);
}

export function certaintyName(certainty: Certainty): string {
  return t(`certainty.${certainty}`);
}

/** What a finding means, and where to look: in its regions, where there are any. Without a heat map nothing is known of places. */
export function explanationOf({ certainty, regions }: Pick<Fracture, "certainty" | "regions">): string {
  if (certainty === "negative") return t("explanations.negative");
  const places = regions === undefined ? "withoutPlaces" : regions.length === 0 ? "nowhere" : "somewhere";
  return t(`explanations.${certainty}.${places}`);
}

export function filmTitle({ name, index }: Pick<Film, "name" | "index">): string {
  return name ?? t("films.film", { number: index + 1 });
}

/** Longest side of the picture that is made of a film, pixels. */
const longestSide = 1024;

/** A film's size, with that of its picture where the film is larger; undefined while it is not known. */
export function sizeOf({ width, height }: Pick<Film, "width" | "height">): string | undefined {
  if (width === undefined || height === undefined) return undefined;
  const scale = longestSide / Math.max(width, height);
  if (scale >= 1) return t("facts.pixels", { width, height });
  const [shownWidth, shownHeight] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  return t("facts.pixelsShown", { width, height, shownWidth, shownHeight });
}

export function examTitle({ films, reference }: Pick<Analysis, "films" | "reference">): string {
  const [first] = films;
  if (reference !== undefined && reference !== "") return reference;
  if (first === undefined) return "";
  return films.length === 1
    ? filmTitle(first)
    : t("films.andMore", { name: filmTitle(first), count: films.length - 1 });
}
