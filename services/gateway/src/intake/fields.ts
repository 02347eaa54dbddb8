/** What a submission may say beside its films, as the client wrote it. */
export interface SubmissionFields {
  reference?: string;
  callbackUrl?: string;
  regionHint?: string;
  priority?: string;
}

export const fieldNames = [
  "reference",
  "callbackUrl",
  "regionHint",
  "priority",
] as const satisfies readonly (keyof SubmissionFields)[];
