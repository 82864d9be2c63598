import type { ElfFile } from "../lib/elf.ts";

/** ET_DYN. */
const DYNAMIC = 3;
/** PT_GNU_STACK and PT_GNU_RELRO. */
const [GNU_STACK, GNU_RELRO] = [0x6474e551, 0x6474e552];
/** PF_X. */
const EXECUTABLE = 1;
/** DT_BIND_NOW, DT_FLAGS and DT_FLAGS_1. */
const [BIND_NOW, FLAGS, FLAGS_1] = [24n, 30n, 0x6ffffffbn];
/** DF_BIND_NOW, DF_1_NOW and DF_1_PIE. */
const [DF_BIND_NOW, DF_1_NOW, DF_1_PIE] = [0x8n, 0x1n, 0x8000000n];
/** What a function calls whose stack was overwritten. */
const CANARIES: readonly string[] = ["__stack_chk_fail", "__stack_chk_guard", "__intel_security_cookie"];
/** Names of glibc's checked variants of functions. */
const FORTIFIED = /^__\w+_chk$/;

/** Which protections a program was built with, as far as its headers and symbols show. */
export interface ElfHardening {
  readonly is_pie: boolean;
  /** Whether the stack is not executable. */
  readonly has_nx: boolean;
  /** Whether the tables of the dynamic linker are read-only: all, those that are bound at start, or none. */
  readonly relro: "full" | "none" | "partial";
  readonly has_canary: boolean;
  readonly is_fortified: boolean;
}

/** Reads the protections from headers and symbols. */
export function elfHardening(elf: ElfFile): ElfHardening {
  const value = (wanted: bigint) => elf.dynamicEntries.findLast(({ tag }) => tag === wanted)?.value ?? 0n;
  const hasEntry = (wanted: bigint) => elf.dynamicEntries.some(({ tag }) => tag === wanted);
  const flags1 = value(FLAGS_1);
  const bindsNow = hasEntry(BIND_NOW) || (value(FLAGS) & DF_BIND_NOW) !== 0n || (flags1 & DF_1_NOW) !== 0n;
  const hasRelro = elf.segments.some(({ type }) => type === GNU_RELRO);
  const stack = elf.segments.find(({ type }) => type === GNU_STACK);
  const names = [...elf.dynamicSymbols, ...elf.staticSymbols].map(({ name }) => name);
  return {
    is_pie: elf.header.type === DYNAMIC && (elf.interpreter !== undefined || (flags1 & DF_1_PIE) !== 0n),
    has_nx: stack !== undefined && (stack.flags & EXECUTABLE) === 0,
    relro: !hasRelro ? "none" : bindsNow ? "full" : "partial",
    has_canary: names.some((name) => CANARIES.includes(name)),
    is_fortified: names.some((name) => FORTIFIED.test(name) && !CANARIES.includes(name)),
  };
}
