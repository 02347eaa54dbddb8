import { useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { t } from "../messages/index.js";
import { chosenFiles } from "../state/chosen-files.js";
import { prefer, preferences } from "../state/preferences.js";
import { type ChosenFile, staged } from "../state/staging.js";
import { useStore } from "../state/store.js";
import { Button } from "../ui/Button.js";
import { Choice } from "../ui/Choice.js";
import { Icon } from "../ui/icons.js";
import { AtOnce } from "./AtOnce.js";
import { FilePicker } from "./FilePicker.js";
import { Samples } from "./Samples.js";
import { Sources } from "./Sources.js";
import { StagingTray } from "./StagingTray.js";
import { sendAndShow } from "./send.js";
import { takeFilms } from "./take-films.js";
import "./start.css";

/** Where films come in: drop, paste, files, a folder, the camera, samples. */
export function StartView() {
  const waiting = useStore(staged);
  const { grouping, atOnce } = useStore(preferences);
  const [, navigate] = useLocation();
  const take = (chosen: readonly ChosenFile[]) => takeFilms(chosen, { grouping, atOnce }, navigate);
  const start = useRef<HTMLDivElement>(null);
  const isEmpty = waiting.length === 0;
  const wasEmpty = useRef(isEmpty);
  // What had the focus has gone with the last film that waited.
  useEffect(() => {
    if (isEmpty && !wasEmpty.current && document.activeElement === document.body)
      start.current?.querySelector("button")?.focus({ preventScroll: true });
    wasEmpty.current = isEmpty;
  }, [isEmpty]);
  if (!isEmpty)
    return (
      <StagingTray films={waiting} onChosen={take} onSend={(reference) => sendAndShow(navigate, reference)} />
    );
  return (
    <div className="start" ref={start}>
      <div className="drop">
        <span className="drop-sign">
          <Icon name="upload" size={34} />
        </span>
        <h1>{t("start.title")}</h1>
        <p>{t("start.text")}</p>
        <div className="drop-actions">
          <Sources kind="primary" onChosen={take}>
            <FilePicker folder onChosen={(files) => take(chosenFiles(files))}>
              {(open) => (
                <Button icon="folder" onClick={open}>
                  {t("start.folder")}
                </Button>
              )}
            </FilePicker>
          </Sources>
        </div>
        <Choice
          label={t("start.grouping")}
          value={grouping}
          options={(["film", "folder", "all"] as const).map((value) => ({
            value,
            label: t(`start.groupings.${value}`),
          }))}
          onChange={(value) => prefer({ grouping: value })}
        />
        <AtOnce />
        <p className="faint">
          {t("start.paste")} <Link href="/rules">{t("start.rules")}</Link>
        </p>
      </div>
      <Samples />
    </div>
  );
}
