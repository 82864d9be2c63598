/**
 * Which dotted names are domains, and which are file names, versions and program text.
 *
 * @module
 */
import { topLevelDomains } from "./ioc_tlds.ts";

/** Longest domain name, in characters (RFC 1035, section 2.3.4, without the root's dot). */
const MAX_NAME = 253;

/** Top-level domains that are seen more often as the extension of a file name. */
const FILE_EXTENSIONS = new Set(
  "ai as bz cc cab cat ch cl cpl gz hm hs java js la lua md mk mm mo mov mp nc pl pm ps py rs sc sh so st tex vb zip"
    .split(
      " ",
    ),
);

/** Top-level domains that are seen more often as a member in program text, with one label before them. */
const MEMBERS = new Set("build compare data date day got gt help host int lt name next open property read".split(" "));

/** Second-level names below which registrations happen: `example.com.py` is no Python file. */
const SECOND_LEVEL = new Set("ac co com edu gob gouv gov mil net org".split(" "));

/** First labels of member expressions (`document.location.search`). */
const OBJECTS = new Set(
  ("console date document e el ev event exports json location math module navigator node object process req res " +
    "self string system that this window").split(" "),
);

/** First labels of reversed domains: package names such as `org.apache.commons.io`. */
const REVERSED = new Set("android androidx com edu gov io java javax kotlin net org".split(" "));

/** What stands around a dotted name. */
export interface NameContext {
  /** It is called a host by a URL, an e-mail address or by having been defanged. */
  certain: boolean;
  /** The two characters before it. */
  before: string;
  /** The character after it. */
  after: string;
}

/** Decides about names by a set of top-level domains. */
export class DomainNames {
  /** @param tlds Lower-case ASCII top-level domains. Default: the built-in list. */
  constructor(private readonly tlds: ReadonlySet<string> = topLevelDomains()) {}

  /** The domain that `name` is, lower case, or undefined. */
  accept(name: string, context: NameContext): string | undefined {
    if (name.length > MAX_NAME || !name.includes(".")) return undefined;
    const lower = name.toLowerCase();
    const ascii = toASCII(lower);
    if (ascii === undefined) return undefined;
    const labels = ascii.split(".");
    const tld = labels.at(-1)!;
    if (!this.tlds.has(tld) || !labels.every(isLabel)) return undefined;
    if (labels.slice(-2).some((label) => label.includes("_")) || /^\d+$/.test(tld)) return undefined;
    return context.certain || looksLikeHost(name, labels, context) ? lower : undefined;
  }
}

/** A label of letters, digits, hyphens and (as in `_dmarc`) underscores (RFC 1035, section 2.3.1). */
function isLabel(label: string): boolean {
  return label.length > 0 && label.length <= 63 && !label.startsWith("-") && !label.endsWith("-");
}

function looksLikeHost(name: string, labels: string[], { before, after }: NameContext): boolean {
  const [first, second, tld] = [labels[0]!, labels.at(-2)!, labels.at(-1)!];
  if (second.length < 2 && labels.length === 2 && !/^[a-z0-9]$/.test(second)) return false;
  // A component of a path is a file or a folder; what follows `//` or `\\` is a host.
  if (/[\\/]$/.test(before) && before !== "//" && before !== "\\\\") return false;
  if (after === "(") return false;
  const writtenTld = name.slice(name.lastIndexOf(".") + 1);
  if (writtenTld !== writtenTld.toLowerCase() && name !== name.toUpperCase()) return false;
  if (labels.length > 2 && REVERSED.has(first)) return false;
  if (OBJECTS.has(first) || (labels.length === 2 && MEMBERS.has(tld))) return false;
  return !FILE_EXTENSIONS.has(tld) || first === "www" || (labels.length > 2 && SECOND_LEVEL.has(second));
}

/** Punycode of an internationalized name; undefined if it is none. */
function toASCII(name: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  try {
    return new URL(`http://${name}/`).hostname;
  } catch {
    return undefined;
  }
}
