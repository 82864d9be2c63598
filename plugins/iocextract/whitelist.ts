import { type Indicator, INDICATOR_TYPES, type IndicatorType } from "../lib/ioc.ts";
import { inNetwork, type Network, parseIPv4, parseIPv6, parseNetwork } from "../lib/ioc_address.ts";

/** Indicators that are known to be harmless: lines of `TYPE:PATTERN`. */
export class Whitelist {
  /** Lines that mean nothing, each described in one line. */
  readonly problems: string[] = [];
  readonly #values = new Map<IndicatorType, Set<string>>();
  readonly #networks: Network[] = [];

  /** Adds the lines of a file. @param name The file's name, for messages. */
  add(text: string, name: string): void {
    for (const [i, line] of text.split(/\r?\n/).entries()) {
      const entry = line.trim();
      if (entry === "" || entry.startsWith("#")) continue;
      const colon = entry.indexOf(":");
      const type = INDICATOR_TYPES.find((known) => known === entry.slice(0, colon));
      const pattern = entry.slice(colon + 1).trim().toLowerCase();
      if (type === undefined || pattern === "") {
        this.problems.push(
          `${name}:${i + 1}: "${entry}" is not TYPE:PATTERN with TYPE one of ${INDICATOR_TYPES.join(", ")}`,
        );
      } else if (type === "ipv4" || type === "ipv6") {
        const network = parseNetwork(pattern);
        if (network) this.#networks.push(network);
        else this.problems.push(`${name}:${i + 1}: "${pattern}" is not an address or ADDRESS/BITS`);
      } else {
        const values = this.#values.get(type) ?? new Set();
        this.#values.set(type, values.add(pattern));
      }
    }
  }

  /** Whether the indicator is not to be reported. */
  has({ type, value }: Indicator): boolean {
    switch (type) {
      case "ipv4":
      case "ipv6":
        return this.#hasAddress(value);
      case "domain":
        return this.#hasHost("domain", value);
      case "url": {
        const host = /^\w+:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)/.exec(value)?.[1] ?? "";
        return this.#hasHost("domain", host) || this.#hasHost("url", host) ||
          this.#hasAddress(host.replace(/[[\]]/g, ""));
      }
      default:
        return this.#values.get(type)?.has(value.toLowerCase()) ?? false;
    }
  }

  #hasAddress(text: string): boolean {
    const address = parseIPv4(text) ?? parseIPv6(text);
    return address !== undefined && this.#networks.some((network) => inNetwork(address, network));
  }

  #hasHost(type: "domain" | "url", host: string): boolean {
    const patterns = this.#values.get(type);
    if (patterns === undefined) return false;
    if (patterns.has(host) || patterns.has("." + host)) return true;
    for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
      if (patterns.has(host.slice(dot))) return true;
    }
    return false;
  }
}
