/**
 * Indicators of compromise in text: hashes, IP and MAC addresses, e-mail addresses, domains and URLs, also defanged
 * ones. Linear in the length of the text; the same text always gives the same list.
 *
 * @module
 */
import { parseIPv4, parseIPv6 } from "./ioc_address.ts";
import { DomainNames } from "./ioc_domain.ts";
import { RefangedText } from "./ioc_refang.ts";

/** The kinds of indicators, in the order in which they are reported. */
export const INDICATOR_TYPES = [
  "md5",
  "sha1",
  "sha256",
  "sha512",
  "ipv4",
  "ipv6",
  "mac_address",
  "email",
  "domain",
  "url",
] as const;

/** A kind of indicator. */
export type IndicatorType = typeof INDICATOR_TYPES[number];

/** One indicator, the first of its value in a text. */
export interface Indicator {
  type: IndicatorType;
  /** Refanged; lower case, except the path of a URL and the local part of an e-mail address. */
  value: string;
  /** Where it begins in the text as given, in UTF-16 code units. */
  offset: number;
}

/** What may be chosen for an extraction. */
export interface ExtractionOptions {
  /** Lower-case ASCII top-level domains. Default: the built-in list. */
  tlds?: ReadonlySet<string>;
  /** Distinct indicators of one type after which more are left out. Default: 10,000. */
  limit?: number;
}

/** The indicators of a text, by type and then by where they first occur. */
export interface Extraction {
  indicators: Indicator[];
  /** Types of which there were more than the limit. */
  truncated: IndicatorType[];
}

/** More are of no use to an analyst, and results must stay small. */
const DEFAULT_LIMIT = 10_000;
/** Longest URL that is kept whole: the limit of browsers' address bars. */
const MAX_URL = 2_048;
/** Longest local part of an e-mail address (RFC 5321, section 4.5.3.1.1). */
const MAX_LOCAL_PART = 64;

const HASH_TYPES = new Map<number, IndicatorType>([[32, "md5"], [40, "sha1"], [64, "sha256"], [128, "sha512"]]);

