/** A pipe whose reader ended, and a terminal that was closed. */
const gone = ["EPIPE", "EIO"];

/** Goes on where nobody reads any more what is printed: Ctrl-C ends the `tee` behind a pipe before we have drained. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!gone.includes(error.code ?? "")) throw error;
    });
  }
}
