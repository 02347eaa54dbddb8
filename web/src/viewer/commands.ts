import { automatic, changed, fullWindow } from "./grey-window.js";
import { mirrored, turned, upended } from "./orientation.js";
import { firstView, fit, oneToOne, pan, type Size, settled, type View, zoomAt } from "./view.js";

/** What can be done to a view, by button or key. The last three are the viewer's, not the view's. */
export type Command =
  | "zoomIn"
  | "zoomOut"
  | "fit"
  | "oneToOne"
  | "left"
  | "right"
  | "up"
  | "down"
  | "darker"
  | "brighter"
  | "softer"
  | "harder"
  | "automatic"
  | "invert"
  | "turn"
  | "mirror"
  | "upend"
  | "reset"
  | "heatmap"
  | "regions"
  | "tool";

/** What a command is carried out on. */
export interface Ground {
  place: Size;
  film: Size;
  greys: Uint8Array | undefined;
  pixelRatio: number;
}

const panStep = 40;
const zoomStep = 1.25;
const greyStep = 8;

export function apply(command: Command, view: View, { place, film, greys, pixelRatio }: Ground): View {
  switch (command) {
    case "zoomIn":
      return zoomAt(view, zoomStep, place, film);
    case "zoomOut":
      return zoomAt(view, 1 / zoomStep, place, film);
    case "fit":
      return fit(view, place, film);
    case "oneToOne":
      return oneToOne(view, pixelRatio);
    case "left":
      return pan(view, panStep, 0, place, film);
    case "right":
      return pan(view, -panStep, 0, place, film);
    case "up":
      return pan(view, 0, panStep, place, film);
    case "down":
      return pan(view, 0, -panStep, place, film);
    case "darker":
      return { ...view, window: changed(view.window, greyStep, 0) };
    case "brighter":
      return { ...view, window: changed(view.window, -greyStep, 0) };
    case "softer":
      return { ...view, window: changed(view.window, 0, 2 * greyStep) };
    case "harder":
      return { ...view, window: changed(view.window, 0, -2 * greyStep) };
    case "automatic":
      return { ...view, window: greys === undefined ? fullWindow : automatic(greys) };
    case "invert":
      return { ...view, inverted: !view.inverted };
    case "turn":
      return settled({ ...view, orientation: turned(view.orientation) }, place, film);
    case "mirror":
      return { ...view, orientation: mirrored(view.orientation) };
    case "upend":
      return { ...view, orientation: upended(view.orientation) };
    case "reset":
      return fit(firstView, place, film);
    default:
      return view;
  }
}
