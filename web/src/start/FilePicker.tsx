import { type ReactNode, useRef } from "react";
import { t } from "../messages/index.js";

interface Properties {
  folder?: boolean;
  onChosen(files: FileList): void;
  children(open: () => void): ReactNode;
}

const types = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/tiff",
  ".tif",
  ".tiff",
  ".dcm",
  "application/dicom",
];

/** The system's dialogue for files or for a folder, opened by a control of ours. */
export function FilePicker({ folder = false, onChosen, children }: Properties) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      {children(() => input.current?.click())}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-picker={folder ? "folder" : "files"}
        aria-label={t(folder ? "start.folder" : "start.files")}
        {...(folder ? { webkitdirectory: "" } : { accept: types.join(",") })}
        onChange={({ currentTarget }) => {
          if (currentTarget.files !== null) onChosen(currentTarget.files);
          // The same files may be chosen again.
          currentTarget.value = "";
        }}
      />
    </>
  );
}
