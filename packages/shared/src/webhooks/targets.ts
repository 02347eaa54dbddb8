import { BlockList, isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
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

/** Names that never leave the machine or its network. */
const insideNames = /(^|\.)(localhost|local|internal|home\.arpa)$/i;

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
    for (const range of allow
      .split(",")
      .map((each) => each.trim())
      .filter(Boolean)) {
      const [address = "", bits] = range.split("/");
      const family = isIP(address);
      const most = family === 4 ? 32 : 128;
      const prefix = bits === undefined ? most : Number(bits);
      if (family === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > most) {
        throw new ProblemError(
          "config-invalid",
          "WEBHOOK_ALLOW must be address ranges such as 10.1.0.0/16, comma-separated",
        );
      }
      this.#allowed.addSubnet(address, prefix, family === 4 ? "ipv4" : "ipv6");
    }
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
    const url = text.length <= longestUrl && URL.canParse(text) ? new URL(text) : undefined;
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

  /** A DNS look-up for sockets that refuses a name with any address that is not allowed, at the time it is connected to. */
  lookup: LookupFunction = (hostname, options, callback) => {
    this.#resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const refused = addresses.length === 0 || addresses.some(({ address }) => !this.allows(address));
      const [first] = addresses;
      if (refused || first === undefined) {
        return callback(Object.assign(new Error("address refused"), { code: "ETARGET" }), "", 0);
      }
      if (options.all === true) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };

  #allowsName(host: string): boolean {
    if (host.split(".").includes("")) return false;
    return !insideNames.test(host) || this.allows("127.0.0.1") || this.allows("::1");
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
