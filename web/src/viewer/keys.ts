import type { Command } from "./commands.js";

/** Keys of the viewer, in the order that the help shows them. A letter works with and without Shift. */
export const viewerKeys: readonly { keys: readonly string[]; command: Command }[] = [
  { keys: ["+", "="], command: "zoomIn" },
  { keys: ["-"], command: "zoomOut" },
  { keys: ["0"], command: "fit" },
  { keys: ["1"], command: "oneToOne" },
  { keys: ["ArrowLeft"], command: "left" },
  { keys: ["ArrowRight"], command: "right" },
  { keys: ["ArrowUp"], command: "up" },
  { keys: ["ArrowDown"], command: "down" },
  { keys: ["["], command: "darker" },
  { keys: ["]"], command: "brighter" },
  { keys: [","], command: "softer" },
  { keys: ["."], command: "harder" },
  { keys: ["a"], command: "automatic" },
  { keys: ["i"], command: "invert" },
  { keys: ["r"], command: "turn" },
  { keys: ["h"], command: "mirror" },
  { keys: ["v"], command: "upend" },
  { keys: ["o"], command: "heatmap" },
  { keys: ["b"], command: "regions" },
  { keys: ["w"], command: "tool" },
  { keys: ["Backspace", "x"], command: "reset" },
];

/** What a key asks for. Keys with Ctrl, Alt or Meta are the browser's. */
export function commandOf(event: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}): Command | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return viewerKeys.find(({ keys }) => keys.includes(key))?.command;
}
