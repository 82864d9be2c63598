/**
 * External variables that public rule sets expect their scanner to define, from the payload's metadata.
 *
 * @module
 */
import type { PayloadMeta } from "../../plugin.ts";

/** Names as LOKI and THOR define them, for the rule sets written for those. */
export const EXTERNALS = ["filename", "filepath", "extension", "filetype", "owner"] as const;

/** One of {@linkcode EXTERNALS}. */
export type External = typeof EXTERNALS[number];

/** The external variables that a rule text uses. They are defined only then, since a rule may itself have such a name. */
export function externalsIn(text: string): External[] {
  return EXTERNALS.filter((name) =>
    new RegExp(String.raw`\b${name}\b`).test(text) && !new RegExp(String.raw`\brule\s+${name}\b`).test(text)
  );
}

/** Values for one payload; empty where nothing is known. */
export function externalValues({ extraData }: PayloadMeta): Record<External, string> {
  const text = (value: unknown) => typeof value === "string" ? value : "";
  const filename = text(extraData.filename).split(/[/\\]/).at(-1) ?? "";
  return {
    filename,
    filepath: text(extraData.path),
    extension: /.\.[^.]+$/.test(filename) ? filename.slice(filename.lastIndexOf(".")).toLowerCase() : "",
    filetype: "",
    owner: "",
  };
}
