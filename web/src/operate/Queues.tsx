import type { Overview } from "../api/operate.js";
import { count } from "../messages/format.js";
import { t } from "../messages/index.js";

/** What is wider than its place must be scrollable by keys too. */
const scrolled = { tabIndex: 0 } as const;

export function Queues({ queues }: { queues: Overview["queues"] }) {
  const most = Math.max(1, ...queues.map(({ waiting, active, delayed }) => waiting + active + delayed));
  return (
    <section className="panel">
      <header className="panel-head">
        <h2>{t("operate.queues")}</h2>
        <a href="/operate/queues" target="_blank" rel="noopener">
          {t("operate.board")}
        </a>
      </header>
      <section className="table-scroll" aria-label={t("operate.queues")} {...scrolled}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("operate.queue")}</th>
              <th scope="col">{t("operate.load")}</th>
              {(["waiting", "active", "delayed", "failed", "takers"] as const).map((name) => (
                <th key={name} scope="col" className="number">
                  {t(`operate.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {queues.map(({ kind, waiting, active, delayed, failed, workers }) => (
              <tr key={kind}>
                <th scope="row">{t(`operate.kinds.${kind}`)}</th>
                <td>
                  <progress
                    value={waiting + active + delayed}
                    max={most}
                    aria-label={t("operate.loadOf", { queue: t(`operate.kinds.${kind}`) })}
                  />
                </td>
                <td className="number">{count(waiting)}</td>
                <td className="number">{count(active)}</td>
                <td className="number">{count(delayed)}</td>
                <td className="number" data-alarm={failed > 0}>
                  {count(failed)}
                </td>
                <td className="number" data-alarm={workers === 0}>
                  {count(workers)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
