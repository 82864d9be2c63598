/**
 * Field instructions of WordprocessingML, ECMA-376 part 1, 17.16, and DDE links of SpreadsheetML, 18.14.
 *
 * @module
 */
import type { XmlTag } from "./xml.ts";

/** Longest instruction that is kept. */
const MAX_INSTRUCTION = 2_048;
/** Fields inside fields; Word allows far fewer. */
const MAX_DEPTH = 64;
const MAX_FIELDS = 10_000;

/** Yields the instruction of every field; a QUOTE of character codes inside one is written out. */
export function* fieldInstructions(tags: Iterable<XmlTag>): Generator<string> {
  const open: string[] = [];
  let count = 0;
  const append = (text: string) => {
    const last = open.length - 1;
    if (last >= 0) open[last] = (open[last]! + text).slice(0, MAX_INSTRUCTION);
  };
  for (const { kind, name, attributes, text } of tags) {
    if (count >= MAX_FIELDS) return;
    if (name === "fldSimple" && kind !== "end") {
      count++;
      yield (attributes.get("instr") ?? "").slice(0, MAX_INSTRUCTION).trim();
    } else if (name === "instrText" && kind === "end") append(text);
    else if (name === "fldChar" && kind !== "end") {
      const type = attributes.get("fldCharType");
      if (type === "begin" && open.length < MAX_DEPTH) open.push("");
      const done = type === "end" ? open.pop()?.trim() : undefined;
      if (done === undefined || done === "") continue;
      count++;
      append(quoted(done) ?? "");
      yield done;
    }
  }
  // A field that isn't closed is one to Word all the same.
  for (const instruction of open) if (instruction.trim() !== "") yield instruction.trim();
}

/** What a QUOTE field with character codes gives; undefined for another field. */
function quoted(instruction: string): string | undefined {
  const codes = /^QUOTE((?:\s+\d{1,5})+)\s*$/i.exec(instruction)?.[1];
  return codes && String.fromCharCode(...codes.trim().split(/\s+/).map(Number));
}

/** A DDE link of a workbook: service and topic are the program and its arguments. */
export interface DdeLink {
  readonly service: string;
  readonly topic: string;
}

/** Yields the DDE links of an external link part. */
export function* ddeLinks(tags: Iterable<XmlTag>): Generator<DdeLink> {
  for (const { kind, name, attributes } of tags) {
    if (name !== "ddeLink" || kind === "end") continue;
    yield {
      service: (attributes.get("ddeService") ?? "").slice(0, MAX_INSTRUCTION),
      topic: (attributes.get("ddeTopic") ?? "").slice(0, MAX_INSTRUCTION),
    };
  }
}
