import { osteon } from "../api/osteon.js";
import { isMissing } from "../words/refusals.js";
import { forgetAnalysis } from "./exams.js";

/** Erases an exam here and everywhere. One that another has erased by now is erased. @throws ProblemError, ConnectionError */
export async function eraseExam(id: string): Promise<void> {
  try {
    await osteon.erase(id);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  forgetAnalysis(id);
}
