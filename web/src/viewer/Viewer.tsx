import { type Analysis, type Film, isEnded } from "@osteon/client";
import { type KeyboardEvent, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { hasPicture, thumbnailUrl } from "../api/osteon.js";
import { t } from "../messages/index.js";
import { prefer, preferences } from "../state/preferences.js";
import { useStore } from "../state/store.js";
import { IconButton } from "../ui/Button.js";
import { filmTitle, viewResult } from "../words/results.js";
import type { Command } from "./commands.js";
import { FilmPane, type PaneHandle } from "./FilmPane.js";
import { KeysHelp } from "./KeysHelp.js";
import { Toolbar } from "./Toolbar.js";
import type { View } from "./view.js";
import "./viewer.css";

interface Properties {
  analysis: Analysis;
  /** The film in hand. */
  film: number;
  onFilm(film: number): void;
}

/** The films of an exam: one large, or all side by side. */
export function Viewer({ analysis, film, onFilm }: Properties) {
  const { films } = analysis;
  const { heatmap, regions } = useStore(preferences);
  const [beside, setBeside] = useState(films.length > 1 && films.length <= 4);
  const [tool, setTool] = useState<"pan" | "window">("pan");
  const [view, setView] = useState<View>();
  const [help, setHelp] = useState(false);
  const panes = useRef(new Map<number, PaneHandle>());
  const paged = useRef(false);
  const shown = useMemo(
    () => (beside ? films : films.filter(({ index }) => index === film)),
    [beside, films, film],
  );

  const ofViewer = useCallback(
    (command: Command) => {
      if (command === "heatmap") prefer({ heatmap: !heatmap });
      if (command === "regions") prefer({ regions: !regions });
      if (command === "tool") setTool((now) => (now === "pan" ? "window" : "pan"));
    },
    [heatmap, regions],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "?") setHelp(true);
    const step = event.key === "PageDown" ? 1 : event.key === "PageUp" ? -1 : 0;
    const next = films[film + step];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    paged.current = true;
    onFilm(next.index);
  };
  // Its keys go with the film in hand: the pane that had them is another's now, or gone.
  useLayoutEffect(() => {
    if (paged.current) panes.current.get(film)?.focus();
    paged.current = false;
  }, [film]);

  return (
    <>
      <section className="viewer" aria-label={t("viewer.title")} onKeyDown={onKeyDown}>
        <Toolbar
          view={view}
          tool={tool}
          hasHeat={films.some(({ fracture }) => fracture !== undefined)}
          onCommand={(command) => panes.current.get(film)?.run(command)}
          onHelp={() => setHelp(true)}
        />
        <div className="panes" data-count={shown.length}>
          {shown.map((each) => (
            <FilmPane
              key={each.index}
              ref={(handle) => {
                if (handle === null) panes.current.delete(each.index);
                else panes.current.set(each.index, handle);
              }}
              analysisId={analysis.id}
              film={each}
              ended={isEnded(analysis)}
              label={labelOf(analysis, each)}
              tool={tool}
              active={each.index === film}
              onActive={() => onFilm(each.index)}
              onCommand={ofViewer}
              onView={setView}
            />
          ))}
        </div>
        <p id="viewer-keys" className="unseen">
          {t("viewer.keysHint")}
        </p>
        {films.length > 1 && (
          <Strip
            analysis={analysis}
            film={film}
            beside={beside}
            onFilm={onFilm}
            onBeside={() => setBeside((now) => !now)}
          />
        )}
      </section>
      {/* Outside: its keys are not the viewer's. */}
      <KeysHelp open={help} onClose={() => setHelp(false)} />
    </>
  );
}

function labelOf(analysis: Analysis, film: Film): string {
  const count = analysis.films.length;
  const name = filmTitle(film);
  const result = viewResult(analysis, film);
  return [count > 1 ? t("viewer.filmOf", { number: film.index + 1, count, name }) : name, result]
    .filter((part) => part !== "")
    .join(", ");
}

interface StripProperties extends Properties {
  beside: boolean;
  onBeside(): void;
}

function Strip({ analysis, film, beside, onFilm, onBeside }: StripProperties) {
  return (
    <div className="strip">
      <IconButton icon="grid" label={t("viewer.beside")} pressed={beside} onClick={onBeside} />
      <ul>
        {analysis.films.map((each) => (
          <li key={each.index}>
            <button
              type="button"
              className="strip-film"
              aria-current={each.index === film}
              aria-label={labelOf(analysis, each)}
              onClick={() => onFilm(each.index)}
            >
              {hasPicture(each) && (
                <img
                  src={thumbnailUrl(analysis.id, each.index)}
                  alt=""
                  width={56}
                  height={56}
                  loading="lazy"
                  decoding="async"
                />
              )}
              <span className="strip-number">{each.index + 1}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
