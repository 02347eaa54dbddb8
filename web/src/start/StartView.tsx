import { useState } from "react";
import { Link, useLocation } from "wouter";
import { t } from "../messages/index.js";
import { chosenFiles } from "../state/chosen-files.js";
import { prefer, preferences } from "../state/preferences.js";
import { type ChosenFile, staged } from "../state/staging.js";
import { useStore } from "../state/store.js";
import { Button } from "../ui/Button.js";
import { Choice } from "../ui/Choice.js";
import { Icon } from "../ui/icons.js";
import { CameraWindow } from "./CameraWindow.js";
import { FilePicker } from "./FilePicker.js";
import { Samples } from "./Samples.js";
import { StagingTray } from "./StagingTray.js";
import { takeFilms } from "./take-films.js";
import "./start.css";

/** Where films come in: drop, paste, files, a folder, the camera, samples. */
export function StartView() {
  const waiting = useStore(staged);
  const { grouping, atOnce } = useStore(preferences);
  const [camera, setCamera] = useState(false);
  const [, navigate] = useLocation();
  const take = (chosen: readonly ChosenFile[]) => takeFilms(chosen, { grouping, atOnce });
  if (waiting.length > 0) return <StagingTray films={waiting} onSent={() => navigate("/")} />;
  return (
    <div className="start">
      <div className="drop">
        <span className="drop-sign">
          <Icon name="upload" size={34} />
        </span>
        <h1>{t("start.title")}</h1>
        <p>{t("start.text")}</p>
        <div className="drop-actions">
          <FilePicker onChosen={(files) => take(chosenFiles(files))}>
            {(open) => (
              <Button kind="primary" icon="add" onClick={open}>
                {t("start.files")}
              </Button>
            )}
          </FilePicker>
          <FilePicker folder onChosen={(files) => take(chosenFiles(files))}>
            {(open) => (
              <Button icon="folder" onClick={open}>
                {t("start.folder")}
              </Button>
            )}
          </FilePicker>
          <Button icon="camera" onClick={() => setCamera(true)}>
            {t("start.camera")}
          </Button>
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
        <p className="faint">
          {t("start.paste")} <Link href="/rules">{t("start.rules")}</Link>
        </p>
      </div>
      <Samples />
      {camera && (
        <CameraWindow
          onClose={() => setCamera(false)}
          onPicture={(file) => {
            setCamera(false);
            take([{ file, folder: "" }]);
          }}
        />
      )}
    </div>
  );
}
