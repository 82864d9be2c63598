/**
 * libmagic, compiled to WebAssembly (npm `wasmagic`), with its database loaded once.
 *
 * @module
 */
import { ANSWER, answer, type Entry, ENTRY_SIZE, HEAD_SIZE, readEntries, readHead } from "./magic_database.ts";
import { preselect } from "./preselect.ts";
import wrapper from "wasmagic/dist/libmagic-wrapper.js";

/** `MAGIC_MIME_TYPE` of `magic.h`: give the MIME type, without the character set. */
const MAGIC_MIME_TYPE = 0x10;

/** `MAGIC_NO_CHECK_TEXT` and `MAGIC_NO_CHECK_ENCODING` of `magic.h`: do not look whether it is text. */
const NO_TEXT = 0x020000 | 0x200000;

/** Where the WebAssembly module keeps its compiled database, in its own file system in memory. */
const DATABASE = { folder: "/magic", file: "magic.mgc" } as const;

/** What this file uses of the Emscripten module; the package's own types need globals that it does not bring. */
interface Libmagic {
  HEAPU8: Uint8Array;
  FS: {
    chdir(path: string): void;
    open(path: string, flags: "r"): object;
    read(stream: object, buffer: Uint8Array, offset: number, length: number, position: number): number;
    close(stream: object): void;
    unlink(path: string): void;
  };
  printOverride: (stream: "stdout" | "stderr", text: string) => void;
  _malloc(size: number): number;
  _free(pointer: number): void;
  ccall(name: "magic_wrapper_load", returns: "string", types: ["number", "string"], values: [number, string]): string;
  ccall(name: "magic_wrapper_detect", returns: "string", types: ["number", "number"], values: [number, number]): string;
}

/** What the Emscripten module is started with. */
interface Start {
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): WebAssembly.Exports;
}

const start: (options: Start) => Promise<Libmagic> = wrapper.default;

/**
 * Starts libmagic and loads its database.
 *
 * @param wasm `libmagic-wrapper.wasm` of the package.
 * @param print Gets what libmagic would write to its standard streams.
 * @param prepareAt At which payload to prepare for many: that takes as long as some hundred payloads of a few kilobytes,
 *   and from then on each takes an eighth of the time. The types are the same before and after.
 * @returns The MIME type of some bytes. After it threw, the instance is not to be used again.
 */
export async function loadLibmagic(
  wasm: Uint8Array<ArrayBuffer>,
  print: (text: string) => void,
  prepareAt = 100,
): Promise<(bytes: Uint8Array) => string> {
  const program = await WebAssembly.compile(wasm);
  const magic = await start({
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(program, imports);
      done(instance);
      return instance.exports;
    },
  });
  magic.printOverride = (_stream, text) => print(text);
  magic.FS.chdir(DATABASE.folder);
  const failure = magic.ccall("magic_wrapper_load", "string", ["number", "string"], [MAGIC_MIME_TYPE, DATABASE.file]);
  if (failure !== "") throw new Error(`Cannot load libmagic's database "${DATABASE.file}": ${failure}`);
  const stream = magic.FS.open(DATABASE.file, "r");
  const head = new Uint8Array(HEAD_SIZE);
  magic.FS.read(stream, head, 0, head.length, 0);
  magic.FS.close(stream);
  // libmagic has its own copy by now: give this one's memory back.
  magic.FS.unlink(`${DATABASE.folder}/${DATABASE.file}`);

  let payloads = 0;
  let selection: Selection | undefined;
  return (bytes) => {
    const pointer = magic._malloc(bytes.length);
    if (pointer === 0) throw new Error(`Cannot allocate ${bytes.length} bytes for libmagic: its memory is used up`);
    magic.HEAPU8.set(bytes, pointer);
    const detect = () => magic.ccall("magic_wrapper_detect", "string", ["number", "number"], [pointer, bytes.length]);
    if (++payloads === prepareAt) selection = new Selection(magic, head);
    let type = ANSWER;
    if (selection?.hold(bytes)) type = detect();
    if (type === ANSWER) {
      selection?.holdAll();
      type = detect();
    }
    magic._free(pointer);
    return type;
  };
}

/** Where the members of `struct mlist` (`src/file.h` of file 5.47) are, counted in words of 32 bits. */
const LIST = { entries: 0, expressions: 1, count: 2, next: 4, previous: 5 } as const;

/** `struct magic_set`, counted in the same way: it begins with the head of the list; and its flags. */
const SET = { list: 0, flags: 10 } as const;

/** How many entries are held, of all levels: with more, libmagic goes through all there are. */
const MAX_HELD = 4096;

/**
 * The list of entries that libmagic goes through, in its memory, and an array in that memory with those of them that may
 * match.
 */
class Selection {
  /** Where the list is, and what it holds by itself: entries, and the regular expressions compiled for them. */
  readonly #list: number;
  readonly #entries: number;
  readonly #expressions: number;
  /** How many entries it holds by itself. */
  readonly #count: number;
  /** The array of some entries, and of their expressions. */
  readonly #someEntries: number;
  readonly #someExpressions: number;
  /** What the array holds, while libmagic goes through it. */
  #held: readonly Entry[] | undefined;
  readonly #select: ReturnType<typeof preselect>;
  /** Where libmagic's flags are. */
  readonly #flags: number;

