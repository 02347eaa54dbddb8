import type { Analysis } from "@osteon/client";
import { osteon } from "./osteon.js";

/** The films of an analysis as files again, with the names that they came with. */
export function originals({ id, films }: Analysis): Promise<File[]> {
  return Promise.all(
    films.map(async ({ index, name, contentType }) => {
      const bytes = await osteon.original(id, index);
      return new File([bytes], name ?? `film-${index + 1}`, { type: contentType });
    }),
  );
}
