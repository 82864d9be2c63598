/**
 * Words for the numbers in headers of ZIP archives, PKWARE APPNOTE.TXT 6.3.10, section 4.4, as xyz has them.
 *
 * @module
 */

/** Section 4.4.5; 99 is WinZip's AES. */
const METHODS: Readonly<Record<number, string>> = {
  0: "store",
  1: "shrunk",
  2: "reduce1",
  3: "reduce2",
  4: "reduce3",
  5: "reduce4",
  6: "implode",
  7: "token",
  8: "deflate",
  9: "deflate64",
  10: "terse_old",
  12: "bzip2",
  14: "lzma",
  18: "terse_new",
  19: "lz77",
  93: "zstd",
  95: "xz",
  97: "wavpack",
  98: "ppmd",
  99: "aes",
};

/** Section 4.4.2.2, the upper byte of "version made by". */
const SYSTEMS =
  "FAT Amiga OpenVMS UNIX VM/CMS Atari HPFS Mac Z-System CP/M NTFS MVS VSE Acorn VFAT alt_MVS BeOS Tandem OS/400 OSX"
    .split(" ").map((system) => system.replace("_", " "));

/** Attributes of files on DOS and Windows, from the lowest bit. */
const DOS_ATTRIBUTES = [
  ["ro", "R"],
  ["hidden", "H"],
  ["sys", "S"],
  ["volume", "V"],
  ["dir", "D"],
  ["archive", "A"],
  ["device", "X"],
  ["normal", "N"],
  ["temp", "T"],
  ["sparse", "P"],
  ["link", "L"],
  ["compressed", "C"],
  ["offline", "O"],
  ["not_indexed", "I"],
  ["encrypted", "E"],
] as const;

const SHORT_FLAGS: Readonly<Record<string, string>> = {
  encrypted: "e",
  implode_8k: "8",
  implode_4k: "4",
  implode_3trees: "3",
  implode_2trees: "2",
  deflate_superfast: "S",
  deflate_fast: "F",
  deflate_max: "M",
  deflate_normal: "N",
  lzma_eos: "E",
  lzma_size: "Z",
  descriptor: "d",
  deflate_enhanced: "D",
  patched: "p",
  strong_encrypt: "s",
  utf8: "u",
  dir_masked: "m",
};

const SHORT_BLOCKS: Readonly<Record<string, string>> = {
  deflate_nocompress: "n",
  deflate_fixed: "f",
  deflate_dynamic: "d",
  deflate_reserved: "r",
  deflate_lastblock: "l",
  deflate_moreblocks: "m",
};

/** Name of a compression method. */
export function labelMethod(method: number): string {
  return METHODS[method] ?? "unknown";
}

/** Name of the system that a member comes from. */
export function labelSystem(system: number): string {
  return SYSTEMS[system] ?? "unknown";
}

/** Section 4.4.4: the general purpose bits, of which two mean what the method says. */
export function labelFlags(bits: number, method: number): string[] {
  const flags: string[] = [];
  if (bits & 1) flags.push("encrypted");
  if (method === 6) flags.push(bits & 2 ? "implode_8k" : "implode_4k", bits & 4 ? "implode_3trees" : "implode_2trees");
  if (method === 8 || method === 9) {
    flags.push(["deflate_normal", "deflate_max", "deflate_fast", "deflate_superfast"][(bits >> 1) & 3]!);
  }
  if (method === 14) flags.push(bits & 2 ? "lzma_eos" : "lzma_size");
  if (bits & 8) flags.push("descriptor");
  if (bits & 0x10) flags.push("deflate_enhanced");
  if (bits & 0x20) flags.push("patched");
  if (bits & 0x40) flags.push("strong_encrypt");
  if (bits & 0x800) flags.push("utf8");
  if (bits & 0x2000) flags.push("dir_masked");
  return flags;
}

/** The same, a letter each. */
export function shortFlags(flags: readonly string[]): string {
  return flags.map((flag) => SHORT_FLAGS[flag] ?? "").join("");
}

/** What the first block of deflated data is, RFC 1951 section 3.2.3. */
export function labelBlocks(data: Uint8Array, method: number, bits: number): string[] {
  const first = data[0];
  if (first === undefined || method !== 8 || bits & 1) return [];
  return [
    ["deflate_nocompress", "deflate_fixed", "deflate_dynamic", "deflate_reserved"][(first >> 1) & 3]!,
    first & 1 ? "deflate_lastblock" : "deflate_moreblocks",
  ];
}

/** The same, a letter each. */
export function shortBlocks(labels: readonly string[]): string {
  return labels.map((label) => SHORT_BLOCKS[label] ?? "").join("");
}

/** The lower half of the external attributes. */
export function labelDosAttributes(bits: number): string[] {
  return DOS_ATTRIBUTES.filter((_, i) => bits & (1 << i)).map(([name]) => name);
}

/** The same, a letter each. */
export function shortDosAttributes(bits: number): string {
  return DOS_ATTRIBUTES.filter((_, i) => bits & (1 << i)).map(([, letter]) => letter).join("");
}

/** The upper half of the external attributes as `ls -l` shows a mode. */
export function labelMode(mode: number): string {
  const types: [number, string][] = [[0o120000, "l"], [0o100000, "-"], [0o060000, "b"], [0o040000, "d"], [
    0o020000,
    "c",
  ], [0o010000, "p"]];
  const type = types.find(([bits]) => (mode & bits) === bits)?.[1] ?? "-";
  const triple = (shift: number, special: number, letter: string) => {
    const execute = mode & (1 << shift);
    const last = mode & special ? (execute ? letter : letter.toUpperCase()) : execute ? "x" : "-";
    return (mode & (4 << shift) ? "r" : "-") + (mode & (2 << shift) ? "w" : "-") + last;
  };
  return type + triple(6, 0o4000, "s") + triple(3, 0o2000, "s") + triple(0, 0o1000, "t");
}
