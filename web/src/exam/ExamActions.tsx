import { isEnded } from "@osteon/client";
import { useState } from "react";
import { useLocation } from "wouter";
import { originals } from "../api/originals.js";
import { osteon } from "../api/osteon.js";
import { t } from "../messages/index.js";
import { eraseExam } from "../state/erase.js";
import { type Exam, noteAnalyses } from "../state/exams.js";
import { sendExams } from "../state/sending.js";
import { type Action, ActionMenu } from "../ui/ActionMenu.js";
import { Button, IconButton } from "../ui/Button.js";
import { Confirm } from "../ui/Confirm.js";
import { say } from "../ui/toasts.js";
import { refusalText } from "../words/refusals.js";

/** Keep, share, examine again, cancel, erase. */
export function ExamActions({ exam, film }: { exam: Exam; film: number }) {
  const { analysis } = exam;
  const [erasing, setErasing] = useState(false);
  const [, navigate] = useLocation();
  if (analysis === undefined) return null;

  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      say(t("common.failed"), refusalText(error));
    }
  };
  const keep = (form: "png" | "pdf" | "json") =>
    attempt(async () => {
      // The drawing of reports is fetched with the first of them.
      const { saveReport } = await import("../report/save.js");
      await saveReport(analysis, film, form);
      say(t("keep.saved"));
    });
  const share = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(`${location.origin}/exams/${analysis.id}`);
      say(t("keep.linkCopied"), t("keep.linkText"));
    });
  const again = () =>
    attempt(async () => {
      const films = await originals(analysis);
      const { reference } = analysis;
      sendExams([
        { films, previews: films.map(() => undefined), ...(reference === undefined ? {} : { reference }) },
      ]);
      say(t("exam.sentAgain"));
    });
  const cancel = () => attempt(async () => noteAnalyses([await osteon.cancel(analysis.id)]));
  const erase = () =>
    attempt(async () => {
      await eraseExam(analysis.id);
      say(t("keep.erased"));
      navigate("/");
    });

  const ended = isEnded(analysis);
  const actions: Action[] = [
    ...(ended
      ? ([
          { label: t("keep.pdf"), icon: "download", run: () => keep("pdf") },
          { label: t("keep.json"), icon: "download", run: () => keep("json") },
        ] as const)
      : []),
    { label: t("keep.link"), icon: "link", run: share },
    { label: t("exam.again"), icon: "retry", run: again },
    { label: t("keep.erase"), icon: "trash", run: () => setErasing(true), danger: true },
  ];
  return (
    <div className="exam-actions">
      {!ended && (
        <Button icon="close" onClick={cancel}>
          {t("common.cancel")}
        </Button>
      )}
      {analysis.status === "failed" && (
        <Button icon="retry" kind="primary" onClick={again}>
          {t("common.retry")}
        </Button>
      )}
      {ended && analysis.films[film]?.outcome !== undefined && (
        <Button icon="download" onClick={() => keep("png")}>
          {t("keep.png")}
        </Button>
      )}
      <ActionMenu trigger={<IconButton icon="more" label={t("exam.more")} />} actions={actions} />
      <Confirm
        title={t("keep.eraseTitle")}
        text={t("keep.eraseText")}
        action={t("keep.erase")}
        open={erasing}
        onClose={() => setErasing(false)}
        onConfirm={erase}
      />
    </div>
  );
}
