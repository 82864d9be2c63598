/**
 * What a scan of YARA-X builds anew each time, kept for the next one.
 *
 * The library evaluates the conditions of a rule set in a small WebAssembly module of its own, and makes that module and its
 * memory for every scan, though they never differ for one rule set. Both are made by the `WebAssembly` of this realm, which is
 * exchanged for the duration of the scan: a scan is synchronous, so that nobody else ever sees the exchange.
 *
 * @module
 */
import { Buffer } from "node:buffer";

const native = { Module: WebAssembly.Module, Memory: WebAssembly.Memory };

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

/** Runs a synchronous scan with the kept module and memory. */
export function withReuse<T>(scan: () => T): T {
  Object.assign(WebAssembly, { Module: KeptModule, Memory: KeptMemory });
  try {
    return scan();
  } finally {
    Object.assign(WebAssembly, native);
  }
}
