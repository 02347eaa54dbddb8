import { type ReactNode, useState } from "react";
import { t } from "../messages/index.js";
import { chosenFiles } from "../state/chosen-files.js";
import type { ChosenFile } from "../state/staging.js";
import { Button } from "../ui/Button.js";
import { CameraWindow } from "./CameraWindow.js";
import { FilePicker } from "./FilePicker.js";

interface Properties {
  kind: "primary" | "plain";
  onChosen(chosen: readonly ChosenFile[]): void;
  /** What stands between the files and the camera. */
  children?: ReactNode;
}

/** Films from files and from the camera: where none is yet, and beside those that wait. */
export function Sources({ kind, onChosen, children }: Properties) {
  const [camera, setCamera] = useState(false);
  return (
    <>
      <FilePicker onChosen={(files) => onChosen(chosenFiles(files))}>
        {(open) => (
          <Button kind={kind} icon="add" onClick={open}>
            {t("start.files")}
          </Button>
        )}
      </FilePicker>
      {children}
      <Button icon="camera" onClick={() => setCamera(true)}>
        {t("start.camera")}
      </Button>
      {camera && (
        <CameraWindow
          onClose={() => setCamera(false)}
          onPicture={(file) => {
            setCamera(false);
            onChosen([{ file, folder: "" }]);
          }}
        />
      )}
    </>
  );
}
