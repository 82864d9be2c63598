/**
 * Class files, JVMS (Java SE 21) chapter 4.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";
import { ConstantPool } from "./constant_pool.ts";

const MAGIC = 0xcafebabe;
/** Java 1.0.2. The same magic begins universal binaries of macOS, whose number of parts is less. */
const FIRST_MAJOR = 45;
/** Attributes of one thing that are kept. */
const MAX_ATTRIBUTES = 100;

/** Flags by their bit, section 4.1, 4.5, 4.6; some bits mean something else for each. */
const FLAGS = {
  class: [
    "public",
    "",
    "",
    "",
    "final",
    "super",
    "",
    "",
    "",
    "interface",
    "abstract",
    "",
    "synthetic",
    "annotation",
    "enum",
    "module",
  ],
  field: [
    "public",
    "private",
    "protected",
    "static",
    "final",
    "",
    "volatile",
    "transient",
    "",
    "",
    "",
    "",
    "synthetic",
    "",
    "enum",
  ],
  method: [
    ..."public private protected static final synchronized bridge varargs native".split(" "),
    ...["", "abstract", "strict", "synthetic"],
  ],
} as const;

/** An attribute: where its contents are. */
export interface Attribute {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** A field or method. */
export interface Member {
  readonly flags: readonly string[];
  readonly name: string;
  readonly descriptor: string;
  readonly attributes: readonly Attribute[];
}

/** A class file. */
export interface ClassFile {
  readonly reader: ByteReader;
  readonly major: number;
  readonly minor: number;
  readonly pool: ConstantPool;
  readonly flags: readonly string[];
  readonly thisClass: string;
  readonly superClass: string;
  readonly interfaces: readonly string[];
  readonly fields: readonly Member[];
  readonly methods: readonly Member[];
  readonly attributes: readonly Attribute[];
  /** Bytes after the class. */
  readonly trailing: number;
  readonly problems: readonly string[];
}

/** Reads a class file, `undefined` if the bytes are none. */
export function readClassFile(bytes: Uint8Array): ClassFile | undefined {
  const reader = new ByteReader(bytes, false);
  const [minor, major] = [reader.u16(4), reader.u16(6)];
  if (reader.u32(0) !== MAGIC || minor === undefined || major === undefined || major < FIRST_MAJOR) return undefined;
  const pool = new ConstantPool(reader, 8);
  const problems: string[] = pool.problem === undefined ? [] : [pool.problem];
  let at = pool.end;
  let broken = pool.problem !== undefined;

  const u16 = (): number => {
    const value = broken ? undefined : reader.u16(at);
    if (value === undefined && !broken) {
      broken = true;
      problems.push(`class is cut off at offset ${at}`);
    }
    at += broken ? 0 : 2;
    return value ?? 0;
  };
  const attributes = (): Attribute[] => {
    const list: Attribute[] = [];
    for (let count = u16(); count > 0 && !broken; count--) {
      const start = at;
      const name = pool.text(u16());
      const length = broken ? undefined : reader.u32(at);
      if (length === undefined || !reader.has(at + 4, length)) {
        if (!broken) problems.push(`attribute ${JSON.stringify(name)} at offset ${start} is cut off`);
        broken = true;
        break;
      }
      if (list.length < MAX_ATTRIBUTES) list.push({ name, offset: at + 4, length });
      at += 4 + length;
    }
    return list;
  };
  const members = (kind: "field" | "method"): Member[] => {
    const list: Member[] = [];
    for (let count = u16(); count > 0 && !broken; count--) {
      const flags = flagNames(u16(), kind);
      const [name, descriptor] = [pool.text(u16()), pool.text(u16())];
      const member = { flags, name, descriptor, attributes: attributes() };
      if (!broken || member.attributes.length > 0 || name !== "") list.push(member);
    }
    return list;
  };

  const flags = flagNames(u16(), "class");
  const [thisClass, superClass] = [pool.name(u16()), pool.name(u16())];
  const interfaces: string[] = [];
  for (let count = u16(); count > 0 && !broken; count--) interfaces.push(pool.name(u16()));
  const fields = members("field");
  const methods = members("method");
  const classAttributes = attributes();
  return {
    reader,
    major,
    minor,
    pool,
    flags,
    thisClass,
    superClass,
    interfaces,
    fields,
    methods,
    attributes: classAttributes,
    trailing: broken ? 0 : bytes.length - at,
    problems,
  };
}

function flagNames(bits: number, kind: keyof typeof FLAGS): string[] {
  return FLAGS[kind].filter((name, bit) => name !== "" && (bits & (1 << bit)) !== 0);
}
