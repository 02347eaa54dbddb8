import { type LoadedModel, type ModelRef, OsteonError } from "@osteon/client";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { osteon } from "../api/osteon.js";
import { percent } from "../messages/format.js";
import { t } from "../messages/index.js";
import { Button } from "../ui/Button.js";
import { asRefusal } from "../words/refusals.js";
import { type Measured, metricsOf } from "./metrics.js";

let asked: Promise<LoadedModel[]> | undefined;

/** The loaded models, asked for once in a while: they change when an operator replaces them. */
function useModels(): { models: LoadedModel[] | OsteonError | undefined; retry(): void } {
  const [models, setModels] = useState<LoadedModel[] | OsteonError>();
  const [tries, setTries] = useState(1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try is to be made at once.
  useEffect(() => {
    if (asked === undefined) {
      const now = osteon.models();
      asked = now;
      const forget = () => {
        if (asked === now) asked = undefined;
      };
      now.catch(forget);
      setTimeout(forget, 60_000);
    }
    asked.then(setModels, (error: unknown) => setModels(asRefusal(error)));
  }, [tries]);
  const retry = () => {
    setModels(undefined);
    setTries((before) => before + 1);
  };
  return { models, retry };
}

/** What the model's numbers mean at this operating point, in counts that a person can picture. */
export function Meaning({ model, part }: { model: ModelRef; part: string }) {
  return (
    <section className="meaning">
      <h2>{t("meaning.title")}</h2>
      <Told {...{ model, part }} />
    </section>
  );
}

/** The numbers, or why there are none. */
function Told({ model, part }: { model: ModelRef; part: string }) {
  const { models, retry } = useModels();
  if (models === undefined) return null;
  if (models instanceof OsteonError) {
    return (
      <p>
        {t("meaning.failed")} <Button onClick={retry}>{t("common.retry")}</Button>
      </p>
    );
  }
  const editions = models.filter(({ name }) => name === model.name);
  const loaded = editions.find(({ digest }) => digest === model.digest);
  // The card of another edition is no card of this one.
  if (loaded === undefined) return <p>{t(editions.length > 0 ? "meaning.replaced" : "meaning.away")}</p>;
  return (
    <>
      <Numbers {...{ loaded, part }} />
      <p>
        <Link href={`/models/${encodeURIComponent(model.name)}`}>
          {t("meaning.card", { name: model.name, version: model.version })}
        </Link>
      </p>
    </>
  );
}

function Numbers({ loaded, part }: { loaded: LoadedModel; part: string }) {
  const { sensitivity, specificity, films, fractured } = metricsOf(loaded);
  if (sensitivity === undefined || specificity === undefined) return <p>{t("meaning.unmeasured")}</p>;
  return (
    <>
      <ul>
        <Line
          name={t("meaning.sensitivityName")}
          text="meaning.sensitivity"
          measured={sensitivity}
          films={fractured}
          part={part}
        />
        <Line
          name={t("meaning.specificityName")}
          text="meaning.specificity"
          measured={specificity}
          films={films !== undefined && fractured !== undefined ? films - fractured : undefined}
          part={part}
        />
      </ul>
      <p className="faint">
        {films !== undefined && t("meaning.measured", { count: films })}{" "}
        {loaded.operatingPointsFrom === "configuration" && t("meaning.ownThresholds")}
      </p>
    </>
  );
}

/** Of fewer films, what became of a hundred is not to be told. */
const enough = 20;

interface LineProperties {
  name: string;
  text: "meaning.sensitivity" | "meaning.specificity";
  measured: Measured;
  /** That it was measured on; undefined where the bundle does not tell. */
  films: number | undefined;
  part: string;
}

function Line({ name, text, measured: { value, low, high }, films, part }: LineProperties) {
  const few = films !== undefined && films < enough;
  return (
    <li>
      <strong>
        {name} {percent(value)}
      </strong>{" "}
      <span className="faint">{t("meaning.interval", { low: percent(low), high: percent(high) })}</span>
      <br />
      {few
        ? t(`${text}Few`, { count: films, of: Math.round(value * films), part })
        : t(text, { of100: Math.round(value * 100), part })}
    </li>
  );
}
