import { useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { bytes } from "../messages/format.js";
import { t } from "../messages/index.js";
import { limits } from "../state/session.js";
import {
  type ChosenFile,
  inExams,
  inGroups,
  isFit,
  regroup,
  type StagedFilm,
  unstage,
} from "../state/staging.js";
import { Button } from "../ui/Button.js";
import { AtOnce } from "./AtOnce.js";
import { Sources } from "./Sources.js";
import { StagedCard } from "./StagedCard.js";

interface Properties {
  films: readonly StagedFilm[];
  /** Further films, which join those that wait. */
  onChosen(chosen: readonly ChosenFile[]): void;
  onSend(reference: string): void;
}

/** Films that wait to be sent: what was found of each, which belong to one exam, and the way on. */
export function StagingTray({ films, onChosen, onSend }: Properties) {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [reference, setReference] = useState("");
  const tray = useRef<HTMLElement>(null);
  const send = useRef<HTMLButtonElement>(null);
  const groups = inExams(films);
  const isSplit = groups.length > inGroups(films).length;
  const most = limits();
  const looking = films.some(({ check }) => check === undefined);
  const fit = films.filter(isFit);
  const sendable = inExams(fit).length;
  const kept = new Set(films.flatMap(({ key }) => (marked.has(key) ? [key] : [])));

  // The next thing to do is at hand: Enter sends. Whoever does something here already, such as type a reference, is left alone.
  useEffect(() => {
    if (!looking && !tray.current?.contains(document.activeElement))
      send.current?.focus({ preventScroll: true });
  }, [looking]);

  const mark = useCallback((key: string) => {
    setMarked((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  }, []);
  // The focus goes on to the film that comes into its place.
  const remove = useCallback((key: string) => {
    const buttons = () => [...(tray.current?.querySelectorAll<HTMLElement>(".staged > .icon-button") ?? [])];
    const at = buttons().indexOf(document.activeElement as HTMLElement);
    flushSync(() => unstage(new Set([key])));
    if (at >= 0) (buttons()[at] ?? buttons().at(-1))?.focus();
  }, []);
  const group = (apart: boolean) => {
    // A single one can be taken out of its exam, but makes none with itself.
    const some = kept.size > (apart ? 0 : 1);
    regroup(some ? kept : new Set(films.map(({ key }) => key)), apart);
    setMarked(new Set());
  };

  return (
    <section className="staging" ref={tray} aria-labelledby="staging-title">
      <header className="staging-head">
        <h1 id="staging-title">{t("staging.title", { count: films.length })}</h1>
        <p role="status">
          {looking
            ? t("staging.looking")
            : [
                t("staging.exams", { count: sendable }),
                isSplit ? t("staging.split", { films: most.films, size: bytes(most.uploadBytes) }) : "",
                films.length > fit.length ? t("staging.unfit", { count: films.length - fit.length }) : "",
              ]
                .filter((part) => part !== "")
                .join(" · ")}
        </p>
        <div className="staging-actions">
          <Sources kind="plain" onChosen={onChosen} />
          <Button onClick={() => group(false)} disabled={films.length < 2} icon="boxes">
            {kept.size > 1 ? t("staging.group", { count: kept.size }) : t("staging.groupAll")}
          </Button>
          {groups.length < films.length && (
            <Button onClick={() => group(true)}>{t("staging.ungroup")}</Button>
          )}
          <Button kind="quiet" onClick={() => unstage(new Set(films.map(({ key }) => key)))}>
            {t("staging.clear")}
          </Button>
        </div>
      </header>
      <ul className="staging-groups">
        {groups.map((views, at) => (
          <li key={views[0]?.key} className="staging-group" data-views={views.length}>
            {views.length > 1 && (
              <p className="staging-group-title">
                {t("staging.exam", { number: at + 1, count: views.length })}
              </p>
            )}
            <ul className="staging-films">
              {views.map((film) => (
                <StagedCard
                  key={film.key}
                  film={film}
                  marked={kept.has(film.key)}
                  onMark={mark}
                  onRemove={remove}
                />
              ))}
            </ul>
          </li>
        ))}
      </ul>
      <footer className="staging-foot">
        <label className="field">
          {t("staging.reference")}
          <input
            value={reference}
            maxLength={200}
            placeholder={t("staging.referenceHint")}
            onChange={({ currentTarget }) => setReference(currentTarget.value)}
          />
        </label>
        <AtOnce />
        <button
          ref={send}
          type="button"
          className="button primary large"
          disabled={looking || sendable === 0}
          onClick={() => {
            onSend(reference);
            // What stays here or comes next may be another patient's.
            setReference("");
          }}
        >
          {t("staging.examine", { count: sendable })}
        </button>
      </footer>
    </section>
  );
}
