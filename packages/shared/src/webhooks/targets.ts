import dns from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { ProblemError } from "../problems/index.js";

/** Longest callback address, characters. */
const longestUrl = 2048;

/** Which addresses a webhook may reach: public unicast ones, and the operator's allow-list. */
export class TargetPolicy {
  readonly #allowed = new BlockList();

  /**
   * @param allow address ranges in CIDR notation or single addresses, comma-separated.
   * @throws ProblemError `config-invalid`
   */
  constructor(allow: string) {
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
    return parsed.range() === "unicast" && !embedsIpv4(parsed);
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
    // The URL parser turns every spelling of an IPv4 address (decimal, octal, hexadecimal) into the dotted one.
    const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    const literal = isIP(host) !== 0;
    if (
      literal
        ? !this.allows(host)
        : /(^|\.)(localhost|local|internal|home\.arpa)$/i.test(host) && !this.#allowsLoopback()
    ) {
      throw new ProblemError(
        "callback-refused",
        "The callback address must be public or on the operator’s allow-list.",
      );
    }
    return url;
  }

  /** A DNS look-up for sockets that refuses a name with any address that is not allowed, at the time it is connected to. */
  lookup: LookupFunction = (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
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

  #allowsLoopback(): boolean {
    return this.allows("127.0.0.1") || this.allows("::1");
  }
}

/** Transition addresses (NAT64, 6to4, Teredo) lead to an IPv4 address that was not judged. */
function embedsIpv4(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return ["rfc6145", "rfc6052", "6to4", "teredo"].includes(address.range());
}
