/**
 * Load commands of a Mach-O file (mach-o/loader.h).
 *
 * @module
 */
import { LC, type MachoImage } from "./macho_image.ts";
import type { MachoBuildVersion, MachoCommand, MachoDylib, MachoSection, MachoSegment } from "./macho_types.ts";

/** Most sections read, over all segments. */
const MAX_SECTIONS = 4096;
/** Most tools of a build version command. */
const MAX_TOOLS = 64;
/** Commands that load or name a library. */
const DYLIBS = [
  LC.LOAD_DYLIB,
  LC.LOAD_WEAK_DYLIB,
  LC.REEXPORT_DYLIB,
  LC.LAZY_LOAD_DYLIB,
  LC.LOAD_UPWARD_DYLIB,
];

/** Position of the program counter among the 32-bit words of a thread state, and whether it takes two of them. */
const PROGRAM_COUNTER: Readonly<Record<number, { flavor: number; word: number; is64: boolean }>> = {
  0x7: { flavor: 1, word: 10, is64: false }, // x86_THREAD_STATE32: eip
  0x1000007: { flavor: 4, word: 32, is64: true }, // x86_THREAD_STATE64: rip
  0xc: { flavor: 1, word: 15, is64: false }, // ARM_THREAD_STATE: pc
  0x100000c: { flavor: 6, word: 64, is64: true }, // ARM_THREAD_STATE64: pc
  0x12: { flavor: 1, word: 0, is64: false }, // PPC_THREAD_STATE: srr0
  0x1000012: { flavor: 5, word: 0, is64: true }, // PPC_THREAD_STATE64: srr0
};

/** Reads segments and their sections. */
export function readMachoSegments(image: MachoImage): { segments: MachoSegment[]; sections: MachoSection[] } {
  const segments: MachoSegment[] = [];
  const sections: MachoSection[] = [];
  const { is64 } = image.header;
  const [headerSize, sectionSize, width] = is64 ? [72, 80, 8] : [56, 68, 4];
  for (const command of image.ofKind([is64 ? LC.SEGMENT_64 : LC.SEGMENT], headerSize)) {
    const { offset: at } = command;
    const rest = at + 24 + 4 * width;
    const numberOfSections = image.u32(rest + 8);
    segments.push({
      ...command,
      name: image.text(at + 8, 16),
      vmAddress: image.word(at + 24),
      vmSize: image.word(at + 24 + width),
      fileOffset: image.word(at + 24 + 2 * width),
      fileSize: image.word(at + 24 + 3 * width),
      maxProtection: image.u32(rest),
      initProtection: image.u32(rest + 4),
      numberOfSections,
      flags: image.u32(rest + 12),
    });
    const fitting = Math.floor((command.size - headerSize) / sectionSize);
    if (fitting < numberOfSections) {
      image.problems.report(`segment with ${numberOfSections} sections has room for ${fitting}`, at);
    }
    for (let i = 0; i < Math.min(fitting, numberOfSections); i++) {
      if (sections.length === MAX_SECTIONS) {
        image.problems.report(`more than ${MAX_SECTIONS} sections, the rest was left out`, at);
        break;
      }
      sections.push(readSection(image, at + headerSize + i * sectionSize, width));
    }
  }
  return { segments, sections };
}

function readSection(image: MachoImage, at: number, width: number): MachoSection {
  const rest = at + 32 + 2 * width;
  return {
    name: image.text(at, 16),
    segment: image.text(at + 16, 16),
    address: image.word(at + 32),
    size: image.word(at + 32 + width),
    offset: image.u32(rest),
    alignment: image.u32(rest + 4),
    relocationOffset: image.u32(rest + 8),
    numberOfRelocations: image.u32(rest + 12),
    flags: image.u32(rest + 16),
    reserved1: image.u32(rest + 20),
    reserved2: image.u32(rest + 24),
    reserved3: width === 8 ? image.u32(rest + 28) : 0,
  };
}

/** Reads the libraries that it loads, in the order that ordinals count. */
export function readDylibs(image: MachoImage): MachoDylib[] {
  return image.ofKind(DYLIBS, 24).map((command) => readDylib(image, command));
}

/** Reads the name that a library has. */
export function readDylibId(image: MachoImage): MachoDylib | undefined {
  return image.ofKind([LC.ID_DYLIB], 24).map((command) => readDylib(image, command))[0];
}

function readDylib(image: MachoImage, command: MachoCommand): MachoDylib {
  return {
    ...command,
    name: image.commandText(command, 8),
    timestamp: image.u32(command.offset + 12),
    currentVersion: image.u32(command.offset + 16),
    compatibilityVersion: image.u32(command.offset + 20),
  };
}

/** Reads for which systems and with which tools it was built. */
export function readBuildVersions(image: MachoImage): MachoBuildVersion[] {
  return image.ofKind([LC.BUILD_VERSION], 24).map((command) => {
    const { offset: at, size } = command;
    const count = Math.min(image.u32(at + 20), Math.floor((size - 24) / 8), MAX_TOOLS);
    const tools = Array.from({ length: count }, (_, i) => ({
      tool: image.u32(at + 24 + i * 8),
      version: image.u32(at + 28 + i * 8),
    }));
    return { ...command, platform: image.u32(at + 8), minOs: image.u32(at + 12), sdk: image.u32(at + 16), tools };
  });
}

/** Reads the state in which the first thread starts, as far as its program counter (mach/thread_status.h). */
export function readThread(image: MachoImage) {
  const [command] = image.ofKind([LC.UNIXTHREAD, LC.THREAD], 16);
  if (command === undefined) return undefined;
  const flavor = image.u32(command.offset + 8);
  const count = image.u32(command.offset + 12);
  const counter = PROGRAM_COUNTER[image.header.cpuType];
  const at = command.offset + 16 + (counter?.word ?? 0) * 4;
  const isKnown = counter?.flavor === flavor && at + (counter.is64 ? 8 : 4) <= command.offset + command.size;
  const pc = !isKnown ? undefined : counter.is64 ? image.reader.u64(at) ?? 0n : BigInt(image.u32(at));
  return { ...command, flavor, count, ...(pc !== undefined && { pc }) };
}
