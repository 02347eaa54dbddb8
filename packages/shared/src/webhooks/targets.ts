import { BlockList, isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { parseAddressRanges } from "../config/index.js";
import { ProblemError } from "../problems/index.js";
import { type Resolve, resolveName } from "./resolve.js";

/** Longest callback address, characters. */
const longestUrl = 2048;

/** Ports of other protocols, which an HTTP request could speak to by accident: the list of the Fetch standard. */
const refusedPorts = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/** Services of a cloud to its machines that have an address among the public ones: Azure's. */
const platformAddresses = new Set(["168.63.129.16"]);

/** Names of the machine itself, whatever the system makes of them (RFC 6761, 6.3). */
const ownNames = /(^|\.)localhost$/i;
/** Names that never leave its network. */
const insideNames = /(^|\.)(local|internal|home\.arpa)$/i;

/** Which addresses a webhook may reach: public unicast ones, and the operator's allow-list. */
export class TargetPolicy {
  readonly #allowed = new BlockList();
  readonly #resolve: Resolve;

  /**
   * @param allow address ranges in CIDR notation or single addresses, comma-separated.
   * @param resolve asked at each connection; `resolveName` where absent.
   * @throws ProblemError `config-invalid`
   */
  constructor(allow: string, resolve: Resolve = resolveName) {
    this.#resolve = resolve;
    const ranges = parseAddressRanges(allow);
    if (ranges === undefined) throw new ProblemError("config-invalid", "These are no address ranges.");
    for (const { address, prefix, family } of ranges) this.#allowed.addSubnet(address, prefix, family);
  }

  /** Whether an IP address may be connected to. IPv4 inside IPv6 is judged as IPv4. */
  allows(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    const text = parsed.toString();
    if (this.#allowed.check(text, parsed.kind() === "ipv4" ? "ipv4" : "ipv6")) return true;
    if (parsed.range() !== "unicast" || platformAddresses.has(text)) return false;
    return parsed instanceof ipaddr.IPv4 || isGlobal(parsed);
  }

  /**
   * Checks a callback address as far as its text goes; names are judged again at each connection.
   * @throws ProblemError `callback-refused`
   */
  checkUrl(text: string): URL {
    if (text.length > longestUrl)
      throw new ProblemError(
        "callback-refused",
        `The callback address must have at most ${longestUrl} characters.`,
      );
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
      throw new ProblemError("callback-refused", "The callback address must be an http or https URL.");
    }
    if (url.username !== "" || url.password !== "") {
      throw new ProblemError("callback-refused", "The callback address must not carry credentials.");
    }
    if (url.port !== "" && refusedPorts.has(Number(url.port))) {
      throw new ProblemError("callback-refused", `Port ${url.port} belongs to another protocol than HTTP.`);
    }
    // The URL parser turns every spelling of an IPv4 address (decimal, octal, hexadecimal, full-width) into the dotted one.
    const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    if (!(isIP(host) === 0 ? this.#allowsName(host) : this.allows(host))) {
      throw new ProblemError(
        "callback-refused",
        "The callback address must be public or on the operator’s allow-list.",
      );
    }
    return url;
  }

  /**
   * A DNS look-up for sockets that refuses a name with any address that is not allowed, at the time it is connected to. The machine's
   * own names have the addresses of both families, of which an operator may have allowed one: they are reached by that.
   */
  lookup: LookupFunction = (hostname, options, callback) => {
    this.#resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const allowed = addresses.filter(({ address }) => this.allows(address));
      const [first] = allowed;
      const mixed = allowed.length < addresses.length && !ownNames.test(hostname);
      if (first === undefined || mixed) {
        return callback(Object.assign(new Error("address refused"), { code: "ETARGET" }), "", 0);
      }
      if (options.all === true) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };

  #allowsName(host: string): boolean {
    if (host.split(".").includes("")) return false;
    if (ownNames.test(host)) return this.allows("127.0.0.1") || this.allows("::1");
    // What they resolve to is judged when it is connected to.
    return !insideNames.test(host) || this.#allowed.rules.length > 0;
  }
}

/**
 * Whether an address is of the block that global unicast addresses come from, 2000::/3, and is none that leads on to an
 * IPv4 address which was not judged: ISATAP has it behind 5efe (RFC 5214). NAT64, 6to4 and Teredo have ranges of their own,
 * IPv4-compatible addresses (::/96) are outside the block.
 */
function isGlobal(address: ipaddr.IPv6): boolean {
  const [first = 0, , , , fifth = 0, sixth] = address.parts;
  return first >> 13 === 1 && !(sixth === 0x5efe && (fifth & ~0x0300) === 0);
}
