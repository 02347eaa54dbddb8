import assert from "node:assert/strict";
import { test } from "node:test";
import { transferredFiles } from "../src/state/chosen-files.js";

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
