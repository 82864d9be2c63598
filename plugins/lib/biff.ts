/**
 * Sheets of a binary Excel workbook, for its Excel 4.0 macro sheets, [MS-XLS].
 *
 * @module
 */
import { ByteReader } from "./bytes.ts";
import type { Cfb } from "./cfb.ts";
import { decodeCodePage, decodeUtf16 } from "./codepage.ts";

const BOUND_SHEET = 0x85;
const END_OF_SUBSTREAM = 0x0a;
/** More records than the first substream of a workbook has. */
const MAX_RECORDS = 100_000;
const MAX_SHEETS = 1_000;
const VISIBILITY = ["visible", "hidden", "very_hidden"] as const;

/** An Excel 4.0 macro sheet. */
export interface MacroSheet {
  readonly name: string;
  readonly visibility: (typeof VISIBILITY)[number];
}

/** Lists the Excel 4.0 macro sheets from the BoundSheet8 records, [MS-XLS] 2.4.28. */
export function readMacroSheets(cfb: Cfb): MacroSheet[] {
  const sheets: MacroSheet[] = [];
  const entry = cfb.entries.find(({ parts }) => parts.length === 1 && (parts[0] === "Workbook" || parts[0] === "Book"));
  if (!entry) return sheets;
  const stream = cfb.read(entry);
  const reader = new ByteReader(stream);
  for (let at = 0, seen = 0; reader.has(at, 4) && seen < MAX_RECORDS && sheets.length < MAX_SHEETS; seen++) {
    const type = reader.u16(at)!;
    const length = reader.u16(at + 2)!;
    if (type === END_OF_SUBSTREAM) break;
    // Sheet type 1 is a macro sheet.
    if (type === BOUND_SHEET && length >= 8 && reader.u8(at + 9) === 1) {
      const count = reader.u8(at + 10) ?? 0;
      const wide = ((reader.u8(at + 11) ?? 0) & 1) !== 0;
      const name = stream.subarray(at + 12, at + 12 + count * (wide ? 2 : 1));
      const state = (reader.u8(at + 8) ?? 0) & 3;
      sheets.push({
        name: wide ? decodeUtf16(name) : decodeCodePage(name, 1252),
        visibility: VISIBILITY[state] ?? "visible",
      });
    }
    at += 4 + length;
  }
  return sheets;
}
