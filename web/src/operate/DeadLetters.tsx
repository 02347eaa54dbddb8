import { useState } from "react";
import { type DeadLetter, listDeadLetters, retryDeadLetter } from "../api/operate.js";
import { dateTime } from "../messages/format.js";
import { t } from "../messages/index.js";
import { Button } from "../ui/Button.js";
import { say } from "../ui/toasts.js";
import { refusalText } from "../words/refusals.js";
import { usePolled } from "./use-polled.js";

const everyMs = 5_000;

/** What was given up, of all tenants: failed analyses and deliveries that nobody took; and trying them again. */
export function DeadLetters() {
  const { value, problem, refresh } = usePolled(listDeadLetters, everyMs);
  const [busy, setBusy] = useState(false);
  const retry = async (letters: readonly DeadLetter[]) => {
    setBusy(true);
    let retried = 0;
    let refusal: unknown;
    for (const { id } of letters) {
      try {
        await retryDeadLetter(id);
        retried += 1;
      } catch (error) {
        refusal = error;
      }
    }
    if (retried > 0) say(t("operate.retried", { count: retried }));
    if (refusal !== undefined) say(t("common.failed"), refusalText(refusal));
    setBusy(false);
    refresh();
  };
  const letters = value?.data ?? [];
  return (
    <section className="panel" aria-labelledby="dead-letters">
      <header className="panel-head">
        <h2 id="dead-letters">{t("operate.letters")}</h2>
        {letters.length > 1 && (
          <Button icon="retry" onClick={() => retry(letters)} disabled={busy}>
            {t("operate.retryAll", { count: letters.length })}
          </Button>
        )}
      </header>
      {problem !== undefined && <p className="panel-empty">{refusalText(problem)}</p>}
      {value !== undefined && letters.length === 0 && <p className="panel-empty">{t("operate.noLetters")}</p>}
      <ul className="letters">
        {letters.map((letter) => (
          <li key={letter.id}>
            <div>
              <p>
                <strong>{t(`operate.letterKinds.${letter.kind}`)}</strong>{" "}
                <span className="faint">
                  {letter.tenant} · {letter.analysis}
                </span>
              </p>
              <p className="faint">
                {dateTime(letter.at)} · {letter.reason}
              </p>
            </div>
            <Button icon="retry" onClick={() => retry([letter])} disabled={busy}>
              {t(letter.kind === "analysis" ? "common.retry" : "operate.redeliver")}
            </Button>
          </li>
        ))}
      </ul>
      {value?.more === true && <p className="faint">{t("operate.moreLetters")}</p>}
    </section>
  );
}
