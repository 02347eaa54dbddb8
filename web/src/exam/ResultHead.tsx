import type { Analysis, Film } from "@osteon/client";
import { percent } from "../messages/format.js";
import { t } from "../messages/index.js";
import { certaintyName, resultIn, toneIn, typeOf } from "../words/results.js";
import { ToneSign } from "./ToneSign.js";

/** "Type: Hand", "Result: Fractured": the answer for one film, in words, colour and sign. */
export function ResultHead({ analysis, film }: { analysis: Analysis; film: Film }) {
  const { bodyPart, fracture } = film;
  const tone = toneIn(analysis, film);
  return (
    <div className="result" data-tone={tone}>
      {bodyPart !== undefined && (
        <p className="result-type">
          <span>{t("results.type")}</span> <strong>{typeOf(film)}</strong>{" "}
          <span className="faint">{percent(bodyPart.probability)}</span>
        </p>
      )}
      <p className="result-answer">
        <ToneSign tone={tone} />
        <span>
          <span className="result-label">{t("results.result")}</span>{" "}
          <strong>{resultIn(analysis, film)}</strong>
        </span>
      </p>
      {fracture !== undefined && (
        <dl className="result-numbers">
          <div>
            <dt>{t("results.probability")}</dt>
            <dd>{percent(fracture.probability)}</dd>
          </div>
          <div>
            <dt>{t("results.certainty")}</dt>
            <dd>{certaintyName(fracture.certainty)}</dd>
          </div>
          {fracture.regions !== undefined && (
            <div>
              <dt>{t("results.regions")}</dt>
              <dd>{fracture.regions.length}</dd>
            </div>
          )}
        </dl>
      )}
    </div>
  );
}
