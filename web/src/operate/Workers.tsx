import { Link } from "wouter";
import type { Overview } from "../api/operate.js";
import { timeOfDay } from "../messages/format.js";
import { t } from "../messages/index.js";

export function Workers({ workers }: { workers: Overview["workers"] }) {
  return (
    <section className="panel">
      <h2>{t("operate.workersTitle")}</h2>
      {workers.length === 0 ? (
        <p className="panel-empty">{t("operate.noWorkers")}</p>
      ) : (
        <ul className="workers">
          {workers.map(({ id, service, seenAt, models }) => (
            <li key={id}>
              <p>
                <strong>{service}</strong> <span className="faint">{id.slice(0, 8)}</span>
                <span className="faint worker-seen">{t("operate.seen", { at: timeOfDay(seenAt) })}</span>
              </p>
              <p className="worker-models">
                {models.map(({ name, version, engine }) => (
                  <Link key={name} href={`/models/${encodeURIComponent(name)}`} title={engine}>
                    {name} {version}
                  </Link>
                ))}
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
