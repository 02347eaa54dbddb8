import { fullWindow, type GreyWindow } from "./grey-window.js";
import { isSideways, type Orientation, upright } from "./orientation.js";

/** How a film is looked at. Lengths are CSS pixels. */
export interface View {
  /** CSS pixels a film pixel. */
  scale: number;
  /** Whether the film is kept in fit when its place changes its size. */
  fitted: boolean;
  /** Of the film's centre from the place's. */
  x: number;
  y: number;
  orientation: Orientation;
  window: GreyWindow;
  inverted: boolean;
}

export interface Size {
  width: number;
  height: number;
}

export const mostScale = 16;
export const leastScale = 0.05;

export const firstView: View = {
  scale: 1,
  fitted: true,
  x: 0,
  y: 0,
  orientation: upright,
  window: fullWindow,
  inverted: false,
};

/** The whole film, as large as the place takes it. */
export function fit(view: View, place: Size, film: Size): View {
  const sideways = isSideways(view.orientation);
  const width = sideways ? film.height : film.width;
  const height = sideways ? film.width : film.height;
  if (place.width === 0 || place.height === 0 || width === 0 || height === 0) return view;
  const scale = Math.min(place.width / width, place.height / height);
  return { ...view, scale: clampScale(scale), x: 0, y: 0, fitted: true };
}

/** A pixel of the picture a screen pixel, around the film's centre. */
export function oneToOne(view: View, pixelRatio: number): View {
  return { ...view, scale: 1 / pixelRatio, x: 0, y: 0, fitted: false };
}

/** Zooms so that what lies at a point, measured from the place's centre, stays there while some of the film is in sight. */
export function zoomAt(view: View, factor: number, place: Size, film: Size, x = 0, y = 0): View {
  const scale = clampScale(view.scale * factor);
  const change = scale / view.scale;
  const zoomed = {
    ...view,
    scale,
    x: x - (x - view.x) * change,
    y: y - (y - view.y) * change,
    fitted: false,
  };
  return inSight(zoomed, place, film);
}

/** Moves the film; some of it always stays in sight. */
export function pan(view: View, dx: number, dy: number, place: Size, film: Size): View {
  return inSight({ ...view, x: view.x + dx, y: view.y + dy, fitted: false }, place, film);
}

/** The view after its place, its film's size or its orientation has changed. */
export function settled(view: View, place: Size, film: Size): View {
  return view.fitted ? fit(view, place, film) : inSight(view, place, film);
}

function inSight(view: View, place: Size, film: Size): View {
  const sideways = isSideways(view.orientation);
  const most = (of: number, length: number) => Math.max(0, (of + length * view.scale) / 2 - 40);
  const mostX = most(place.width, sideways ? film.height : film.width);
  const mostY = most(place.height, sideways ? film.width : film.height);
  return { ...view, x: clamp(view.x, mostX), y: clamp(view.y, mostY) };
}

/** The CSS transform of an element of the film's size whose centre lies at the place's. */
export function transformOf({ scale, x, y, orientation: { a, b, c, d } }: View): string {
  return `matrix(${a * scale}, ${b * scale}, ${c * scale}, ${d * scale}, ${x}, ${y})`;
}

function clampScale(scale: number): number {
  return Math.min(mostScale, Math.max(leastScale, scale));
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}
