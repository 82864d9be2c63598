import { firstErrors } from "../lib/error_list.ts";
import type { Data, Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { type Attribute, type ClassFile, type Member, readClassFile } from "./class_file.ts";
import { type Constant, decodeModifiedUtf8 } from "./constant_pool.ts";
import { elementClass, prettyClass, prettyMethod, prettyType } from "./descriptors.ts";

/** Entries of each list. */
const MAX_LISTED = 10_000;
/** Characters of all lists together. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** Characters of a constant or string that are kept. */
const MAX_TEXT = 16 * 1024;
/** Constants up to so many characters are left out, as in the original: mostly names of local variables. */
const MAX_TRIVIAL = 6;
/** Java 5 has 49; before, versions were 1.x. */
const MAJOR_OF_JAVA_0 = 44;

/** Names of constants as the original had them. */
const ORIGINAL_TYPES: Readonly<Record<string, string>> = {
  Integer: "int",
  Float: "float",
  Long: "long",
  Double: "double",
  Class: "class",
  Fieldref: "Field",
  Methodref: "Method",
  InterfaceMethodref: "InterfaceMethod",
};

/** Says what a Java class is, provides and requires. */
export default class JavaClass implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | undefined {
    const file = readClassFile(payload.content);
    if (!file) return undefined;
    const errors = [...file.problems];
    const lists = new Lists(errors);
    const own = prettyClass(file.thisClass);
    const members = [...file.fields.map((field) => ({ member: field, text: fieldText(own, field) }))].concat(
      file.methods.map((method) => ({ member: method, text: methodText(own, method.name, method.descriptor) })),
    );
    const provided = [own, ...members.filter(({ member }) => member.flags.includes("public")).map(({ text }) => text)];
    const everything = new Set([own, ...members.map(({ text }) => text)]);
    const results = {
      provided: lists.take("provided", new Set(provided)),
      required: lists.take("required", required(file, everything)),
      constants: lists.take("constants", constants(file)),
      version: { major: file.major, minor: file.minor, java: javaVersion(file.major) },
      access_flags: file.flags,
      this_class: own,
      super_class: file.superClass === "" ? null : prettyClass(file.superClass),
      interfaces: lists.take("interfaces", file.interfaces.map(prettyClass)),
      fields: lists.take("fields", file.fields.map((field) => describe(file, field))),
      methods: lists.take("methods", file.methods.map((method) => describe(file, method))),
      attributes: file.attributes.map(({ name }) => name),
      source_file: sourceFile(file),
      inner_classes: lists.take("inner_classes", innerClasses(file)),
      strings: lists.take("strings", strings(file)),
      trailing_bytes: file.trailing,
    };
    return { results, errors: firstErrors(errors) };
  }
}

/** Lists that share one limit. */
class Lists {
  #room = MAX_CHARACTERS;

  constructor(private readonly errors: string[]) {}

  take<T>(name: string, items: Iterable<T>): T[] {
    const kept: T[] = [];
    for (const item of items) {
      this.#room -= typeof item === "string" ? item.length : JSON.stringify(item).length;
      if (kept.length >= MAX_LISTED || this.#room < 0) {
        this.errors.push(`${name} after the first ${kept.length} left out`);
        break;
      }
      kept.push(item);
    }
    return kept;
  }
}

function javaVersion(major: number): string {
  const java = major - MAJOR_OF_JAVA_0;
  return java === 1 ? "1.1" : java < 5 ? `1.${java}` : String(java);
}

function fieldText(owner: string, { name, descriptor }: { name: string; descriptor: string }): string {
  return `${owner}.${name}:${prettyType(descriptor)}`;
}

function methodText(owner: string, name: string, descriptor: string): string {
  const { args, result } = prettyMethod(descriptor);
  return `${owner}.${name}${args}:${result}`;
}

/** Classes, fields and methods of others that the pool names. */
function* required({ pool }: ClassFile, own: ReadonlySet<string>): Generator<string> {
  const seen = new Set<string>();
  for (const constant of pool.constants) {
    const text = constant && requiredText(pool, constant);
    if (text === undefined || own.has(text) || seen.has(text)) continue;
    seen.add(text);
    yield text;
  }
}

