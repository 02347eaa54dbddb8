import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenFiles, transferredFiles } from "../src/state/chosen-files.js";

const entryOf = (name: string) => ({
  name,
  isFile: true,
  isDirectory: false,
  file: (take: (file: File) => void) => take(new File([], name)),
});

/** A folder whose reader gives these parts. */
function folderOf(name: string, parts: readonly (readonly string[])[]) {
  const createReader = () => {
    const left = [...parts];
    return {
      readEntries: (take: (entries: object[]) => void) => take((left.shift() ?? []).map(entryOf)),
    };
  };
  return { name, isFile: false, isDirectory: true, createReader };
}

test("a dropped folder is read in the order of its names, whatever parts the browser gives it in", async () => {
  const parts = [["film 2.jpg", "film 11.jpg", ".DS_Store"], ["film 10.jpg", "film 1.jpg"], ["film 3.jpg"]];
  const transfer: unknown = {
    files: [],
    items: [{ kind: "file", webkitGetAsEntry: () => folderOf("exam", parts) }],
  };
  const chosen = await transferredFiles(transfer as DataTransfer);
  assert.deepEqual(
    chosen.map(({ file, folder }) => `${folder}/${file.name}`),
    ["1", "2", "3", "10", "11"].map((number) => `exam/film ${number}.jpg`),
  );
});

test("a picked folder is read so, too, and single files in the order that they were picked in", () => {
  const picked = (paths: readonly string[], isFolder: boolean) =>
    chosenFiles(
      paths.map((path) => {
        const name = path.split("/").at(-1) ?? "";
        return Object.assign(new File([], name), { webkitRelativePath: isFolder ? path : "" });
      }),
    ).map(({ file, folder }) => `${folder}/${file.name}`);
  const folders = ["Muller/1.jpg", "Muller/02.jpg", "Müller/01.jpg", "Müller/1.jpg", "Müller 2/1.jpg"];
  assert.deepEqual(picked(folders.toReversed(), true), folders);
  const paths = ["exam/film 11.jpg", "exam/film 2.jpg", "exam/film 1.jpg"];
  assert.deepEqual(picked(paths, true), paths.toReversed());
  assert.deepEqual(picked(paths, false), ["/film 11.jpg", "/film 2.jpg", "/film 1.jpg"]);
});
