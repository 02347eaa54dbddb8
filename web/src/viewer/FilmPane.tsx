import type { Film } from "@osteon/client";
import {
  type KeyboardEvent,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { hasPicture } from "../api/osteon.js";
import { t } from "../messages/index.js";
import { preferences } from "../state/preferences.js";
import { useStore } from "../state/store.js";
import { Button } from "../ui/Button.js";
import { apply, type Command } from "./commands.js";
import { changed, draw, table } from "./grey-window.js";
import { commandOf } from "./keys.js";
import { RegionBoxes } from "./RegionBoxes.js";
import { useGestures } from "./use-gestures.js";
import { useFilm, useHeat } from "./use-pictures.js";
import { useSize } from "./use-size.js";
import { firstView, fit, pan, settled, transformOf, type View, zoomAt } from "./view.js";

/** What the viewer does to a pane. */
export interface PaneHandle {
  run(command: Command): void;
  focus(): void;
}

interface Properties {
  analysisId: string;
  film: Film;
  /** Whether a picture that is not there will never be. */
  ended: boolean;
  label: string;
  tool: "pan" | "window";
  active: boolean;
  ref?: Ref<PaneHandle>;
  onActive(): void;
  /** Commands of the whole viewer: what lies over the films, and the tool. */
  onCommand(command: Command): void;
  onView(view: View): void;
}

/** The picture is worked by keys as a whole: a widget of its own kind. */
const worked = { role: "application", tabIndex: 0 } as const;

/** One film: greys through the window, heat map and regions over it, moved by pointer and keys. */
export function FilmPane(properties: Properties) {
  const { analysisId, film, ended, label, tool, active, ref, onActive, onCommand, onView } = properties;
  const { heatmap, heatOpacity, regions } = useStore(preferences);
  const place = useRef<HTMLElement>(null);
  const size = useSize(place);
  const pixels = useFilm(analysisId, film.index, hasPicture(film));
  const heat = useHeat(analysisId, film, film.fracture?.regions !== undefined && heatmap);
  const [view, setView] = useState<View>(firstView);
  // Of the picture, which is smaller than the film where that is large.
  const { width, height } = pixels.value ?? { width: 0, height: 0 };
  const filmSize = { width, height };

  // Before the picture is painted, which comes along with its size.
  useLayoutEffect(() => {
    setView((now) => settled(now, size, { width, height }));
  }, [size, width, height]);
  useEffect(() => {
    if (active) onView(view);
  }, [active, view, onView]);

  const run = (command: Command) => {
    if (command === "heatmap" || command === "regions" || command === "tool") return onCommand(command);
    const ground = {
      place: size,
      film: filmSize,
      greys: pixels.value?.greys,
      pixelRatio: window.devicePixelRatio,
    };
    setView((now) => apply(command, now, ground));
  };
  useImperativeHandle(ref, () => ({ run, focus: () => place.current?.focus() }));

  useGestures(place, tool, {
    drag: (dx, dy, asked) =>
      setView((now) =>
        asked === "pan"
          ? pan(now, dx, dy, size, filmSize)
          : { ...now, window: changed(now.window, dy * 0.7, dx * 0.9) },
      ),
    zoom: (factor, x, y) => setView((now) => zoomAt(now, factor, size, filmSize, x, y)),
    doubled: (x, y) =>
      setView((now) => (now.fitted ? zoomAt(now, 2.5, size, filmSize, x, y) : fit(now, size, filmSize))),
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const command = commandOf(event);
    if (command === undefined) return;
    event.preventDefault();
    run(command);
  };

  return (
    <section
      ref={place}
      className="pane"
      data-active={active}
      data-tool={tool}
      data-loaded={
        pixels.value !== undefined &&
        (film.fracture?.regions === undefined || !heatmap || heat.value !== undefined)
      }
      {...worked}
      aria-label={label}
      aria-describedby="viewer-keys"
      onKeyDown={onKeyDown}
      onFocus={onActive}
      onPointerDown={onActive}
    >
      {width > 0 && (
        <div
          className="pane-stage"
          data-smooth={view.scale < 3}
          style={{
            width,
            height,
            marginLeft: -width / 2,
            marginTop: -height / 2,
            transform: transformOf(view),
          }}
        >
          <Greys pixels={pixels.value} view={view} />
          {heatmap && heat.value !== undefined && <Heat samples={heat.value} opacity={heatOpacity} />}
          {regions && film.fracture !== undefined && (
            <RegionBoxes
              film={filmSize}
              fracture={film.fracture}
              scale={view.scale}
              orientation={view.orientation}
            />
          )}
        </div>
      )}
      {pixels.failed && <Failed text={t("viewer.noPicture")} retry={pixels.retry} />}
      {heatmap && heat.failed && !pixels.failed && (
        <Failed text={t("viewer.noHeat")} retry={heat.retry} beside={pixels.value !== undefined} />
      )}
      {pixels.value === undefined && !hasPicture(film) && (
        <p className="pane-note">{t(ended ? "viewer.none" : "viewer.notYet")}</p>
      )}
      <p className="pane-label" aria-hidden="true">
        {label}
      </p>
    </section>
  );
}

/** What could not be loaded: `beside` a film that could, which it leaves in sight. */
function Failed({ text, retry, beside = false }: { text: string; retry(): void; beside?: boolean }) {
  return (
    <div role="alert" className="pane-note" data-beside={beside}>
      {text} <Button onClick={retry}>{t("common.retry")}</Button>
    </div>
  );
}

function Greys({ pixels, view }: { pixels: ReturnType<typeof useFilm>["value"]; view: View }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { window: grey, inverted } = view;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined || pixels === undefined) return;
    const image = context.createImageData(pixels.width, pixels.height);
    draw(pixels.greys, table(grey, inverted), image.data);
    context.putImageData(image, 0, 0);
  }, [pixels, grey, inverted]);
  return (
    <canvas ref={canvas} className="pane-film" width={pixels?.width ?? 1} height={pixels?.height ?? 1} />
  );
}

function Heat({ samples, opacity }: { samples: ImageData; opacity: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(samples, 0, 0);
  }, [samples]);
  return (
    <canvas
      ref={canvas}
      className="pane-heat"
      width={samples.width}
      height={samples.height}
      style={{ opacity }}
    />
  );
}
