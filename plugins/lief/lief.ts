import type { Data, ExtractedPayload, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { parseElf } from "../lib/elf.ts";
import { firstErrors } from "../lib/error_list.ts";
import { parseFat, parseMacho } from "../lib/macho.ts";
import { cpuName } from "../lib/macho_names.ts";
import { parsePe } from "../lib/pe.ts";
import { abstractElf } from "./abstract_elf.ts";
import { abstractMacho } from "./abstract_macho.ts";
import { abstractPe } from "./abstract_pe.ts";
import { detailElf } from "./detail_elf.ts";
import { detailMacho } from "./detail_macho.ts";
import { detailPe } from "./detail_pe.ts";
import { Report } from "./report.ts";

/** Describes PE, ELF and Mach-O files, in a form that they share or in their own, and takes universal files apart. */
export default class Lief implements WorkerPlugin {
  readonly #abstract: boolean;

  constructor(context: PluginContext) {
    this.#abstract = context.options.getBoolean("abstract", true);
  }

  scan(payload: Payload): WorkerResponse | undefined {
    const { content } = payload;
    const { filename } = payload.payloadMeta.extraData;
    const name = typeof filename === "string" ? { name: filename } : {};
    const universal = this.#universal(content, name);
    if (universal !== undefined) return universal;
    const report = new Report(content);
    const results = this.#describe(report);
    return results && { results: { ...name, ...results }, errors: firstErrors(report.errors) };
  }

  /** One file, of whichever format. */
  #describe(report: Report): object | undefined {
    const elf = parseElf(report.bytes);
    if (elf !== undefined) {
      report.problems(elf.problems);
      return this.#abstract ? abstractElf(elf, report) : detailElf(elf, report);
    }
    const macho = parseMacho(report.bytes);
    if (macho !== undefined) {
      const results = this.#abstract ? abstractMacho(macho, report) : detailMacho(macho, report);
      report.problems(macho.image.problems.list());
      return results;
    }
    const pe = parsePe(report.bytes);
    if (pe === undefined) return undefined;
    report.problems(pe.problems);
    return this.#abstract ? abstractPe(pe, report) : detailPe(pe, report);
  }

  /** A universal file: each architecture described, and a payload of its own. */
  #universal(content: Payload["content"], name: Data): WorkerResponse | undefined {
    const fat = parseFat(content);
    if (fat === undefined) return undefined;
    const errors = fat.problems.map(({ what, offset }) => `${what} (offset ${offset})`);
    const extracted: ExtractedPayload[] = [];
    const architectures = fat.architectures.map((entry) => {
      const { offset, size, alignment } = entry;
      const bytes = content.subarray(offset, offset + size);
      const architecture = cpuName(entry);
      const stem = typeof name["name"] === "string" ? `${name["name"]}.` : "";
      const extraData = { filename: `${stem}${architecture}`, architecture, offset };
      extracted.push({ content: bytes.slice(), payloadMeta: { extraData } });
      const report = new Report(bytes, offset);
      const described = this.#describe(report);
      errors.push(...report.errors);
      // An entry may also be a static library, which only is a payload.
      return { architecture, offset, size, alignment: 2 ** Math.min(alignment, 31), ...described };
    });
    const results = { ...name, format: "MACHO", original_size: content.length, architectures };
    return { results, extracted, errors: firstErrors(errors) };
  }
}
