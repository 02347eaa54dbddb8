import type { Analysis } from "@osteon/client";
import { memo } from "react";
import { Link } from "wouter";
import { hasPicture, thumbnailUrl } from "../api/osteon.js";
import { ToneSign } from "../exam/ToneSign.js";
import { dateTime, percent } from "../messages/format.js";
import { t } from "../messages/index.js";
import { IconButton } from "../ui/Button.js";
import { Thumbnail } from "../ui/Thumbnail.js";
import { examPart, examResult, examTitle, toneOf } from "../words/results.js";

interface Properties {
  analysis: Analysis;
  at: number;
  count: number;
  /** Pixels from the list's upper edge. */
  top: number;
  /** Its height follows from the screen's width. */
  measure(row: HTMLLIElement | null): void;
  onErase(analysis: Analysis): void;
}

/** One exam of the history: picture, name, part, result, time. */
export const HistoryRow = memo(function HistoryRow({
  analysis,
  at,
  count,
  top,
  measure,
  onErase,
}: Properties) {
  const tone = analysis.status === "cancelled" ? "none" : toneOf(analysis);
  const film = analysis.films.find(hasPicture);
  const title = examTitle(analysis);
  return (
    <li
      ref={measure}
      className="history-row"
      data-index={at}
      aria-setsize={count}
      aria-posinset={at + 1}
      style={{ transform: `translateY(${top}px)` }}
    >
      <Link href={`/exams/${analysis.id}`}>
        <Thumbnail source={film && thumbnailUrl(analysis.id, film.index)} />
        <span className="history-title">{title}</span>
        <span className="history-part">{examPart(analysis)}</span>
        <span className="history-result" data-tone={tone}>
          <ToneSign tone={tone} size={15} />
          {analysis.status === "cancelled"
            ? t("steps.cancelled")
            : examResult(analysis) || t("steps.examining")}
          {analysis.fracture !== undefined && (
            <span className="faint">{percent(analysis.fracture.probability)}</span>
          )}
        </span>
        <time className="faint" dateTime={analysis.createdAt}>
          {dateTime(analysis.createdAt)}
        </time>
      </Link>
      <IconButton icon="trash" label={t("history.erase", { title })} onClick={() => onErase(analysis)} />
    </li>
  );
});
