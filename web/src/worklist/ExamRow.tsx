import { memo } from "react";
import { Link } from "wouter";
import { hasPicture, osteon, thumbnailUrl } from "../api/osteon.js";
import { ToneSign } from "../exam/ToneSign.js";
import { percent, timeOfDay } from "../messages/format.js";
import { t } from "../messages/index.js";
import { type Exam, noteAnalyses, removeExam } from "../state/exams.js";
import { resend, withdraw } from "../state/sending.js";
import { isUnfinished, stagesDone, stepOf } from "../state/steps.js";
import { IconButton } from "../ui/Button.js";
import { Thumbnail } from "../ui/Thumbnail.js";
import { say } from "../ui/toasts.js";
import { isEndedAlready, isMissing, refusalText, waitingText } from "../words/refusals.js";
import { examPart, examResult, examTitle, isAnswered, partName, toneOf } from "../words/results.js";

interface Properties {
  exam: Exam;
  at: number;
  count: number;
  top: number;
  /** Its height follows from the size of the letters. */
  measure(row: HTMLLIElement | null): void;
  chosen: boolean;
  /** Whether Tab stops here: at one row of the list, from which the arrow keys go on. */
  stop: boolean;
}

/** One exam in the list: picture, name, where it stands or what was found, and what can be done. */
export const ExamRow = memo(function ExamRow({ exam, at, count, top, measure, chosen, stop }: Properties) {
  const { analysis, sending } = exam;
  const step = stepOf(exam);
  const title = analysis === undefined ? (sending?.films[0]?.name ?? "") : examTitle(analysis);
  const views = analysis?.films.length ?? sending?.films.length ?? 1;
  return (
    <li
      ref={measure}
      className="row"
      data-at={at}
      data-step={step}
      data-chosen={chosen}
      aria-setsize={count}
      aria-posinset={at + 1}
      style={{ transform: `translateY(${top}px)` }}
    >
      <Link
        href={`/exams/${analysis?.id ?? exam.key}`}
        aria-current={chosen ? "page" : undefined}
        tabIndex={stop ? 0 : -1}
      >
        <Thumbnail source={pictureOf(exam)} />
        <span className="row-text">
          <span className="row-title">{title}</span>
          <RowState exam={exam} />
          <Stages exam={exam} />
        </span>
        {views > 1 && <span className="row-views">{t("worklist.views", { count: views })}</span>}
      </Link>
      <RowAction exam={exam} title={title} tabIndex={stop ? 0 : -1} />
    </li>
  );
});

/** The film as it is here, or as the gateway has it. */
function pictureOf({ analysis, sending }: Exam): string | undefined {
  const film = analysis?.films.find(hasPicture);
  return (
    sending?.previews.find((each) => each !== undefined) ??
    (analysis !== undefined && film !== undefined ? thumbnailUrl(analysis.id, film.index) : undefined)
  );
}

function RowState({ exam }: { exam: Exam }) {
  const { analysis, sending } = exam;
  const step = stepOf(exam);
  if (analysis !== undefined && (step === "done" || (step === "failed" && isAnswered(analysis)))) {
    const tone = toneOf(analysis);
    return (
      <span className="row-state" data-tone={tone}>
        <ToneSign tone={tone} size={15} />
        <strong>{examResult(analysis)}</strong>
        <span className="faint">
          {[
            examPart(analysis),
            analysis.fracture === undefined ? "" : percent(analysis.fracture.probability),
            timeOfDay(analysis.createdAt),
          ]
            .filter((part) => part !== "")
            .join(" · ")}
        </span>
      </span>
    );
  }
  const wrong = step === "refused" || step === "failed";
  return (
    <span className="row-state" data-tone={wrong ? "failed" : "running"}>
      {wrong ? (
        <ToneSign tone="failed" size={15} />
      ) : step === "cancelled" ? null : (
        <ToneSign tone="running" />
      )}
      <strong>{t(`steps.${step}`)}</strong>
      <span className="faint">
        {step === "refused"
          ? refusalText(sending?.problem)
          : sending?.problem !== undefined
            ? waitingText(sending.problem)
            : (analysis?.error?.title ?? foundPart(exam))}
      </span>
    </span>
  );
}

function foundPart({ analysis }: Exam): string {
  const found = analysis?.films.find(({ bodyPart }) => bodyPart !== undefined)?.bodyPart;
  return found === undefined ? "" : partName(found.label);
}

/** Four short bars: uploaded, body part found, examined, done; of several views the sum of them. */
function Stages({ exam }: { exam: Exam }) {
  if (!isUnfinished(exam)) return null;
  const { analysis, sending } = exam;
  const share =
    analysis === undefined
      ? (sending?.share ?? 0) / 4
      : analysis.films.reduce((sum, film) => sum + stagesDone(film, analysis), 0) /
        (4 * analysis.films.length);
  return (
    <span className="stages" aria-hidden="true">
      <span className="stages-done" style={{ transform: `scaleX(${Math.max(0.02, share)})` }} />
    </span>
  );
}

function RowAction({ exam, title, tabIndex }: { exam: Exam; title: string; tabIndex: number }) {
  const { analysis, sending } = exam;
  if (sending?.state === "refused") {
    return (
      <span className="row-actions">
        <IconButton
          icon="retry"
          label={t("worklist.retry", { title })}
          tabIndex={tabIndex}
          onClick={() => resend(exam.key)}
        />
        <IconButton
          icon="close"
          label={t("worklist.dismiss", { title })}
          tabIndex={tabIndex}
          onClick={() => removeExam(exam.key)}
        />
      </span>
    );
  }
  if (!isUnfinished(exam)) return null;
  if (analysis === undefined) {
    return (
      <span className="row-actions">
        <IconButton
          icon="close"
          label={t("worklist.remove", { title })}
          tabIndex={tabIndex}
          onClick={() => withdraw(exam.key)}
        />
      </span>
    );
  }
  const cancel = () =>
    osteon.cancel(analysis.id).then(
      (ended) => noteAnalyses([ended]),
      (error: unknown) => {
        // It ended or was erased in the meantime: the stream tells which.
        if (!isEndedAlready(error) && !isMissing(error)) say(t("common.failed"), refusalText(error));
      },
    );
  return (
    <span className="row-actions">
      <IconButton icon="close" label={t("worklist.cancel", { title })} tabIndex={tabIndex} onClick={cancel} />
    </span>
  );
}
