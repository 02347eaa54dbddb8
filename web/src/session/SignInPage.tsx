import { ProblemError } from "@osteon/client";
import { type FormEvent, useState } from "react";
import { t } from "../messages/index.js";
import { enter } from "../state/session.js";
import { Button } from "../ui/Button.js";
import { Mark } from "../ui/icons.js";
import { disclaimer } from "../words/disclaimer.js";
import { refusalText } from "../words/refusals.js";
import "./session.css";

/** Where keys are on: a key for a session. */
export function SignInPage() {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("key") ?? "");
    setBusy(true);
    setProblem(undefined);
    try {
      if (!(await enter(key))) setProblem(t("session.noCookie"));
    } catch (error) {
      const wrong = error instanceof ProblemError && error.status === 401;
      setProblem(wrong ? t("session.wrong") : refusalText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="sign-in" id="main">
      <form onSubmit={submit}>
        <Mark size={44} />
        <h1>{t("session.title")}</h1>
        <p>{t("session.text")}</p>
        <label className="field">
          {t("session.key")}
          <input
            name="key"
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            required
            placeholder="osk_…"
            aria-invalid={problem !== undefined}
            aria-describedby={problem === undefined ? undefined : "sign-in-problem"}
          />
        </label>
        {problem !== undefined && (
          <p className="field-problem" id="sign-in-problem" role="alert">
            {problem}
          </p>
        )}
        <Button kind="primary" type="submit" disabled={busy}>
          {t("session.enter")}
        </Button>
        <p className="faint">{disclaimer}</p>
      </form>
    </main>
  );
}
