import { type Analysis, OsteonError } from "@osteon/client";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { flushSync } from "react-dom";
import { useLocation, useSearch } from "wouter";
import { count } from "../messages/format.js";
import { t } from "../messages/index.js";
import { eraseExam } from "../state/erase.js";
import { Button } from "../ui/Button.js";
import { Confirm } from "../ui/Confirm.js";
import { Loading, Notice } from "../ui/Notice.js";
import { say } from "../ui/toasts.js";
import { refusalText } from "../words/refusals.js";
import { FilterBar } from "./FilterBar.js";
import { type Filters, filtersOf, passes, queryOf, statusOf } from "./filters.js";
import { HistoryList } from "./HistoryList.js";
import { useHistory } from "./use-history.js";
import "./history.css";

/** The focus of a row that has gone, or of the dialogue about it, goes on to the row in its place, else to the search. */
function keepFocus(at: number): void {
  const { activeElement } = document;
  if (activeElement !== document.body && activeElement?.closest('[role="alertdialog"]') === null) return;
  const button = (row: number) =>
    document.querySelector<HTMLElement>(`.history-row[data-index="${row}"] .icon-button`);
  const next = button(at) ?? button(at - 1) ?? document.querySelector<HTMLElement>(".filters input");
  next?.focus();
}

/** Everything that was examined: search, filters, erase. */
export default function HistoryPage() {
  const [path, navigate] = useLocation();
  const query = useSearch();
  const filters = useMemo(() => filtersOf(query), [query]);
  const setFilters = (next: Filters) => navigate(`${path}?${queryOf(next)}`, { replace: true });
  const asked = useDeferredValue(filters);
  const fits = useCallback((analysis: Analysis) => passes(analysis, asked), [asked]);
  const history = useHistory(statusOf(asked), fits);
  const [erasing, setErasing] = useState<Analysis>();
  const { found, looked, state } = history;

  const erase = async (id: string) => {
    const at = found.findIndex((each) => each.id === id);
    try {
      await eraseExam(id);
      flushSync(() => history.forget(id));
      keepFocus(at);
      say(t("keep.erased"));
    } catch (error) {
      say(t("common.failed"), refusalText(error));
    }
  };

  const told = () =>
    looked === undefined
      ? t("history.narrowed", { count: found.length })
      : t("history.found", { count: found.length, looked: count(looked) });

  return (
    <main className="history" id="main">
      <header className="page-head">
        <h1>{t("history.title")}</h1>
        <p role="status">{state === "looking" ? t("history.looking") : told()}</p>
      </header>
      <FilterBar filters={filters} onChange={setFilters} />
      {found.length > 0 && <HistoryList found={found} onErase={setErasing} />}
      {state === "looking" && <Loading label={t("history.looking")} />}
      {state === "end" && found.length === 0 && (
        <Notice icon="search" title={t("history.none")}>
          <p>{looked === 0 ? t("history.noneYet") : t("history.noneSuch")}</p>
        </Notice>
      )}
      {state instanceof OsteonError && (
        <Notice icon="alert" title={t("common.failed")}>
          <p>{refusalText(state)}</p>
          <Button onClick={history.more}>{t("common.retry")}</Button>
        </Notice>
      )}
      {state === "more" && (
        <>
          <Button className="history-more" onClick={history.more}>
            {t("history.more")}
          </Button>
          <p className="history-cut">{t("history.cut")}</p>
        </>
      )}
      <Confirm
        title={t("keep.eraseTitle")}
        text={t("keep.eraseText")}
        action={t("keep.erase")}
        open={erasing !== undefined}
        onClose={() => setErasing(undefined)}
        onConfirm={() => erasing !== undefined && void erase(erasing.id)}
      />
    </main>
  );
}
