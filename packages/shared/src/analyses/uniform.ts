import { isDeepStrictEqual } from "node:util";
import type { Film, ModelRef } from "../contracts/index.js";

/** Whether one edition of the body-part model, and one of each bone's model, answered for all the films. */
export function isUniform(films: readonly Film[]): boolean {
  const editions = new Map<string, ModelRef>();
  const fits = (work: string, edition: ModelRef | undefined): boolean => {
    if (edition === undefined) return true;
    const first = editions.get(work) ?? edition;
    editions.set(work, first);
    return isDeepStrictEqual(edition, first);
  };
  return films.every(
    ({ bodyPart, models }) =>
      fits("body part", models?.bodyPart) && fits(`fracture of ${bodyPart?.label}`, models?.fracture),
  );
}
