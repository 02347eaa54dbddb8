import type { Analysis, Film } from "@osteon/client";
import { Link } from "wouter";
import { dateTime, duration } from "../messages/format.js";
import { t } from "../messages/index.js";
import { explanationOf, filmTitle, partName, sizeOf, toneIn, toneOf, viewResult } from "../words/results.js";
import { Meaning } from "./Meaning.js";
import { Meter } from "./Meter.js";
import { Progress } from "./Progress.js";
import { ResultHead } from "./ResultHead.js";
import { ToneSign } from "./ToneSign.js";

interface Properties {
  analysis: Analysis;
  film: Film;
  onFilm(film: number): void;
}

/** What was found: of the exam where it has several views, then of the film in hand. */
export function Findings({ analysis, film, onFilm }: Properties) {
  const several = analysis.films.length > 1;
  return (
    <div className="findings" aria-live="polite">
      {several && <ExamSummary {...{ analysis, film, onFilm }} />}
      {several && <h2 className="findings-film">{filmTitle(film)}</h2>}
      {toneIn(analysis, film) === "running" ? (
        <Progress film={film} analysis={analysis} />
      ) : (
        <>
          <ResultHead analysis={analysis} film={film} />
          {toneOf(film) !== "running" && <Explanation film={film} />}
        </>
      )}
      <Facts analysis={analysis} film={film} />
    </div>
  );
}

function ExamSummary({ analysis, film, onFilm }: Properties) {
  return (
    <section className="exam-summary">
      <h2>{t("exam.summary", { count: analysis.films.length })}</h2>
      <ul>
        {analysis.films.map((each) => (
          <li key={each.index}>
            <button
              type="button"
              className="summary-film"
              aria-current={each.index === film.index}
              onClick={() => onFilm(each.index)}
            >
              <ToneSign tone={toneIn(analysis, each)} />
              <span className="summary-name">{filmTitle(each)}</span>
              <span>{viewResult(analysis, each) || t("steps.examining")}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Explanation({ film }: { film: Film }) {
  const { fracture, outcome, error, bodyPart, models } = film;
  if (error !== undefined) {
    return (
      <p className="explanation">
        <strong>{error.title}</strong> {error.detail}
      </p>
    );
  }
  if (fracture !== undefined) {
    return (
      <>
        <Meter probability={fracture.probability} thresholds={models?.fracture?.thresholds} />
        <p className="explanation">{explanationOf(fracture)}</p>
        {models?.fracture !== undefined && (
          <Meaning model={models.fracture} part={partName(bodyPart?.label ?? "").toLowerCase()} />
        )}
      </>
    );
  }
  const reason =
    outcome === "unsupported-region"
      ? t("explanations.unsupported", { part: partName(bodyPart?.label ?? "").toLowerCase() })
      : t(bodyPart?.label === "none" ? "explanations.noFilm" : "explanations.uncertain");
  return (
    <div className="explanation">
      <p>{reason}</p>
      <p>
        <Link href="/rules">{t("explanations.rules")}</Link>
      </p>
    </div>
  );
}

function Facts({ analysis, film }: { analysis: Analysis; film: Film }) {
  const { timings, createdAt, reference } = analysis;
  const rows = [
    [t("facts.received"), dateTime(createdAt)],
    [t("facts.reference"), reference],
    [t("facts.took"), timings.totalMs === undefined ? undefined : duration(timings.totalMs)],
    [t("facts.size"), sizeOf(film)],
    [t("facts.models"), modelsOf(film)],
    [t("facts.id"), analysis.id],
  ] as const;
  return (
    <dl className="facts">
      {rows.map(([name, value]) =>
        value === undefined || value === "" ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function modelsOf({ models }: Film): string {
  return [models?.bodyPart, models?.fracture]
    .flatMap((model) => (model === undefined ? [] : [`${model.name} ${model.version}`]))
    .join(", ");
}