function requiredText(pool: ClassFile["pool"], { type, indexes: [first, second] }: Constant): string | undefined {
  if (type === "Class") {
    const name = pool.text(first);
    return name.startsWith("[") ? elementClass(name) : prettyClass(name);
  }
  if (!type.endsWith("ref")) return undefined;
  const owner = pool.name(first);
  if (owner.startsWith("[")) return elementClass(owner); // a method of arrays, such as clone
  const { name, descriptor } = pool.nameAndType(second);
  return type === "Fieldref"
    ? fieldText(prettyClass(owner), { name, descriptor })
    : methodText(prettyClass(owner), name, descriptor);
}

/** Constants with more than a few characters, as the original lists them. */
function* constants({ pool }: ClassFile): Generator<{ id: string; data: string }> {
  for (const constant of pool.constants) {
    if (!constant) continue;
    const data = constantText(constant);
    if (data.length > MAX_TRIVIAL) yield { id: ORIGINAL_TYPES[constant.type] ?? constant.type, data };
  }
}

function constantText({ type, bytes, number, indexes }: Constant): string {
  if (bytes) return decodeModifiedUtf8(bytes, MAX_TEXT);
  if (typeof number === "bigint") return `${number}l`;
  if (type === "Float" || type === "Double") return `${number}${type === "Float" ? "f" : "d"}`;
  if (number !== null) return String(number);
  return indexes.map((index) => `#${index}`).join(type === "NameAndType" ? ":" : ".");
}

/** Values of string constants, each once. */
function* strings({ pool }: ClassFile): Generator<string> {
  const seen = new Set<number>();
  for (const constant of pool.constants) {
    const index = constant?.type === "String" ? constant.indexes[0] : undefined;
    const bytes = index === undefined || seen.has(index) ? null : pool.constants[index]?.bytes;
    if (index === undefined || !bytes) continue;
    seen.add(index);
    yield decodeModifiedUtf8(bytes, MAX_TEXT);
  }
}

/** Section 4.5 and 4.6, with what the attributes Code, Exceptions and ConstantValue say. */
function describe({ reader, pool }: ClassFile, { flags, name, descriptor, attributes }: Member): Data {
  const find = (wanted: string): Attribute | undefined => attributes.find((attribute) => attribute.name === wanted);
  const code = find("Code");
  const exceptions = find("Exceptions");
  const value = find("ConstantValue");
  const constant = value && pool.constants[reader.u16(value.offset) ?? 0];
  const thrown = exceptions
    ? Array.from(
      { length: Math.min(reader.u16(exceptions.offset) ?? 0, (exceptions.length - 2) >> 1, 100) },
      (_, i) => prettyClass(pool.name(reader.u16(exceptions.offset + 2 + 2 * i))),
    )
    : [];
  return {
    name,
    descriptor,
    access_flags: flags,
    attributes: attributes.map((attribute) => attribute.name),
    ...(code && { code_size: reader.u32(code.offset + 4) ?? null }),
    ...(thrown.length > 0 && { exceptions: thrown }),
    ...(constant && { value: constant.type === "String" ? pool.text(constant.indexes[0]) : constantText(constant) }),
  };
}

/** Section 4.7.10. */
function sourceFile({ reader, pool, attributes }: ClassFile): string | null {
  const attribute = attributes.find(({ name }) => name === "SourceFile");
  return attribute ? pool.text(reader.u16(attribute.offset)) : null;
}

/** Section 4.7.6. */
function* innerClasses({ reader, pool, attributes }: ClassFile): Generator<string> {
  const attribute = attributes.find(({ name }) => name === "InnerClasses");
  if (!attribute) return;
  const count = Math.min(reader.u16(attribute.offset) ?? 0, Math.floor((attribute.length - 2) / 8));
  for (let i = 0; i < count; i++) yield prettyClass(pool.name(reader.u16(attribute.offset + 2 + 8 * i)));
}
