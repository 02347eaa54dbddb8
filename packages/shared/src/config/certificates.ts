import { readFileSync } from "node:fs";
import { ProblemError } from "../problems/index.js";

/**
 * The certificates of a PEM file that another server's is checked against.
 *
 * @param name the variable that names the file
 * @throws ProblemError `config-invalid` where the file cannot be read
 */
export function readCa(name: "REDIS_CA_FILE" | "S3_CA_FILE", file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ProblemError("config-invalid", `${name} cannot be read: ${file}.`, { cause: error });
  }
}
