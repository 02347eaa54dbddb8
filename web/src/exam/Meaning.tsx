import type { LoadedModel, ModelRef } from "@osteon/client";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { osteon } from "../api/osteon.js";
import { percent } from "../messages/format.js";
import { t } from "../messages/index.js";
import { type Measured, metricsOf } from "./metrics.js";

let asked: Promise<LoadedModel[]> | undefined;

/** The loaded models, asked for once in a while: they change when an operator replaces them. */
function useModels(): LoadedModel[] | undefined {
  const [models, setModels] = useState<LoadedModel[]>();
  useEffect(() => {
    asked ??= osteon.models().catch(() => {
      asked = undefined;
      return [];
    });
    setTimeout(() => {
      asked = undefined;
    }, 60_000);
    void asked.then(setModels);
  }, []);
  return models;
}

/** What the model's numbers mean at this operating point, in counts that a person can picture. */
export function Meaning({ model, part }: { model: ModelRef; part: string }) {
  const models = useModels();
  const loaded = models?.find(({ name, digest }) => name === model.name && digest === model.digest);
  return (
    <section className="meaning">
      <h2>{t("meaning.title")}</h2>
      {loaded === undefined ? (
        models !== undefined && <p>{t("meaning.replaced")}</p>
      ) : (
        <Numbers {...{ loaded, part }} />
      )}
      <p>
        <Link href={`/models/${encodeURIComponent(model.name)}`}>
          {t("meaning.card", { name: model.name, version: model.version })}
        </Link>
      </p>
    </section>
  );
}

function Numbers({ loaded, part }: { loaded: LoadedModel; part: string }) {
  const { sensitivity, specificity, films } = metricsOf(loaded);
  if (sensitivity === undefined || specificity === undefined) return <p>{t("meaning.unmeasured")}</p>;
  return (
    <>
      <ul>
        <Line
          name={t("meaning.sensitivityName")}
          text="meaning.sensitivity"
          measured={sensitivity}
          part={part}
        />
        <Line
          name={t("meaning.specificityName")}
          text="meaning.specificity"
          measured={specificity}
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

interface LineProperties {
  name: string;
  text: "meaning.sensitivity" | "meaning.specificity";
  measured: Measured;
  part: string;
}

function Line({ name, text, measured: { value, low, high }, part }: LineProperties) {
  return (
    <li>
      <strong>
        {name} {percent(value)}
      </strong>{" "}
      <span className="faint">{t("meaning.interval", { low: percent(low), high: percent(high) })}</span>
      <br />
      {t(text, { of100: Math.round(value * 100), part })}
    </li>
  );
}
