/**
 * Makes YARA-X's WebAssembly run its constructors once, instead of at each of the several thousand calls of a scan.
 *
 * The module is linked as a "command": every export named `…_command_export`, down to the one that frees a slot, first calls
 * `__wasm_call_ctors`, 221 indirect calls that find everything done already. That is three quarters of a small scan.
 *
 * @module
 */

/** Section ids: WebAssembly core specification 2.0, section 5.5.2. */
const SECTION = { import: 2, global: 6, export: 7, code: 10 } as const;

/** Magic number and version: section 5.5.16. */
const PREAMBLE_SIZE = 8;

/** Kind of a function among imports and exports: sections 5.5.5 and 5.5.10. */
const FUNCTION = 0x00;

/** Instructions: section 5.4. */
const OP = { if: 0x04, end: 0x0b, return: 0x0f, call: 0x10, globalGet: 0x23, globalSet: 0x24, i32Const: 0x41 } as const;
const I32 = 0x7f;
const NO_RESULT = 0x40;
const MUTABLE = 0x01;

interface Span {
  /** Offset of the first byte: of a section its id, of a function body its size. */
  readonly start: number;
  /** Offset of the content. */
  readonly content: number;
  readonly end: number;
}

/** Reads the parts of the binary format that are needed here. @throws {RangeError} Beyond the bytes. */
class WasmReader {
  constructor(readonly bytes: Uint8Array, public offset: number) {}

  byte(): number {
    const value = this.bytes[this.offset++];
    if (value === undefined) throw new RangeError(`WebAssembly ends at ${this.bytes.length}`);
    return value;
  }

  /** Unsigned LEB128 of at most 32 bits: section 5.2.2. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError(`LEB128 number too long at ${this.offset}`);
  }

  name(): string {
    const length = this.u32();
    this.offset += length;
    return String.fromCharCode(...this.bytes.subarray(this.offset - length, this.offset));
  }
}

/**
 * @param wasm Bytes of the module; not changed.
 * @returns The module with the guard, or `wasm` itself where it is not built as described: then it is as right, only slower.
 */
export function runConstructorsOnce(wasm: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    return guard(wasm) ?? wasm;
  } catch (error) {
    if (error instanceof RangeError) return wasm;
    throw error;
  }
}

function guard(wasm: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const sections = findSections(wasm);
  const [imports, globals, exports, code] = [SECTION.import, SECTION.global, SECTION.export, SECTION.code].map((id) =>
    sections.get(id)
  );
  if (!imports || !globals || !exports || !code) return undefined;
  // All imports are functions in this module; otherwise the two index spaces below would be counted wrongly.
  const imported = functionImports(wasm, imports);
  if (imported === undefined) return undefined;
  const bodies = functionBodies(wasm, code);
  const constructors = commonFirstCall(wasm, bodies, imported, commandExports(wasm, exports));
  const body = constructors === undefined ? undefined : bodies[constructors - imported];
  // A body starts with its local variables (section 5.5.13): this one has none.
  if (body === undefined || wasm[body.content] !== 0) return undefined;

  const reader = new WasmReader(wasm, globals.content);
  const flag = reader.u32();
  const flagDeclaration = [I32, MUTABLE, OP.i32Const, 0, OP.end];
  const skip = [OP.globalGet, ...leb128(flag), OP.if, NO_RESULT, OP.return, OP.end];
  const remember = [OP.i32Const, 1, OP.globalSet, ...leb128(flag)];
  const guarded = concat([0], skip, remember, wasm.subarray(body.content + 1, body.end));
  const newGlobals = concat(leb128(flag + 1), wasm.subarray(reader.offset, globals.end), flagDeclaration);
  const newCode = concat(
    wasm.subarray(code.content, body.start),
    leb128(guarded.length),
    guarded,
    wasm.subarray(body.end, code.end),
  );
  return concat(
    wasm.subarray(0, globals.start),
    [SECTION.global],
    leb128(newGlobals.length),
    newGlobals,
    wasm.subarray(globals.end, code.start),
    [SECTION.code],
    leb128(newCode.length),
    newCode,
    wasm.subarray(code.end),
  );
}

function findSections(wasm: Uint8Array): Map<number, Span> {
  const sections = new Map<number, Span>();
  const reader = new WasmReader(wasm, PREAMBLE_SIZE);
  while (reader.offset < wasm.length) {
    const start = reader.offset;
    const id = reader.byte();
    const size = reader.u32();
    sections.set(id, { start, content: reader.offset, end: reader.offset + size });
    reader.offset += size;
  }
  return sections;
}

function functionImports(wasm: Uint8Array, section: Span): number | undefined {
  const reader = new WasmReader(wasm, section.content);
  const count = reader.u32();
  for (let i = 0; i < count; i++) {
    reader.name();
    reader.name();
    if (reader.byte() !== FUNCTION) return undefined;
    reader.u32();
  }
  return count;
}

/** Indices of the functions whose export is named `…_command_export`. */
function commandExports(wasm: Uint8Array, section: Span): number[] {
  const reader = new WasmReader(wasm, section.content);
  const indices: number[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (kind === FUNCTION && name.endsWith("_command_export")) indices.push(index);
  }
  return indices;
}

function functionBodies(wasm: Uint8Array, section: Span): Span[] {
  const reader = new WasmReader(wasm, section.content);
  const bodies: Span[] = [];
  for (let count = reader.u32(); count > 0; count--) {
    const start = reader.offset;
    const size = reader.u32();
    bodies.push({ start, content: reader.offset, end: reader.offset + size });
    reader.offset += size;
  }
  return bodies;
}

/** The function that all of `indices` call before anything else, if there is one. */
function commonFirstCall(
  wasm: Uint8Array,
  bodies: readonly Span[],
  imported: number,
  indices: readonly number[],
): number | undefined {
  const called = new Set(indices.map((index) => {
    const body = bodies[index - imported];
    if (body === undefined) return undefined;
    const reader = new WasmReader(wasm, body.content);
    for (let groups = reader.u32(); groups > 0; groups--) {
      reader.u32();
      reader.byte();
    }
    return reader.byte() === OP.call ? reader.u32() : undefined;
  }));
  return called.size === 1 ? [...called][0] : undefined;
}

function leb128(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push(value % 128 + 0x80);
  return [...bytes, value];
}

function concat(...parts: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
