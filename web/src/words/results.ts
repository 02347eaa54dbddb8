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

/** A result as lists tell it, where nothing but a colour beside it would say that it is doubtful. */
function withDoubt(result: string, fracture: Analysis["fracture"]): string {
  return fracture?.certainty === "doubtful" ? t("results.doubtful", { result }) : result;
}

/** As `resultOf`, of a whole exam in a list: "Fractured, doubtful · 1 view failed" where the others were read. */
export function examResult(analysis: Analysis): string {
  const { error, fracture, films } = analysis;
  if (error === undefined) return withDoubt(resultOf(analysis), fracture);
  if (!isAnswered(analysis)) return resultOf(analysis);
  const count = films.filter((film) => film.error !== undefined).length;
  return `${withDoubt(foundOf(analysis), fracture)} · ${t("results.viewsFailed", { count })}`;
}

/** As `resultIn`, of a view in a list of an exam's views. */
export function viewResult(analysis: Pick<Analysis, "status">, film: Film): string {
  return withDoubt(resultIn(analysis, film), film.error === undefined ? film.fracture : undefined);
}

/** The body parts that an exam's views show, as far as they were identified. */
export function partsOf({ films }: Pick<Analysis, "films">): string[] {
  const told = films.flatMap(({ bodyPart, outcome }) =>
    bodyPart === undefined || outcome === "not-identified" ? [] : [bodyPart.label],
  );
  return [...new Set(told)];
}

/** "Hand", or "Several parts", since an exam's probability may be of another view than the part that most of them show. */
export function examPart(analysis: Pick<Analysis, "films">): string {
  const parts = partsOf(analysis);
  return parts.length > 1 ? t("parts.several") : partName(parts[0] ?? "");
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

/** The reference and the films' names: of several exams of one reference these tell which is which. */
export function examTitle({ films, reference }: Pick<Analysis, "films" | "reference">): string {
  const [first] = films;
  const named =
    first === undefined || films.length === 1
      ? first && filmTitle(first)
      : t("films.andMore", { name: filmTitle(first), count: films.length - 1 });
  return [reference, named].filter(Boolean).join(" · ");
}
