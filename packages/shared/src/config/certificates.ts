import { readFileSync } from "node:fs";
import { ProblemError } from "../problems/index.js";

/**
 * The certificates of a PEM file that another server's is checked against.
 *
 * @throws ProblemError `config-invalid` where the file cannot be read
 */
export function readCa(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ProblemError("config-invalid", `The certificates in ${file} cannot be read.`, { cause: error });
  }
}
