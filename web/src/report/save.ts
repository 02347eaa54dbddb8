import type { Analysis } from "@osteon/client";
import { filmTitle } from "../words/results.js";
import { pngReport } from "./png.js";

/** Makes a report and gives it to the browser to keep. @throws ProblemError, ConnectionError */
export async function saveReport(
  analysis: Analysis,
  film: number,
  form: "png" | "pdf" | "json",
): Promise<void> {
  const shown = analysis.films[film] ?? analysis.films[0];
  if (shown === undefined) return;
  const name = fileName(filmTitle(shown));
  keep(await make(), `osteon-${name}-${analysis.id.slice(0, 8)}.${form}`);

  async function make(): Promise<Blob> {
    if (form === "json")
      return new Blob([`${JSON.stringify(analysis, null, 2)}\n`], { type: "application/json" });
    if (form === "png" && shown !== undefined) return pngReport(analysis, shown);
    const { pdfReport } = await import("./pdf.js");
    return pdfReport(analysis);
  }
}

/** A film's name without its ending and without what a file system may refuse. */
function fileName(title: string): string {
  return (
    title
      .replace(/\.[^.]{1,5}$/, "")
      .replace(/[^\p{L}\p{N}_-]+/gu, "-")
      .slice(0, 60) || "film"
  );
}

function keep(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
