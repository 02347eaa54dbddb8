/** What a film must be to be answered well. */
export const rules = [
  "Only the film: no other object in the picture.",
  "At least 224 pixels on each side.",
  "An original film without colours.",
  "Left and right bones alike are fine.",
] as const;
