/** Folders of the store that hold what belongs to an analysis. */
export const analysisFolders = [
  "analyses/",
  "pending/",
  "deliveries/",
  "dead-letters/",
  "failed/",
  "erasures/",
  "uploads/",
] as const;
