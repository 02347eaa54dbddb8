import type { ChosenFile } from "./staging.js";

/** Files that a folder brings along and nobody means. */
const ignored = /^(\.|__MACOSX|Thumbs\.db$|desktop\.ini$)/;

/** Files of a picker; those of a folder carry their path, and come in whatever order the disk has them. */
export function chosenFiles(files: Iterable<File>): ChosenFile[] {
  return [...files]
    .filter(({ name }) => !ignored.test(name))
    .sort((a, b) => inOrderOfPaths(a.webkitRelativePath, b.webkitRelativePath))
    .map((file) => ({ file, folder: file.webkitRelativePath.split("/").slice(0, -1).join("/") }));
}

/** Files of a drop or of the clipboard, with everything in the folders among them. */
export async function transferredFiles(transfer: DataTransfer): Promise<ChosenFile[]> {
  // Read before anything is awaited: afterwards the transfer is empty.
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry === null ? [] : [entry];
  });
  const files = [...transfer.files];
  if (entries.length === 0) return chosenFiles(files);
  return (await Promise.all(entries.map((entry) => filesOf(entry, "")))).flat();
}

async function filesOf(entry: FileSystemEntry, folder: string): Promise<ChosenFile[]> {
  if (ignored.test(entry.name)) return [];
  // One that cannot be read must not take the others with it.
  if (isFile(entry))
    return fileOf(entry).then(
      (file) => [{ file, folder }],
      () => [],
    );
  if (!isFolder(entry)) return [];
  const inner = (await entriesOf(entry.createReader()).catch(() => [])).sort(byName);
  const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
  return (await Promise.all(inner.map((each) => filesOf(each, path)))).flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function byName(a: FileSystemEntry, b: FileSystemEntry): number {
  return inOrder(a.name, b.name);
}

/** Names that differ in no more than zeros before a number have an order, too. */
function inOrder(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true }) || Number(a > b) - Number(a < b);
}

/** Folder by folder: as one text, the names of two folders that differ by an accent would mix with those of their files. */
function inOrderOfPaths(a: string, b: string): number {
  const [ours, theirs] = [a.split("/"), b.split("/")];
  const at = ours.findIndex((name, part) => name !== theirs[part]);
  return inOrder(ours[at] ?? "", theirs[at] ?? "");
}

/** A reader gives its entries in parts, each with an order of its own, until it gives none. */
async function entriesOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
  return part.length === 0 ? [] : [...part, ...(await entriesOf(reader))];
}
