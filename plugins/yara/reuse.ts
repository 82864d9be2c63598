/**
 * What a scan of YARA-X builds anew each time, kept for the next one.
 *
 * The library evaluates the conditions of a rule set in a small WebAssembly module of its own, and makes that module and its
 * memory for every scan, though they never differ for one rule set. Both are made by the `WebAssembly` of this realm, which is
 * exchanged for the duration of the scan: a scan is synchronous, so that nobody else ever sees the exchange.
 *
 * For each scan it also decodes the names of all its functions again, some four hundred: each a call out of the realm, half the time of
 * a small scan. So short texts are kept, too.
 *
 * @module
 */
import { Buffer } from "node:buffer";

const native = {
  Module: WebAssembly.Module,
  Memory: WebAssembly.Memory,
  decode: TextDecoder.prototype.decode,
};

/** Modules kept: the rule sets of worker and dispatcher, and room for as many more. */
const MAX_MODULES = 4;

const modules: { bytes: Buffer; module: WebAssembly.Module }[] = [];
const memories = new Map<number, WebAssembly.Memory>();

class KeptModule {
  constructor(source: Uint8Array<ArrayBuffer>) {
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    const kept = modules.find((entry) => entry.bytes.equals(bytes));
    if (kept !== undefined) return kept.module;
    const module = new native.Module(source);
    // The library makes each of these arrays for this call alone: it needs no copy.
    modules.unshift({ bytes, module });
    modules.length = Math.min(modules.length, MAX_MODULES);
    return module;
  }
}

class KeptMemory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    // Only a memory of fixed size is the same again. What the last scan left in it doesn't matter: the library writes all
    // of it before it runs anything.
    if (descriptor.initial !== descriptor.maximum) return new native.Memory(descriptor);
    const kept = memories.get(descriptor.initial) ?? new native.Memory(descriptor);
    memories.set(descriptor.initial, kept);
    return kept;
  }
}

/** Longest text that is kept, in bytes, and how many are: names of functions, rules and patterns, not what a payload has. */
const MAX_TEXT = 256;
const MAX_TEXTS = 4096;

interface KeptText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** By a number made of some of their bytes; few share one. */
const texts = new Map<number, KeptText[]>();
let textsKept = 0;

function decodeKept(decoder: TextDecoder, bytes: Uint8Array): string {
  const { length } = bytes;
  // Names differ in length, at their ends, or in the middle.
  let key = length;
  for (let i = 1; i <= 8; i++) key = Math.imul(key, 31) + bytes[length - i]! | 0;
  for (let i = 8; i < length; i += 8) key = Math.imul(key, 31) + bytes[i]! | 0;
  const known = texts.get(key);
  next: for (const kept of known ?? []) {
    if (kept.bytes.length !== length) continue;
    for (let i = 0; i < length; i++) if (kept.bytes[i] !== bytes[i]) continue next;
    return kept.text;
  }
  const text = native.decode.call(decoder, bytes);
  if (textsKept < MAX_TEXTS) {
    textsKept++;
    // A copy: the library's memory is written again.
    const kept = { bytes: bytes.slice(), text };
    if (known === undefined) texts.set(key, [kept]);
    else known.push(kept);
  }
  return text;
}

let scanning = false;

// Once and for all, not for each scan: code that has been optimised for one method would have to be compiled again.
TextDecoder.prototype.decode = function (input, options) {
  return scanning && options === undefined && input instanceof Uint8Array && input.length <= MAX_TEXT
    ? decodeKept(this, input)
    : native.decode.call(this, input, options);
};

/** Runs a synchronous scan with what is kept. */
export function withReuse<T>(scan: () => T): T {
  Object.assign(WebAssembly, { Module: KeptModule, Memory: KeptMemory });
  scanning = true;
  try {
    return scan();
  } finally {
    scanning = false;
    Object.assign(WebAssembly, { Module: native.Module, Memory: native.Memory });
  }
}
