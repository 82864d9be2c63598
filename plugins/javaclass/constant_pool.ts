/**
 * The constant pool of a class file, JVMS (Java SE 21) section 4.4.
 *
 * @module
 */
import type { ByteReader } from "../lib/bytes.ts";

/** Characters of a name, descriptor or string that are kept where it is part of something else. */
export const MAX_PART = 1024;

/** Constants by their tag: name as javap has it, and the bytes after the tag; Utf8's length is in its first two. */
const TAGS: Readonly<Record<number, readonly [string, number]>> = {
  1: ["Utf8", 2],
  3: ["Integer", 4],
  4: ["Float", 4],
  5: ["Long", 8],
  6: ["Double", 8],
  7: ["Class", 2],
  8: ["String", 2],
  9: ["Fieldref", 4],
  10: ["Methodref", 4],
  11: ["InterfaceMethodref", 4],
  12: ["NameAndType", 4],
  15: ["MethodHandle", 3],
  16: ["MethodType", 2],
  17: ["Dynamic", 4],
  18: ["InvokeDynamic", 4],
  19: ["Module", 2],
  20: ["Package", 2],
};

/** A constant: text, a number, or indexes of others. */
export interface Constant {
  readonly type: string;
  /** Of Utf8, else `null`. */
  readonly bytes: Uint8Array | null;
  /** Of numbers, else `null`. */
  readonly number: number | bigint | null;
  /** Of all others: indexes, of MethodHandle first the kind. */
  readonly indexes: readonly number[];
}

/** The constants of one class by their index. */
export class ConstantPool {
  /** Index 0 and those after Long and Double are empty. */
  readonly constants: (Constant | undefined)[] = [undefined];
  /** Where the pool ends. */
  readonly end: number;
  /** What is malformed. */
  readonly problem: string | undefined;
  readonly #texts = new Map<number, string>();

  /** @param at Where the count of the pool is. */
  constructor(reader: ByteReader, at: number) {
    const count = reader.u16(at) ?? 0;
    at += 2;
    while (this.constants.length < count) {
      const tag = reader.u8(at);
      const [type, size] = tag === undefined ? [] : TAGS[tag] ?? [];
      if (type === undefined || size === undefined || !reader.has(at + 1, size)) {
        const what = tag === undefined || type !== undefined ? "is cut off" : `has tag ${tag}, which is none`;
        this.problem = `constant ${this.constants.length} of ${count} at offset ${at} ${what}`;
        break;
      }
      at++;
      const length = type === "Utf8" ? size + reader.u16(at)! : size;
      const bytes = type === "Utf8" ? reader.slice(at + 2, length - 2) : null;
      if (bytes === undefined) {
        this.problem = `constant ${this.constants.length} of ${count} at offset ${at - 1} is cut off`;
        break;
      }
      const number = numberAt(reader, type, at);
      this.constants.push({
        type,
        bytes,
        number,
        indexes: bytes || number !== null ? [] : indexesAt(reader, type, at),
      });
      if (type === "Long" || type === "Double") this.constants.push(undefined);
      at += length;
    }
    this.end = at;
  }

  /** Text of a Utf8 constant, at most {@linkcode MAX_PART} characters; empty if there is none. */
  text(index: number | undefined): string {
    const constant = this.constants[index ?? 0];
    if (!constant?.bytes) return "";
    let text = this.#texts.get(index ?? 0);
    if (text === undefined) this.#texts.set(index ?? 0, text = decodeModifiedUtf8(constant.bytes, MAX_PART));
    return text;
  }

  /** Text that a Class, String, MethodType, Module or Package constant points to. */
  name(index: number | undefined): string {
    return this.text(this.constants[index ?? 0]?.indexes[0]);
  }

  /** Name and descriptor of a NameAndType constant. */
  nameAndType(index: number | undefined): { name: string; descriptor: string } {
    const constant = this.constants[index ?? 0];
    const [name, descriptor] = constant?.type === "NameAndType" ? constant.indexes : [];
    return { name: this.text(name), descriptor: this.text(descriptor) };
  }
}

function numberAt(reader: ByteReader, type: string, at: number): number | bigint | null {
  const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset, reader.bytes.byteLength);
  if (type === "Integer") return view.getInt32(at);
  if (type === "Float") return view.getFloat32(at);
  if (type === "Long") return view.getBigInt64(at);
  return type === "Double" ? view.getFloat64(at) : null;
}

function indexesAt(reader: ByteReader, type: string, at: number): number[] {
  if (type === "MethodHandle") return [reader.u8(at)!, reader.u16(at + 1)!];
  const first = reader.u16(at)!;
  return TAGS_OF_ONE.has(type) ? [first] : [first, reader.u16(at + 2)!];
}

const TAGS_OF_ONE: ReadonlySet<string> = new Set(["Class", "String", "MethodType", "Module", "Package"]);

/** Section 4.4.7: NUL has two bytes, and characters beyond U+FFFF are two surrogates of three bytes each. */
export function decodeModifiedUtf8(bytes: Uint8Array, limit: number): string {
  const units: number[] = [];
  for (let at = 0; at < bytes.length && units.length < limit;) {
    const [a, b = 0, c = 0] = [bytes[at]!, bytes[at + 1], bytes[at + 2]];
    if (a < 0x80) {
      units.push(a);
      at++;
    } else if ((a & 0xe0) === 0xc0 && (b & 0xc0) === 0x80) {
      units.push(((a & 0x1f) << 6) | (b & 0x3f));
      at += 2;
    } else if ((a & 0xf0) === 0xe0 && (b & 0xc0) === 0x80 && (c & 0xc0) === 0x80) {
      units.push(((a & 0xf) << 12) | ((b & 0x3f) << 6) | (c & 0x3f));
      at += 3;
    } else {
      units.push(0xfffd);
      at++;
    }
  }
  let text = "";
  for (let at = 0; at < units.length; at += 4096) text += String.fromCharCode(...units.slice(at, at + 4096));
  return text.toWellFormed();
}
