import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { automatic, changed, draw, fullWindow, table } from "../src/viewer/grey-window.js";
import { colourOf } from "../src/viewer/heat-colours.js";
import { commandOf, viewerKeys } from "../src/viewer/keys.js";
import {
  inverse,
  isSideways,
  mirrored,
  seenFirst,
  turned,
  upended,
  upright,
} from "../src/viewer/orientation.js";
import {
  firstView,
  fit,
  leastScale,
  mostScale,
  pan,
  type Size,
  settled,
  type View,
  zoomAt,
} from "../src/viewer/view.js";

describe("window and level", () => {
  test("the full window changes nothing, inverted it turns every grey round", () => {
    const plain = table(fullWindow, false);
    const inverted = table(fullWindow, true);
    for (let grey = 0; grey < 256; grey += 1) {
      assert.equal(plain[grey], grey);
      assert.equal(inverted[grey], 255 - grey);
    }
  });

  test("what lies outside is black or white, and the level is the middle", () => {
    const greys = table({ level: 100, width: 50 }, false);
    assert.deepEqual([greys[0], greys[75], greys[125], greys[255]], [0, 0, 255, 255]);
    assert.ok(Math.abs((greys[100] ?? 0) - 127.5) <= 1);
  });

  test("draws greys opaque, and never leaves its range", () => {
    const into = new Uint8ClampedArray(8);
    draw(Uint8Array.of(0, 255), table(fullWindow, true), into);
    assert.deepEqual([...into], [255, 255, 255, 255, 0, 0, 0, 255]);
    assert.deepEqual(changed(fullWindow, 1e6, -1e6), { level: 255, width: 2 });
  });

  test("finds a window that leaves the background out", () => {
    const film = Uint8Array.from({ length: 10_000 }, (_, at) => (at < 5_000 ? 0 : 60 + (at % 80)));
    const { level, width } = automatic(film);
    assert.ok(level - width / 2 >= 55 && level + width / 2 <= 145, `${level} ± ${width / 2}`);
    assert.deepEqual(automatic(new Uint8Array(100)), fullWindow);
  });
});

describe("how a film lies", () => {
  test("four turns are none, two flips of a kind are none, and a turn changes the sides", () => {
    assert.deepEqual(turned(turned(turned(turned(upright)))), upright);
    assert.deepEqual(mirrored(mirrored(upright)), upright);
    assert.deepEqual(upended(upended(turned(upright))), turned(upright));
    assert.deepEqual(mirrored(upended(upright)), turned(turned(upright)));
    assert.equal(isSideways(turned(upright)), true);
    assert.equal(isSideways(turned(turned(upright))), false);
  });

  test("what is undone lies upright, and the corner that is seen first lies upper left, in all eight ways", () => {
    let orientation = upright;
    for (let way = 0; way < 8; way += 1) {
      orientation = way === 4 ? mirrored(orientation) : turned(orientation);
      const { a, b, c, d } = orientation;
      const undone = inverse(orientation);
      assert.deepEqual(
        [
          a * undone.a + c * undone.b,
          b * undone.a + d * undone.b,
          a * undone.c + c * undone.d,
          b * undone.c + d * undone.d,
        ].map((each) => each || 0),
        [1, 0, 0, 1],
      );
      // Of a square about the origin: each corner as it is seen.
      const { farX, farY } = seenFirst(orientation);
      const [x, y] = [farX ? 1 : -1, farY ? 1 : -1];
      assert.deepEqual([a * x + c * y, b * x + d * y], [-1, -1]);
    }
  });

  test("fits whole, also turned, and zooms about the point that is pointed at", () => {
    const place = { width: 800, height: 400 };
    const film = { width: 300, height: 400 };
    assert.equal(fit(firstView, place, film).scale, 1);
    const sideways = { ...firstView, orientation: turned(upright) };
    assert.ok(Math.abs(fit(sideways, place, film).scale - 400 / 300) < 1e-9);
    const zoomed = zoomAt(firstView, 2, place, film, 100, 50);
    // What lay under the pointer lies there still: (100 - x) / scale is as before.
    assert.deepEqual([(100 - zoomed.x) / zoomed.scale, (50 - zoomed.y) / zoomed.scale], [100, 50]);
    assert.equal(zoomAt(firstView, 1e9, place, film).scale, mostScale);
    assert.equal(zoomAt(firstView, 1e-9, place, film).scale, leastScale);
  });

  test("stays in sight however far it is moved", () => {
    const moved = pan(firstView, 1e6, -1e6, { width: 800, height: 400 }, { width: 300, height: 400 });
    assert.deepEqual([moved.x, moved.y], [510, -360]);
  });

  test("stays in sight wherever it is zoomed, in a place that shrinks, and when it is turned", () => {
    const place = { width: 800, height: 400 };
    const film = { width: 300, height: 400 };
    const isSeen = ({ x, y, scale, orientation }: View, { width, height }: Size) => {
      const [across, down] = isSideways(orientation) ? [film.height, film.width] : [film.width, film.height];
      return Math.abs(x) < (width + across * scale) / 2 && Math.abs(y) < (height + down * scale) / 2;
    };
    let view = fit(firstView, place, film);
    for (let step = 0; step < 16; step += 1) {
      view = zoomAt(view, 1.25, place, film, 400, 200);
      assert.ok(isSeen(view, place), `after ${step + 1} steps`);
    }
    const small = { width: 300, height: 300 };
    const shrunk = settled(pan(firstView, 1e6, 0, place, film), small, film);
    assert.ok(isSeen(shrunk, small));
    assert.equal(shrunk.fitted, false);
    const low = {
      ...pan(firstView, 0, 1e6, place, { width: 10, height: 400 }),
      orientation: turned(upright),
    };
    const { y } = settled(low, place, { width: 10, height: 400 });
    assert.ok(y < (place.height + 10) / 2);
    assert.equal(settled(firstView, small, film).scale, 0.75);
  });
});

test("heat rises in opacity, and cold leaves the film alone", () => {
  assert.equal(colourOf(0)[3], 0);
  const steps = [0.1, 0.3, 0.6, 1].map((heat) => colourOf(heat)[3]);
  assert.deepEqual(
    steps,
    [...steps].sort((a, b) => a - b),
  );
  assert.equal(colourOf(1)[3], 255);
});

test("each key has one command, and keys of the browser are left to it", () => {
  const keys = viewerKeys.flatMap((each) => each.keys);
  assert.equal(new Set(keys).size, keys.length);
  const plain = { ctrlKey: false, metaKey: false, altKey: false };
  assert.equal(commandOf({ key: "I", ...plain }), "invert");
  assert.equal(commandOf({ key: "r", ...plain, ctrlKey: true }), undefined);
  assert.equal(commandOf({ key: "q", ...plain }), undefined);
});
