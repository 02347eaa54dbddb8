import { useEffect, useState } from "react";
import { getOverview, type Overview } from "../api/operate.js";
import { count, timeOfDay } from "../messages/format.js";
import { t } from "../messages/index.js";
import { Loading, Notice } from "../ui/Notice.js";
import { refusalText } from "../words/refusals.js";
import { DeadLetters } from "./DeadLetters.js";
import { Queues } from "./Queues.js";
import { Sparkline } from "./Sparkline.js";
import { usePolled } from "./use-polled.js";
import { Webhooks } from "./Webhooks.js";
import { Workers } from "./Workers.js";
import "./operate.css";

const everyMs = 2_000;
/** Samples that the throughput's line shows: four minutes. */
const kept = 120;

/** For who runs it: queues, workers, throughput, and what was given up. */
export default function OperatePage() {
  const { value, problem } = usePolled(getOverview, everyMs);
  const rates = useRates(value);
  if (value === undefined) {
    return (
      <main className="operate" id="main">
        {problem === undefined ? (
          <Loading label={t("operate.loading")} />
        ) : (
          <Notice icon="alert" title={t("common.failed")}>
            <p>{refusalText(problem)}</p>
          </Notice>
        )}
      </main>
    );
  }
  const { films, queues, workers, at } = value;
  const failed = queues.reduce((sum, queue) => sum + queue.failed, 0);
  return (
    <main className="operate" id="main">
      <header className="page-head">
        <h1>{t("operate.title")}</h1>
        <p data-stale={problem !== undefined}>
          {problem === undefined ? t("operate.live", { at: timeOfDay(at) }) : refusalText(problem)}
        </p>
      </header>
      <section className="figures" aria-label={t("operate.figures")}>
        <Figure name={t("operate.backlog")} value={count(films.backlog)} />
        <Figure name={t("operate.perSecond")} value={count(rates.at(-1) ?? 0, 1)}>
          <Sparkline values={rates} label={t("operate.throughput")} />
        </Figure>
        <Figure name={t("operate.ended")} value={count(films.ended)} />
        <Figure name={t("operate.workers")} value={count(workers.length)} alarm={workers.length === 0} />
        <Figure name={t("operate.failed")} value={count(failed)} alarm={failed > 0} />
      </section>
      <Queues queues={queues} />
      <Workers workers={workers} />
      <DeadLetters />
      <Webhooks />
    </main>
  );
}

interface FigureProperties {
  name: string;
  value: string;
  alarm?: boolean;
  children?: React.ReactNode;
}

function Figure({ name, value, alarm = false, children }: FigureProperties) {
  return (
    <div className="figure" data-alarm={alarm}>
      <p className="figure-name">{name}</p>
      <p className="figure-value">{value}</p>
      {children}
    </div>
  );
}

/** Films that ended a second, from one look to the next. */
function useRates(value: Overview | undefined): readonly number[] {
  const [rates, setRates] = useState<{ last?: Overview; rates: readonly number[] }>({ rates: [] });
  useEffect(() => {
    if (value === undefined) return;
    setRates(({ last, rates: before }) => {
      const seconds = last === undefined ? 0 : (Date.parse(value.at) - Date.parse(last.at)) / 1000;
      if (last === undefined || seconds <= 0) return { last: value, rates: before };
      // The count begins anew where Redis was wiped.
      const rate = Math.max(0, value.films.ended - last.films.ended) / seconds;
      return { last: value, rates: [...before, rate].slice(-kept) };
    });
  }, [value]);
  return rates.rates;
}
