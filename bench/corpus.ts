/**
 * The corpus: real files of this machine, chosen the same way each time, copied into a temporary folder.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, type Stats, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";

/** Where files are looked for, in this order. Programs, libraries, documents, images, archives, settings: what machines have. */
const ROOTS = ["/usr", "/lib", "/opt", "/etc"] as const;

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest file of the mixed list. */
const MAX_MIXED_FILE = 20 * MIB;

/** How large a corpus is. */
export interface CorpusSize {
  /** Files of 1 to 4 KB. */
  readonly tiny: number;
  /** Files of 500 KB. */
  readonly large: number;
  /** Files of 1 KB to 20 MB, and their bytes together. */
  readonly mixed: number;
  readonly mixedBytes: number;
  /** Files for the comparison of tiers: size and number. */
  readonly sized: readonly (readonly [label: string, size: number, count: number])[];
  /** Most files of the machine that are considered. */
  readonly considered: number;
}

/** The corpus that results are published for. */
export const FULL: CorpusSize = {
  tiny: 5000,
  large: 100,
  mixed: 2000,
  mixedBytes: 384 * MIB,
  sized: [["2 KB", 2 * KIB, 5000], ["100 KB", 100 * KIB, 500], ["500 KB", 500 * KIB, 100], ["5 MB", 5 * MIB, 16]],
  considered: 500_000,
};

/** A small one, to see that everything works. */
export const QUICK: CorpusSize = {
  tiny: 40,
  large: 2,
  mixed: 8,
  mixedBytes: MIB,
  sized: [["2 KB", 2 * KIB, 100], ["100 KB", 100 * KIB, 10], ["500 KB", 500 * KIB, 4], ["5 MB", 5 * MIB, 2]],
  considered: 1000,
};

/** Files in a folder of their own. */
export interface FileList {
  /** What it is called in the table. */
  readonly label: string;
  readonly folder: string;
  /** Names in the folder, sorted. */
  readonly names: readonly string[];
  readonly bytes: number;
  /** How the files came about, for the report. */
  readonly origin: string;
}

/** All lists. */
export interface Corpus extends Disposable {
  readonly tiny: FileList;
  readonly large: FileList;
  readonly mixed: FileList;
  readonly sized: readonly FileList[];
  /** One file alone, to see what a start costs. */
  readonly one: FileList;
  /** Beginning of the SHA-256 of all contents: says whether two runs had the same corpus. */
  readonly fingerprint: string;
  readonly considered: number;
  /** Folder for what a part writes itself. */
  readonly folder: string;
}

interface Found {
  readonly path: string;
  readonly size: number;
}

