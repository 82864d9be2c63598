/**
 * What a document does by itself or on a click: actions and what triggers them, ISO 32000-1 section 12.6, and scripts.
 *
 * @module
 */
import type { PdfDocument } from "./document.ts";
import { decodeText, textOf } from "./text.ts";
import { bytesOf, dictOf, nameOf, type PdfDict, PdfRef, PdfStream, PdfString, type PdfValue } from "./values.ts";

/** Actions, triggers, scripts and links that are listed, of each. */
export const MAX_LISTED = 1_000;
/** Characters of a target that are kept. */
const MAX_TARGET = 4096;
const MAX_NAME = 256;
/** Most characters of all targets and links. */
const MAX_TARGETS = 1024 * 1024;

/** Actions by type, Table 198, without those that only move in the document; RichMediaExecute is Adobe's. */
const TYPES: ReadonlySet<string> = new Set([
  "JavaScript",
  "Launch",
  "URI",
  "SubmitForm",
  "ImportData",
  "GoToR",
  "GoToE",
  "Rendition",
  "Movie",
  "Sound",
  "Trans",
  "GoTo3DView",
  "RichMediaExecute",
  "Named",
  "ResetForm",
  "Hide",
  "SetOCGState",
  "Thread",
]);

/** An action. */
export interface Action {
  /** Number of the object that it is in. */
  readonly object: number;
  readonly type: string;
  /** File, address, name or command, where there is one. */
  readonly target?: string;
  /** What a program is started with. */
  readonly parameters?: string;
}

/** What starts an action. */
export interface Trigger {
  readonly object: number;
  /** `OpenAction`, `AA/O` ... */
  readonly trigger: string;
  /** Type of the action; `GoTo` for a place in the document, null if it is missing. */
  readonly action: string | null;
}

/** A script. */
export interface Script {
  readonly object: number;
  /** Of the document's scripts, which run when it is opened. */
  readonly name: string | null;
  readonly text: string;
  readonly error?: string;
}

/** What was found. */
export interface ActionFindings {
  readonly actions: Action[];
  readonly triggers: Trigger[];
  readonly scripts: Script[];
  readonly links: string[];
  readonly problems: string[];
}

/** Looks at every object of the document once. */
export function findActions(document: PdfDocument): ActionFindings {
  const actions: Action[] = [];
  const triggers: Trigger[] = [];
  const scripts = new Map<PdfStream | string, Script>();
  const links = new Set<string>();
  const problems: string[] = [];
  let room = MAX_TARGETS;
  let unlisted = 0;
  const { resolve } = document;

  const target = (value: PdfValue | undefined): string | undefined => {
    if (room <= 0) return undefined;
    const found = resolve(value);
    const dict = dictOf(found);
    const text = textOf(
      dict ? resolve(dict.get("UF") ?? dict.get("F") ?? dict.get("Unix") ?? dict.get("DOS")) : found,
      MAX_TARGET,
    );
    const kept = text?.slice(0, Math.max(0, room));
    room -= kept?.length ?? 0;
    return kept;
  };
  const addAction = (object: number, type: string, dict: PdfDict) => {
    if (actions.length >= MAX_LISTED && type !== "URI") {
      unlisted++;
      return;
    }
    if (type === "URI") {
      if (links.size >= MAX_LISTED) unlisted++;
      else {
        const link = target(dict.get("URI"));
        if (link !== undefined && link !== "") links.add(link);
      }
      return;
    }
    const windows = dictOf(resolve(dict.get("Win")));
    const to = target(dict.get("F")) ?? target(windows?.get("F")) ?? nameOf(resolve(dict.get("N")));
    const parameters = target(windows?.get("P"));
    actions.push({
      object,
      type,
      ...(to !== undefined && { target: to }),
      ...(parameters !== undefined && { parameters }),
    });
  };
  const addTrigger = (object: number, trigger: string, value: PdfValue) => {
    if (triggers.length >= MAX_LISTED) {
      unlisted++;
      return;
    }
    const action = resolve(value);
    const dict = dictOf(action);
    const type = Array.isArray(action) || dict?.has("D")
      ? nameOf(resolve(dict?.get("S"))) ?? "GoTo"
      : nameOf(resolve(dict?.get("S")));
    triggers.push({ object, trigger, action: type ?? null });
  };
  const addScript = (object: number, source: PdfValue, name: string | null) => {
    const key = source instanceof PdfStream ? source : source instanceof PdfString ? source.bytes : undefined;
    if (key === undefined || key === "") return;
    const known = scripts.get(key);
    if (known) {
      if (known.name === null && name !== null) scripts.set(key, { ...known, name });
      return;
    }
    if (scripts.size >= MAX_LISTED) {
      unlisted++;
      return;
    }
    const { bytes, error } = source instanceof PdfStream
      ? document.decode(source)
      : { bytes: bytesOf(String(key)), error: undefined };
    scripts.set(key, { object, name, text: decodeText(bytes), ...(error !== undefined && { error }) });
  };

  const names = scriptNames(document);
  const visit = (object: number, value: PdfValue) => {
    if (Array.isArray(value)) {
      for (const item of value) visit(object, item);
      return;
    }
    const dict = dictOf(value);
    if (!dict) return;
    const type = nameOf(resolve(dict.get("S")));
    if (type !== undefined && TYPES.has(type)) addAction(object, type, dict);
    const script = dict.get("JS");
    for (const source of script === undefined ? [] : document.versions(script)) {
      addScript(script instanceof PdfRef ? script.num : object, source, names.get(object) ?? null);
    }
    const open = dict.get("OpenAction");
    if (open !== undefined) addTrigger(object, "OpenAction", open);
    const additional = resolve(dict.get("AA"));
    if (additional instanceof Map) {
      for (const [event, action] of additional) {
        addTrigger(object, `AA/${event}`, action);
      }
    }
    for (const item of dict.values()) visit(object, item);
  };
  for (const { num, value } of document.objects) visit(num, value);
  if (unlisted > 0) {
    problems.push(`${unlisted} actions, scripts or links after the first ${MAX_LISTED} of their kind not listed`);
  }
  return { actions, triggers, scripts: [...scripts.values()], links: [...links], problems };
}

/** Names of the scripts in the document's name tree by the number of their action, section 7.7.4. */
function scriptNames(document: PdfDocument): Map<number, string> {
  const names = new Map<number, string>();
  const visit = (value: PdfValue) => {
    if (Array.isArray(value)) value.forEach(visit);
    const dict = dictOf(value);
    if (!dict) return;
    const pairs = dict.get("Names");
    for (let i = 0; Array.isArray(pairs) && i + 1 < pairs.length; i += 2) {
      const action = pairs[i + 1];
      if (!(action instanceof PdfRef) || names.has(action.num)) continue;
      const name = textOf(pairs[i], MAX_NAME);
      if (name !== undefined) names.set(action.num, name);
    }
    for (const item of dict.values()) visit(item);
  };
  for (const { value } of document.objects) visit(value);
  return names;
}
