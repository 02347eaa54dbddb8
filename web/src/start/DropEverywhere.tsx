import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { t } from "../messages/index.js";
import { transferredFiles } from "../state/chosen-files.js";
import { preferences } from "../state/preferences.js";
import { Icon } from "../ui/icons.js";
import { takeFilms } from "./take-films.js";

function takesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "file"].includes(target.type);
  return target instanceof HTMLTextAreaElement;
}

/** Takes films that are dropped or pasted anywhere on the page. */
export function DropEverywhere() {
  const [over, setOver] = useState(false);
  const [, navigate] = useLocation();
  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    let depth = 0;
    const hasFiles = (transfer: DataTransfer | null): transfer is DataTransfer =>
      transfer?.types.includes("Files") ?? false;
    const take = async (transfer: DataTransfer) => {
      const files = await transferredFiles(transfer);
      navigate("/");
      await takeFilms(files, preferences.get(), navigate);
    };
    const enter = (event: DragEvent) => {
      if (!hasFiles(event.dataTransfer)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event.dataTransfer)) return;
      depth -= 1;
      if (depth <= 0) setOver(false);
    };
    const drag = (event: DragEvent) => {
      if (hasFiles(event.dataTransfer)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      void take(event.dataTransfer);
    };
    const paste = (event: ClipboardEvent) => {
      // Cells and formatted text bring a picture of themselves along: in a field, their text is meant.
      if (!hasFiles(event.clipboardData)) return;
      if (takesText(event.target) && event.clipboardData.types.includes("text/plain")) return;
      event.preventDefault();
      void take(event.clipboardData);
    };
    document.addEventListener("dragenter", enter, { signal });
    document.addEventListener("dragleave", leave, { signal });
    document.addEventListener("dragover", drag, { signal });
    document.addEventListener("drop", drop, { signal });
    document.addEventListener("paste", paste, { signal });
    return () => end.abort();
  }, [navigate]);
  if (!over) return null;
  return (
    <div className="drop-over" aria-hidden="true">
      <Icon name="upload" size={48} />
      <p>{t("start.drop")}</p>
    </div>
  );
}