/** Makes a corpus; it is gone with its disposal. */
export function makeCorpus(size: CorpusSize): Corpus {
  const root = Deno.makeTempDirSync({ dir: tmpdir(), prefix: "stoq-bench-" });
  const dispose = () => Deno.removeSync(root, { recursive: true });
  try {
    const found = look(size.considered);
    if (found.length === 0) throw new Error(`No file to measure with is in ${ROOTS.join(", ")}: bench needs some`);
    const fingerprint = createHash("sha256");
    const list = (label: string, pieces: Iterable<Uint8Array>, origin: () => string): FileList => {
      const folder = join(root, label.replaceAll(" ", "_"));
      mkdirSync(folder);
      const names: string[] = [];
      let bytes = 0;
      for (const piece of pieces) {
        const name = String(names.length).padStart(5, "0");
        writeFileSync(join(folder, name), piece);
        fingerprint.update(piece);
        names.push(name);
        bytes += piece.length;
      }
      return { label, folder, names, bytes, origin: origin() };
    };
    const tiny = tinyFiles(found, size.tiny);
    const mixed = mixedFiles(found, size.mixed, size.mixedBytes);
    const lists = {
      tiny: list("tiny", tiny.pieces, () => tiny.origin),
      large: ofSize(found, "500 KB files", 500 * KIB, size.large, list),
      mixed: list("mixed", mixed.pieces, () => mixed.origin),
      sized: size.sized.map(([label, bytes, count]) => ofSize(found, label, bytes, count, list)),
    };
    const one = list("one", [readFileSync(join(lists.tiny.folder, lists.tiny.names[0]!))], () => "the first tiny file");
    return {
      ...lists,
      one,
      fingerprint: fingerprint.digest("hex").slice(0, 16),
      considered: found.length,
      folder: root,
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Regular files that can be read, in the order of their paths, directory by directory. */
function look(limit: number): Found[] {
  const found: Found[] = [];
  const visit = (folder: string): void => {
    let names: string[];
    try {
      names = readdirSync(folder).sort();
    } catch {
      // Not for this user: others are.
      return;
    }
    for (const name of names) {
      if (found.length >= limit) return;
      const path = join(folder, name);
      let info: Stats;
      try {
        info = lstatSync(path);
      } catch {
        continue;
      }
      // Links would be the same files once more; what is not a regular file has no bytes to be copied.
      if (info.isDirectory()) visit(path);
      else if (info.isFile() && info.size > 0) found.push({ path, size: info.size });
    }
  };
  for (const root of ROOTS) if (lstatSync(root, { throwIfNoEntry: false })?.isDirectory()) visit(root);
  return found;
}

/** So many of them, evenly spread over the whole. */
function spread(files: readonly Found[], count: number): Found[] {
  if (files.length <= count) return [...files];
  return Array.from({ length: count }, (_, i) => files[Math.floor(i * files.length / count)]!);
}

function read({ path }: Found): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    // Gone, or not for this user: the list is one file shorter at this place, and filled up below.
    return new Uint8Array(0);
  }
}

function tinyFiles(found: readonly Found[], count: number): { pieces: Iterable<Uint8Array>; origin: string } {
  const natural = spread(found.filter(({ size }) => size >= KIB && size <= 4 * KIB), count).map(read)
    .filter((bytes) => bytes.length > 0);
  const missing = count - natural.length;
  // Of 1, 2, 3, 4 KB in turn.
  const cut = joined(found, Array.from({ length: missing }, (_, i) => (1 + i % 4) * KIB));
  return {
    pieces: [...natural, ...cut],
    origin: `${natural.length} files as they are` + (missing > 0 ? `, ${missing} cut from others` : ""),
  };
}

function mixedFiles(
  found: readonly Found[],
  count: number,
  bound: number,
): { pieces: Iterable<Uint8Array>; origin: string } {
  const candidates = spread(found.filter(({ size }) => size >= KIB && size <= MAX_MIXED_FILE), count);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let left = 0;
  for (const file of candidates) {
    // What is left of the bound is for all the files to come, too: at least 1 KB each.
    if (bytes + file.size > bound - (candidates.length - pieces.length - left) * KIB) {
      left++;
      continue;
    }
    const piece = read(file);
    if (piece.length === 0) left++;
    else pieces.push(piece);
    bytes += piece.length;
  }
  const missing = count - pieces.length;
  if (missing > 0) pieces.push(...joined(found, Array.from({ length: missing }, (_, i) => (1 + i % 4) * KIB)));
  return {
    pieces,
    origin: `${count - missing} files as they are` + (missing > 0 ? `, ${missing} cut from others` : ""),
  };
}

function ofSize(
  found: readonly Found[],
  label: string,
  size: number,
  count: number,
  list: (label: string, pieces: Iterable<Uint8Array>, origin: () => string) => FileList,
): FileList {
  const larger = spread(found.filter((file) => file.size >= size && file.size <= 64 * MIB), count);
  const cut = larger.map((file) => read(file).subarray(0, size)).filter((bytes) => bytes.length === size);
  const missing = count - cut.length;
  const pieces = [...cut, ...joined(found, Array.from({ length: missing }, () => size))];
  return list(
    label,
    pieces,
    () =>
      `${cut.length} cut from the beginning of larger files` + (missing > 0 ? `, ${missing} joined from others` : ""),
  );
}

/** Pieces of the given sizes out of all files one after another, from the beginning again where they end. */
function joined(found: readonly Found[], sizes: readonly number[]): Uint8Array[] {
  let next = 0;
  let rest: Uint8Array = new Uint8Array(0);
  let empty = 0;
  return sizes.map((size) => {
    const piece = new Uint8Array(size);
    for (let filled = 0; filled < size;) {
      if (rest.length === 0) {
        rest = read(found[next++ % found.length]!);
        empty = rest.length === 0 ? empty + 1 : 0;
        if (empty > found.length) throw new Error(`None of the ${found.length} files that were found can be read`);
        continue;
      }
      const taken = rest.subarray(0, size - filled);
      piece.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
    return piece;
  });
}
