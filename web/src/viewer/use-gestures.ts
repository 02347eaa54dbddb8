import { type RefObject, useEffect, useRef } from "react";

/** What pointers do to a film; points are measured from the place's centre, in CSS pixels. */
export interface Gestures {
  /** `tool`: the button or the chosen tool asks for window and level. */
  drag(dx: number, dy: number, tool: "pan" | "window"): void;
  zoom(factor: number, x: number, y: number): void;
  /** Two quick taps or clicks. */
  doubled(x: number, y: number): void;
}

const doubleMs = 320;
const tapSlop = 8;

/** Mouse, pen and touch over an element: one pointer drags, two pinch, the wheel zooms. */
export function useGestures(
  place: RefObject<HTMLElement | null>,
  tool: "pan" | "window",
  gestures: Gestures,
): void {
  const latest = useRef({ tool, gestures });
  useEffect(() => {
    latest.current = { tool, gestures };
  });
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const pointers = new Map<string | number, { x: number; y: number }>();
    let moved = 0;
    let lastTap = { at: 0, x: 0, y: 0 };
    let button = 0;

    const fromCentre = (clientX: number, clientY: number) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
    };
    const down = (event: PointerEvent) => {
      if (event.target instanceof Element && event.target.closest("button, a, input")) return;
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (pointers.size === 1) {
        moved = 0;
        button = event.button;
      }
    };
    const move = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const now = { x: event.clientX, y: event.clientY };
      const { tool: chosen, gestures: act } = latest.current;
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      pointers.set(event.pointerId, now);
      moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (other === undefined) {
        const asked = button === 2 || event.shiftKey ? "window" : button === 1 ? "pan" : chosen;
        act.drag(now.x - before.x, now.y - before.y, asked);
        return;
      }
      const middle = fromCentre((now.x + other.x) / 2, (now.y + other.y) / 2);
      const spread = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y);
      act.zoom(spread(now) / Math.max(1, spread(before)), middle.x, middle.y);
      act.drag((now.x - before.x) / 2, (now.y - before.y) / 2, "pan");
    };
    const up = (event: PointerEvent) => {
      if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
      if (moved > tapSlop || event.button !== 0) return;
      const near = Math.hypot(event.clientX - lastTap.x, event.clientY - lastTap.y) < tapSlop * 3;
      if (near && event.timeStamp - lastTap.at < doubleMs) {
        const { x, y } = fromCentre(event.clientX, event.clientY);
        latest.current.gestures.doubled(x, y);
        lastTap = { at: 0, x: 0, y: 0 };
      } else lastTap = { at: event.timeStamp, x: event.clientX, y: event.clientY };
    };
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { x, y } = fromCentre(event.clientX, event.clientY);
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      latest.current.gestures.zoom(Math.exp((-event.deltaY * lines) / 400), x, y);
    };
    const menu = (event: Event) => event.preventDefault();
    const over = new AbortController();
    const { signal } = over;
    element.addEventListener("pointerdown", down, { signal });
    element.addEventListener("pointermove", move, { signal });
    element.addEventListener("pointerup", up, { signal });
    element.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId), { signal });
    element.addEventListener("wheel", wheel, { signal, passive: false });
    element.addEventListener("contextmenu", menu, { signal });
    return () => over.abort();
  }, [place]);
}
