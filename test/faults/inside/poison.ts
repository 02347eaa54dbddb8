import { setImmediate } from "node:timers/promises";
import { BodyPartClassifier, FractureExaminer } from "@osteon/inference";

/** Widths of films, pixels, that do harm to the worker that has them: as a fault in a decoder or a runtime would. */
export const poison = {
  /** Aborts the body-part worker, as native code does. */
  aborts: 301,
  /** Takes all the memory that the fracture worker's JavaScript may have. */
  devours: 303,
  /** Takes memory outside of JavaScript in the body-part worker, as a decoder does: no end, and the event loop goes on. */
  hoards: 305,
} as const;

/** Makes the films of those widths poison to this process. */
export function installPoison(): void {
  const { classify } = BodyPartClassifier.prototype;
  BodyPartClassifier.prototype.classify = async function (film) {
    if (film.width === poison.aborts) process.abort();
    const native: Buffer[] = [];
    while (film.width === poison.hoards) {
      native.push(Buffer.alloc(16 * 2 ** 20, 1));
      await setImmediate();
    }
    return classify.call(this, film);
  };
  const { examine } = FractureExaminer.prototype;
  FractureExaminer.prototype.examine = async function (bone, film) {
    const hoard: object[] = [];
    while (film.width === poison.devours) hoard.push(Array.from({ length: 100_000 }, (_, at) => ({ at })));
    return examine.call(this, bone, film);
  };
}
