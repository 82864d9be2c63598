import { ByteReader } from "../lib/bytes.ts";
import type { PeFile } from "../lib/pe.ts";

/** Names of sections that packers and protectors make, as regular expressions on the lower-case name. */
const SECTION_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^upx[0-9!]$/, "UPX"],
  [/^\.?(aspack|adata)$/, "ASPack"],
  [/^\.?asprotect?$/, "ASProtect"],
  [/^\.?fsg!?$/, "FSG"],
  [/^mew/, "MEW"],
  [/^\.?(upack|by[ad]wing)/, "Upack"],
  [/^pec(ompact)?[0-9]/, "PECompact"],
  [/^pebundle$/, "PEBundle"],
  [/^\.?petite$/, "Petite"],
  [/^\.?mpress[0-9]$/, "MPRESS"],
  [/^nsp[0-9]$|^\.nsp[0-9]$|^nspack/, "NsPack"],
  [/^\.?vmp[0-9]$/, "VMProtect"],
  [/^\.?(themida|winlice|winlicen)$/, "Themida"],
  [/^\.?enigma[0-9]$/, "Enigma"],
  [/^\.?(yp|y0da|yoda)$/, "Yoda's Protector"],
  [/^(pklstb|\.wwpack|\.?wwp32)$/, "WWPack"],
  [/^\.?neolite?$|^\.neolit$/, "NeoLite"],
  [/^\.?(perplex)$/, "Perplex"],
  [/^procrypt$/, "ProCrypt"],
  [/^\.?(taz|pec)$/, "PESpin"],
  [/^\.?rlpack$|^\.packed$/, "RLPack"],
  [/^\.?(shrink[0-9])$/, "Shrinker"],
  [/^\.spack$/, "Simple Pack"],
  [/^_winzip_$/, "WinZip self-extractor"],
  [/^\.ndata$/, "NSIS"],
  [/^\.boom$/, "The Boomerang List Builder"],
  [/^\.ccg$/, "CCG"],
  [/^\.charmve$|^\.pinclie$/, "PIN"],
  [/^execrypt$/, "ExeCryptor"],
  [/^\.sforce[0-9]$/, "StarForce"],
  [/^\.svkp$/, "SVKP"],
  [/^(tsustub|tsuarch)$/, "TSULoader"],
];

/** Marks in the overlay (its first bytes, or its last), and who leaves them. */
const OVERLAY_MARKS: readonly (readonly ["start" | "end", string, string])[] = [
  ["start", "\xef\xbe\xad\xdeNullsoftInst", "NSIS"],
  ["start", "zlb\x1a", "Inno Setup"],
  ["start", "idska32", "Inno Setup"],
  ["start", "Rar!\x1a\x07", "WinRAR self-extractor"],
  ["start", "7z\xbc\xaf\x27\x1c", "7-Zip self-extractor"],
  ["end", "MEI\x0c\x0b\x0a\x0b\x0e", "PyInstaller"],
];
/** Bytes at either end of the overlay that are searched. */
const OVERLAY_WINDOW = 4096;
/** Bytes at the beginning of the file that are searched for UPX's mark. */
const HEADER_WINDOW = 4096;

/**
 * Names of packers, protectors and installers that left their mark: names of sections, marks in the overlay. Whoever
 * wants to hide them can: it is a hint.
 */
export function packers(pe: PeFile): string[] {
  const found = new Set<string>();
  for (const { name } of pe.sections) {
    const lower = name.toLowerCase();
    for (const [pattern, packer] of SECTION_NAMES) if (pattern.test(lower)) found.add(packer);
  }
  const { bytes } = pe.image.reader;
  const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const has = (part: Uint8Array, mark: string) => new ByteReader(part).indexOf(latin1(mark)) !== -1;
  if (has(bytes.subarray(0, HEADER_WINDOW), "UPX!")) found.add("UPX");
  if (pe.overlayOffset !== undefined) {
    const overlay = bytes.subarray(pe.overlayOffset);
    const parts = { start: overlay.subarray(0, OVERLAY_WINDOW), end: overlay.subarray(-OVERLAY_WINDOW) };
    for (const [place, mark, packer] of OVERLAY_MARKS) if (has(parts[place], mark)) found.add(packer);
  }
  return [...found];
}
