import dns, { type LookupAddress, type LookupAllOptions } from "node:dns";

/** Finds all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Asks name servers, by a socket each. */
export interface NameServers {
  resolve4(hostname: string): Promise<string[]>;
  resolve6(hostname: string): Promise<string[]>;
}

/** Longest that a name waits for the system's look-up: as long as one of a silent name server takes, and within a try's time as it is set by default. */
const longestWaitMs = 10_000;

/**
 * Asks the name servers without the threads that the system's own look-up blocks: there are four, files are read by them too,
 * and a receiver whose name server is slow would hold up everybody's. What name servers do not know, the system may (hosts
 * file, search domains): also what they fail at, since in a closed network they fail at all names of the hosts file.
 */
export function resolverOf(servers: NameServers, system: Resolve): Resolve {
  const inTurn = oneAtATime(system);
  return (hostname, options, callback) => {
    if (!hostname.includes(".")) return inTurn(hostname, options, callback);
    addressesOf(servers, hostname).then(
      (addresses) => {
        if (addresses.length > 0) callback(null, addresses);
        else inTurn(hostname, options, callback);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

export const resolveName = resolverOf(new dns.promises.Resolver({ timeout: 2_000, tries: 2 }), dns.lookup);

/**
 * libuv has two look-ups of the system under way at a time, and nothing takes one back: of receivers it is given one, so that
 * object store and Redis are found by the other. Who waits for too long is answered as by a name server that is silent: it is tried
 * again later.
 */
function oneAtATime(look: Resolve): Resolve {
  const waiting = new Set<() => void>();
  let busy = false;
  return (hostname, options, callback) => {
    const begin = () => {
      busy = true;
      look(hostname, options, (error, addresses) => {
        busy = false;
        const [next] = waiting;
        next?.();
        callback(error, addresses);
      });
    };
    if (!busy) return begin();
    const go = () => {
      clearTimeout(timer);
      waiting.delete(go);
      begin();
    };
    const timer = setTimeout(() => {
      waiting.delete(go);
      callback(Object.assign(new Error("no turn in time"), { code: dns.TIMEOUT }), []);
    }, longestWaitMs);
    waiting.add(go);
  };
}

/** IPv4 first; empty where the name servers know none. @throws the resolver's error where they do not answer in time. */
async function addressesOf(servers: NameServers, hostname: string): Promise<LookupAddress[]> {
  const answers = await Promise.allSettled([servers.resolve4(hostname), servers.resolve6(hostname)]);
  const found = answers.flatMap((answer, at) =>
    answer.status === "fulfilled"
      ? answer.value.map((address) => ({ address, family: at === 0 ? 4 : 6 }))
      : [],
  );
  if (found.length > 0) return found;
  for (const answer of answers) {
    if (answer.status === "rejected" && answer.reason.code === dns.TIMEOUT) throw answer.reason;
  }
  return [];
}