  /**
   * @param head The first {@linkcode HEAD_SIZE} bytes of the database.
   * @throws If the list is not where, or not what, it is in the version of libmagic that this is written for.
   */
  constructor(private readonly magic: Libmagic, head: Uint8Array) {
    const words = this.#words();
    const { count, named, first } = readHead(head);
    const lists: number[] = [];
    for (let at = words.indexOf(count); at !== -1; at = words.indexOf(count, at + 1)) {
      const list = at - LIST.count;
      const entries = words[list + LIST.entries]!;
      const held = magic.HEAPU8.subarray(entries, entries + ENTRY_SIZE);
      const next = words[list + LIST.next]! / words.BYTES_PER_ELEMENT;
      const linked = words[next + LIST.previous] === list * words.BYTES_PER_ELEMENT;
      if (linked && held.length === ENTRY_SIZE && first.every((byte, i) => held[i] === byte)) lists.push(list);
    }
    if (lists.length !== 1) {
      throw new Error(`libmagic has its list of entries ${lists.length} times in memory, not once`);
    }
    this.#list = lists[0]!;
    const sets: number[] = [];
    const listHead = words[this.#list + LIST.previous]!;
    for (let at = words.indexOf(listHead); at !== -1; at = words.indexOf(listHead, at + 1)) {
      if (words[at - SET.list + SET.flags] === MAGIC_MIME_TYPE) sets.push(at - SET.list);
    }
    if (sets.length !== 1) throw new Error(`libmagic has its flags ${sets.length} times in memory, not once`);
    this.#flags = sets[0]! + SET.flags;
    this.#entries = words[this.#list + LIST.entries]!;
    this.#expressions = words[this.#list + LIST.expressions]!;
    this.#count = count;
    // Those that are used by name follow.
    const end = this.#entries + (count + named) * ENTRY_SIZE;
    this.#select = preselect(readEntries(magic.HEAPU8.subarray(this.#entries, end), count));
    this.#someEntries = magic._malloc(MAX_HELD * ENTRY_SIZE);
    this.#someExpressions = magic._malloc(MAX_HELD * words.BYTES_PER_ELEMENT);
    if (this.#someEntries === 0 || this.#someExpressions === 0) throw new Error("Cannot allocate a list for libmagic");
  }

  /** The memory, in words; to be asked for again after any call, since it may have grown. */
  #words(): Uint32Array {
    return new Uint32Array(this.magic.HEAPU8.buffer);
  }

  #point(entries: number, expressions: number, count: number): void {
    const words = this.#words();
    words[this.#list + LIST.entries] = entries;
    words[this.#list + LIST.expressions] = expressions;
    words[this.#list + LIST.count] = count;
  }

  /** Lets libmagic go through all entries. */
  holdAll(): void {
    this.#keepExpressions();
    this.#held = undefined;
    this.#words()[this.#flags] = MAGIC_MIME_TYPE;
    this.#point(this.#entries, this.#expressions, this.#count);
  }

  /**
   * Lets libmagic go through the entries that may match a payload, in which those that would ask all of them again
   * answer instead.
   *
   * @returns `false` if that cannot be told, or they are too many.
   */
  hold(payload: Uint8Array): boolean {
    const choice = this.#select(payload);
    if (choice === undefined) return false;
    const { entries, text } = choice;
    this.#words()[this.#flags] = text ? MAGIC_MIME_TYPE : MAGIC_MIME_TYPE | NO_TEXT;
    const held = this.#held;
    if (entries.length === held?.length && entries.every((entry, i) => entry === held[i])) return true;
    if (entries.reduce((sum, entry) => sum + entry.count, 0) > MAX_HELD) return false;
    this.#keepExpressions();
    const { HEAPU8: bytes } = this.magic;
    const words = this.#words();
    const expressions = this.#expressions / words.BYTES_PER_ELEMENT;
    let to = 0;
    for (const { index, count, indirect } of entries) {
      const from = this.#entries + index * ENTRY_SIZE;
      const at = this.#someEntries + to * ENTRY_SIZE;
      bytes.copyWithin(at, from, from + count * ENTRY_SIZE);
      for (const place of indirect) answer(bytes.subarray(at + place * ENTRY_SIZE, at + (place + 1) * ENTRY_SIZE));
      const some = this.#someExpressions / words.BYTES_PER_ELEMENT + to;
      words.copyWithin(some, expressions + index, expressions + index + count);
      to += count;
    }
    this.#held = entries;
    this.#point(this.#someEntries, this.#someExpressions, to);
    return true;
  }

  /** Gives the regular expressions compiled since to all entries, so that none is compiled again. */
  #keepExpressions(): void {
    if (this.#held === undefined) return;
    const words = this.#words();
    const expressions = this.#expressions / words.BYTES_PER_ELEMENT;
    let from = this.#someExpressions / words.BYTES_PER_ELEMENT;
    for (const { index, count } of this.#held) {
      words.copyWithin(expressions + index, from, from + count);
      from += count;
    }
  }
}