/** Characters that end a URL in running text; the rest may be part of one (RFC 3986, appendix A and C). */
const URL_END = /[\s"'<>`{}|\\^\p{Cc}]/gu;

/** Extracts the indicators of `text`. */
export function extractIndicators(text: string, options: ExtractionOptions = {}): Extraction {
  return new Extractor(text, options).run();
}

/** Indicators as lists of values by type; types without any are left out. */
export function valuesByType(indicators: readonly Indicator[]): Partial<Record<IndicatorType, string[]>> {
  const lists: Partial<Record<IndicatorType, string[]>> = {};
  for (const { type, value } of indicators) (lists[type] ??= []).push(value);
  return lists;
}

/** One extraction: passes over the text, each linear, that share what they found. */
class Extractor {
  readonly #source: RefangedText;
  readonly #text: string;
  readonly #domains: DomainNames;
  readonly #limit: number;
  readonly #found = new Map<IndicatorType, Map<string, number>>();
  readonly #truncated = new Set<IndicatorType>();
  /** Authorities of URLs, ascending `[start, end)`: not looked at again for domains and e-mail addresses. */
  readonly #authorities: [number, number][] = [];

  constructor(text: string, options: ExtractionOptions) {
    this.#source = new RefangedText(text);
    this.#text = this.#source.text;
    this.#domains = new DomainNames(options.tlds);
    this.#limit = options.limit ?? DEFAULT_LIMIT;
    for (const type of INDICATOR_TYPES) this.#found.set(type, new Map());
  }

  run(): Extraction {
    this.#hashes();
    this.#colonAddresses();
    this.#urls();
    this.#names();
    const indicators: Indicator[] = [];
    for (const [type, values] of this.#found) {
      const sorted = [...values].sort(([, a], [, b]) => a - b);
      for (const [value, at] of sorted) indicators.push({ type, value, offset: this.#source.originalOffset(at) });
    }
    return { indicators, truncated: INDICATOR_TYPES.filter((type) => this.#truncated.has(type)) };
  }

  #add(type: IndicatorType, value: string, offset: number): void {
    const values = this.#found.get(type)!;
    const known = values.get(value);
    if (known !== undefined) {
      if (offset < known) values.set(value, offset);
    } else if (values.size < this.#limit) values.set(value, offset);
    else this.#truncated.add(type);
  }

  #hashes(): void {
    for (const { 0: text, index } of this.#text.matchAll(/(?<!\w)[0-9a-f]{32,128}(?!\w)/gi)) {
      const type = HASH_TYPES.get(text.length);
      // Real digests have letters and digits; rows of zeros and long numbers don't.
      if (type && /\d/.test(text) && /[a-f]/i.test(text)) this.#add(type, text.toLowerCase(), index);
    }
  }

  #colonAddresses(): void {
    const mac = /(?<![\w:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])/gi;
    for (const { 0: text, index } of this.#text.matchAll(mac)) this.#add("mac_address", text.toLowerCase(), index);
    for (const { 0: run, index } of this.#text.matchAll(/[0-9a-f:.]+/gi)) {
      if (run.length > 50 || !run.includes(":")) continue;
      if (/[\w\p{L}]/u.test(this.#text.charAt(index - 1)) || /[\w\p{L}]/u.test(this.#text.charAt(index + run.length))) {
        continue;
      }
      const text = run.replace(/\.+$/, "").replace(/(?<!:):$/, "").toLowerCase();
      if (isNotableIPv6(text)) this.#add("ipv6", text, index);
    }
  }

  #urls(): void {
    const start = /(?<![a-z0-9])(https?|ftps?):\/\//gi;
    let tailEnd = -1; // where the URL characters that are being looked at end: shared by URLs inside URLs
    for (let match = start.exec(this.#text); match; match = start.exec(this.#text)) {
      const from = start.lastIndex;
      if (tailEnd < from) tailEnd = this.#urlEnd(from);
      if (this.#found.get("url")!.size >= this.#limit) {
        this.#truncated.add("url");
        return;
      }
      const authority = /^[^/?#]*/.exec(this.#text.slice(from, Math.min(tailEnd, from + MAX_URL)))![0];
      const host = this.#host(from, authority);
      if (!host) continue;
      this.#authorities.push([from, host.end]);
      const tail = this.#text.slice(host.end, Math.min(tailEnd, match.index + MAX_URL));
      const port = /^:\d{1,5}(?!\d)/.exec(tail)?.[0] ?? "";
      const path = /^[/?#]/.test(tail.slice(port.length)) ? withoutTrailingPunctuation(tail.slice(port.length)) : "";
      this.#add("url", match[0].toLowerCase() + host.user + host.name + port + path, match.index);
      start.lastIndex = host.end;
    }
  }

  #urlEnd(from: number): number {
    URL_END.lastIndex = from;
    return URL_END.exec(this.#text)?.index ?? this.#text.length;
  }

  /** The host in the authority of a URL (RFC 3986, section 3.2), which is reported too. */
  #host(from: number, authority: string): { name: string; user: string; end: number } | undefined {
    const user = authority.slice(0, authority.lastIndexOf("@") + 1);
    const at = from + user.length;
    const rest = authority.slice(user.length);
    const bracket = /^\[([0-9a-f:.]+)\]/i.exec(rest);
    if (bracket) {
      const address = bracket[1]!.toLowerCase();
      if (!parseIPv6(address)) return undefined;
      this.#add("ipv6", address, at + 1);
      return { name: `[${address}]`, user, end: at + bracket[0].length };
    }
    const written = /^[\p{L}\p{N}\p{M}._-]+/u.exec(rest)?.[0].replace(/[._-]+$/, "") ?? "";
    const end = at + written.length;
    if (parseIPv4(written)) {
      this.#add("ipv4", written, at);
      return { name: written, user, end };
    }
    const name = this.#domains.accept(written, { certain: true, before: "", after: "" });
    if (name === undefined) return undefined;
    this.#add("domain", name, at);
    return { name, user, end };
  }

  /** Runs of host characters outside the authorities of URLs: domains, IPv4 addresses, e-mail addresses. */
  #names(): void {
    let next = 0;
    for (const { 0: run, index } of this.#text.matchAll(/[\p{L}\p{N}\p{M}_.-]+/gu)) {
      if (!run.includes(".")) continue;
      while (next < this.#authorities.length && this.#authorities[next]![1] <= index) next++;
      if (next < this.#authorities.length && this.#authorities[next]![0] <= index) continue;
      if (this.#text[index + run.length] === "@") continue; // the local part of an e-mail address
      for (const piece of run.matchAll(/[^.]+(?:\.[^.]+)*/g)) {
        if (this.#name(piece[0], index + piece.index)) continue;
        // Beside letters of other scripts, as in running Chinese text.
        if (piece[0].length > MAX_URL) continue;
        for (const ascii of piece[0].matchAll(/[\w-]+(?:\.[\w-]+)+/g)) {
          if (ascii[0] !== piece[0]) this.#name(ascii[0], index + piece.index + ascii.index);
        }
      }
    }
  }

  #name(name: string, at: number): boolean {
    if (name.length > 300) return false;
    // `%2F%2Fexample.com`, percent-encoded in another URL
    if (this.#text[at - 1] === "%" && /^[0-9a-f]{2}\w/i.test(name)) return this.#name(name.slice(2), at + 2);
    const end = at + name.length;
    const local = this.#text[at - 1] === "@"
      ? /[\w.%+-]+$/.exec(this.#text.slice(Math.max(0, at - 1 - MAX_LOCAL_PART), at - 1))?.[0].replace(/^[.-]+/, "")
      : undefined;
    const certain = Boolean(local) || this.#source.wasDefanged(at, end);
    const before = this.#text.slice(Math.max(0, at - 2), at);
    if (/^[\d.]+$/.test(name)) {
      if (!parseIPv4(name)) return false;
      if (certain || !this.#looksLikeVersion(name, at, end)) this.#add("ipv4", name, at);
      return true;
    }
    const trimmed = name.replace(
      /^[-_]+(?=[^_-])|[-_]+$/g,
      (part) => part.startsWith("_") && part.length === 1 ? part : "",
    );
    const start = at + name.indexOf(trimmed);
    const domain = this.#domains.accept(trimmed, { certain, before, after: this.#text.charAt(end) });
    if (domain === undefined) return false;
    if (local) this.#add("email", `${local}@${domain}`, at - 1 - local.length);
    this.#add("domain", domain, start);
    return true;
  }

  /** Four numbers that number a version: `version 1.2.3.4`, `Product/1.2.3.4`, `1.0.0.0`. */
  #looksLikeVersion(name: string, at: number, end: number): boolean {
    if (name.startsWith("0.")) return true;
    if (name.endsWith(".0.0.0") && this.#text[end] !== "/") return true;
    const before = this.#text.slice(Math.max(0, at - 24), at);
    return /(?:[a-z0-9]\/|\b(?:v|ver|version|rev|revision|release|build|update)\b[\s:="'.>-]*)$/i.test(before) ||
      /version[\s:="'>]{1,4}$/i.test(before);
  }
}

/**
 * Addresses that are written out, or of a kind that is in use: `a::b` is more often C++ than an address, and eight pairs
 * of digits are an EUI-64.
 */
function isNotableIPv6(text: string): boolean {
  if (!parseIPv6(text)) return false;
  const written = text.split(":").filter(Boolean);
  if (!text.includes("::")) return written.some((group) => group.length > 2);
  return /^(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|ff[0-9a-f]{2}):/.test(text) ||
    (text.startsWith("::ffff:") && text.includes(".")) || written.length >= 4;
}

/** A URL's path without the punctuation of the sentence around it. */
function withoutTrailingPunctuation(path: string): string {
  let end = path.length;
  const open = { ")": count(path, "("), "]": count(path, "[") };
  const close = { ")": count(path, ")"), "]": count(path, "]") };
  for (; end > 0; end--) {
    const last = path[end - 1]!;
    if (last === ")" || last === "]") {
      if (close[last] <= open[last]) break;
      close[last]--;
    } else if (!".,;:!?*".includes(last)) break;
  }
  return path.slice(0, end);
}

function count(text: string, character: string): number {
  let n = 0;
  for (let i = text.indexOf(character); i !== -1; i = text.indexOf(character, i + 1)) n++;
  return n;
}
