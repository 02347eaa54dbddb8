/** Milliseconds by which the gateway's clock is ahead of this machine's, which may be wrong by days. */
let ahead = 0;

/** Takes in what an answer says of the time. One that the browser had stored says when it was first given. */
export function noteTime({ headers }: Response): void {
  const at = Date.parse(headers.get("date") ?? "");
  if (headers.get("cache-control") === "no-store" && !Number.isNaN(at)) ahead = at - Date.now();
}

/** Now, in milliseconds since the epoch, as the gateway dates analyses. */
export function gatewayNow(): number {
  return Date.now() + ahead;
}
