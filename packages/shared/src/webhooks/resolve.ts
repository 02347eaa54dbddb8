import dns, { type LookupAddress, type LookupAllOptions } from "node:dns";

/** Finds all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const resolver = new dns.promises.Resolver({ timeout: 2_000, tries: 2 });

/**
 * Asks the name servers without the threads that the system's own look-up blocks: there are four, files are read by them too,
 * and a receiver whose name server is slow would hold up everybody's. What name servers do not know, the system may (hosts
 * file, search domains).
 */
export const resolveName: Resolve = (hostname, options, callback) => {
  if (!hostname.includes(".")) return dns.lookup(hostname, options, callback);
  addressesOf(hostname).then(
    (addresses) => {
      if (addresses.length > 0) callback(null, addresses);
      else dns.lookup(hostname, options, callback);
    },
    (error: NodeJS.ErrnoException) => callback(error, []),
  );
};

/** IPv4 first; empty where the name servers know none. @throws the resolver's error where they do not answer in time. */
async function addressesOf(hostname: string): Promise<LookupAddress[]> {
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
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
