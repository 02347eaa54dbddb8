import { StartError } from "./start-error.js";

/** Takes a step that writes a file of the data folder. @throws StartError with its path where that fails: a disk may be full */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new StartError(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
