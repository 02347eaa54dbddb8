import { OsteonError } from "@osteon/client";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { t } from "../messages/index.js";
import type { Exam } from "../state/exams.js";
import { Icon } from "../ui/icons.js";
import { Loading, Notice } from "../ui/Notice.js";
import { Viewer } from "../viewer/Viewer.js";
import { isMissing, refusalText } from "../words/refusals.js";
import { examTitle } from "../words/results.js";
import { ExamActions } from "./ExamActions.js";
import { Findings } from "./Findings.js";
import { SendingView } from "./SendingView.js";
import { useExam } from "./use-exam.js";
import "./exam.css";

/** One exam: its films in the viewer, and what was found. */
export default function ExamView({ id }: { id: string }) {
  const exam = useExam(id);
  const [, navigate] = useLocation();
  const known = exam instanceof OsteonError ? undefined : exam?.analysis?.id;
  // An exam is first shown by the list's key; its lasting address is the gateway's id.
  useEffect(() => {
    if (known !== undefined && known !== id) navigate(`/exams/${known}`, { replace: true });
  }, [known, id, navigate]);
  if (exam === undefined) return <Loading label={t("exam.loading")} />;
  if (exam instanceof OsteonError) {
    return (
      <Notice icon="search" title={isMissing(exam) ? t("exam.gone") : t("exam.unreachable")}>
        <p>{isMissing(exam) ? t("exam.goneText") : refusalText(exam)}</p>
        <Link href="/">{t("exam.back")}</Link>
      </Notice>
    );
  }
  return <Shown key={exam.key} exam={exam} />;
}

function Shown({ exam }: { exam: Exam }) {
  const [chosen, setChosen] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const { analysis, sending } = exam;
  const sentHere = sending !== undefined;
  // What had the focus has gone with the films that waited.
  useEffect(() => {
    if (sentHere && document.activeElement === document.body) heading.current?.focus();
  }, [sentHere]);
  const film = analysis?.films[chosen] ?? analysis?.films[0];
  const title = analysis === undefined ? (exam.sending?.films[0]?.name ?? "") : examTitle(analysis);
  useEffect(() => {
    document.title = `${title} · Osteon`;
    return () => {
      document.title = "Osteon";
    };
  }, [title]);
  return (
    <article className="exam" aria-label={title}>
      <header className="exam-head">
        <Link href="/" className="exam-back" aria-label={t("exam.back")}>
          <Icon name="back" />
        </Link>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <ExamActions exam={exam} film={film?.index ?? 0} />
      </header>
      {analysis === undefined || film === undefined ? (
        <SendingView exam={exam} />
      ) : (
        <div className="exam-body">
          <Viewer analysis={analysis} film={film.index} onFilm={setChosen} />
          <Findings analysis={analysis} film={film} onFilm={setChosen} />
        </div>
      )}
    </article>
  );
}
