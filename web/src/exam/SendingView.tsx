import { percent } from "../messages/format.js";
import { t } from "../messages/index.js";
import type { Exam } from "../state/exams.js";
import { resend } from "../state/sending.js";
import { Button } from "../ui/Button.js";
import { refusalText, waitingText } from "../words/refusals.js";
import { useObjectUrl } from "./use-object-url.js";

/** An exam that the gateway does not have yet: its films as they are here, and how far they are. */
export function SendingView({ exam }: { exam: Exam }) {
  const { sending } = exam;
  // The previews are small: here the film itself is shown, where the browser can.
  const at = sending?.previews.findIndex((each) => each !== undefined) ?? -1;
  const preview = useObjectUrl(sending?.films[at]);
  if (sending === undefined) return null;
  const { state, share, problem } = sending;
  return (
    <div className="sending">
      {preview !== undefined && <img src={preview} alt={t("exam.preview")} />}
      <div className="sending-state" role="status">
        {state === "refused" ? (
          <>
            <h2>{t("exam.refused")}</h2>
            <p>{refusalText(problem)}</p>
            <Button icon="retry" kind="primary" onClick={() => resend(exam.key)}>
              {t("common.retry")}
            </Button>
          </>
        ) : (
          <>
            <h2>{state === "waiting" ? t("steps.waiting") : t("exam.sending", { share: percent(share) })}</h2>
            {problem !== undefined && <p>{waitingText(problem)}</p>}
            <progress value={share} max={1} aria-label={t("steps.sending")} />
          </>
        )}
      </div>
    </div>
  );
}
