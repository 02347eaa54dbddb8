import { measureElement, useVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, type KeyboardEvent, useMemo, useRef, useState } from "react";
import { t } from "../messages/index.js";
import { type Exam, exams } from "../state/exams.js";
import { useStore } from "../state/store.js";
import { Choice } from "../ui/Choice.js";
import { ExamRow } from "./ExamRow.js";
import { type Filter, filters, passes } from "./filters.js";
import { Summary } from "./Summary.js";
import "./worklist.css";

const usualHeight = 76;

/** By which the focus is led to it. */
export const worklistId = "worklist";

/** Every exam of the day, newest first; only the rows in sight are drawn. */
export function Worklist({ chosen }: { chosen: string | undefined }) {
  const all = useStore(exams);
  const [filter, setFilter] = useState<Filter>("all");
  const shown = useMemo(() => all.filter((exam) => passes(exam, filter)), [all, filter]);
  const [focused, setFocused] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => usualHeight,
    indexAttribute: "data-at",
    getItemKey: (at) => shown[at]?.key ?? at,
    // Rows of a list that is hidden, as beside an exam on a phone, are as high as they were.
    measureElement: (row, entry, list) =>
      measureElement(row, entry, list) ||
      (list.measurementsCache[list.indexFromElement(row)]?.size ?? usualHeight),
    overscan: 8,
  });

  const isChosen = ({ analysis, key }: Exam) =>
    chosen !== undefined && (analysis?.id === chosen || key === chosen);
  const drawn = rows.getVirtualItems();
  const inSight = rows.scrollOffset ?? 0;
  // Tab stops at the row that has the focus, else at the chosen one, else at the first in sight: of those that are drawn.
  const stop =
    drawn.find(({ index }) => shown[index]?.key === focused) ??
    drawn.find(({ index }) => shown[index] !== undefined && isChosen(shown[index])) ??
    drawn.find(({ start }) => start >= inSight);

  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const at = event.target.closest<HTMLElement>("[data-at]")?.dataset.at;
    setFocused(shown[Number(at)]?.key);
  };
  // Who comes back may find a newer exam above it.
  const onBlur = ({ relatedTarget, currentTarget }: FocusEvent<HTMLElement>) => {
    if (!currentTarget.contains(relatedTarget)) setFocused(undefined);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-at]");
    if (step === undefined || row === null) return;
    event.preventDefault();
    const next = Number(row.dataset.at) + step;
    if (next < 0 || next >= shown.length) return;
    rows.scrollToIndex(next);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-at="${next}"] a`)?.focus(),
    );
  };

  return (
    <section className="worklist" id={worklistId} tabIndex={-1} aria-label={t("worklist.title")}>
      <header className="worklist-head">
        <Summary all={all} />
        <Choice
          label={t("worklist.filter")}
          value={filter}
          options={filters.map((value) => ({ value, label: t(`worklist.filters.${value}`) }))}
          onChange={(value) => setFilter(value)}
        />
      </header>
      {shown.length === 0 ? (
        <p className="worklist-empty">{all.length === 0 ? t("worklist.empty") : t("worklist.noneSuch")}</p>
      ) : (
        <div className="worklist-scroll" ref={scroller}>
          <ul style={{ height: rows.getTotalSize() }} onKeyDown={onKeyDown} onFocus={onFocus} onBlur={onBlur}>
            {drawn.map(({ index, key, start }) => {
              const exam = shown[index];
              return exam === undefined ? null : (
                <ExamRow
                  key={key}
                  exam={exam}
                  at={index}
                  count={shown.length}
                  top={start}
                  measure={rows.measureElement}
                  chosen={isChosen(exam)}
                  stop={index === stop?.index}
                />
              );
            })}
          </ul>
        </div>
      )}
    </section>
  );
}
