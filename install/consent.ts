/**
 * The operator's word on what a plugin may do, before it is put in place.
 *
 * @module
 */
import {
  allowEntry,
  type Ask,
  ASK_KINDS,
  asksOf,
  COMPUTES,
  type Granted,
  inWords,
  isolationInWords,
  without,
} from "../core/asks.ts";
import { StoqInstallError } from "../core/errors.ts";
import { oneLine } from "../sandbox/protocol.ts";

/** How the operator is asked. */
export interface Consent {
  /** Everything is accepted. */
  readonly yes: boolean;
  /** What is accepted, and nothing else: entries of `--allow`. Null: none was given. */
  readonly allow: readonly string[] | null;
  /** Asks a person; null where there is none. */
  readonly ask: ((question: string) => boolean) | null;
  /** Shows a line to the operator. */
  readonly show: (line: string) => void;
}

/** What is about to be installed. */
export interface Plan {
  readonly name: string;
  readonly version: string;
  readonly author: string;
  readonly source: string;
  readonly asked: Granted;
  /** Where it will run. */
  readonly isolation: "process" | "worker";
  /** What it replaces, if the operator was asked about that. */
  readonly before: { readonly version: string; readonly granted: Granted } | null;
}

/**
 * Shows what a plugin may do, and asks for what is new.
 *
 * @throws {StoqError} If it is not accepted.
 */
export function obtainConsent(plan: Plan, consent: Consent): void {
  const { name, before } = plan;
  const asks = asksOf(plan.asked);
  const old = before === null ? [] : asksOf(before.granted);
  const added = without(asks, old);
  const kept = without(asks, added);
  const removed = without(old, asks);
  const title = `Plugin "${name}" ${oneLine(plan.version, 40)}` +
    (before === null ? "" : ` in place of ${oneLine(before.version, 40)}`) +
    (plan.author === "" ? "" : `, by ${oneLine(plan.author, 100)}`);
  consent.show(`${title}, from ${oneLine(plan.source, 500)}:`);
  for (const ask of added) consent.show(`  ${before === null ? "" : "new: "}${inWords(ask)}`);
  for (const ask of removed) consent.show(`  no longer: ${inWords(ask)}`);
  for (const ask of kept) consent.show(`  as before: ${inWords(ask)}`);
  if (asks.length === 0) consent.show(`  ${COMPUTES}`);
  consent.show(`  ${isolationInWords(plan.isolation)}`);
  if (consent.allow !== null) return requireAllowed(name, added, consent.allow);
  if (added.length === 0 || consent.yes) return;
  if (consent.ask === null) {
    throw new StoqInstallError(
      `Cannot install "${name}" without being asked about what it may do: it ${added.map(inWords).join("; ")}: ` +
        `there is no terminal here, so accept it with --yes, or with --allow ${quoted(added)}`,
    );
  }
  if (!consent.ask(before === null ? "Install it? [y/N] " : "Accept what is new? [y/N] ")) {
    throw new StoqInstallError(`"${name}" was not installed: what it may do was not accepted`);
  }
}

function requireAllowed(name: string, asks: readonly Ask[], allow: readonly string[]): void {
  const accepted = new Set(allow);
  const missing = asks.filter((ask) => !accepted.has(allowEntry(ask)));
  if (missing.length === 0) return;
  throw new StoqInstallError(
    `Cannot install "${name}": --allow does not cover that it ${missing.map(inWords).join("; ")}: ` +
      `to accept it, add --allow ${quoted(missing)}`,
  );
}

/** As a shell takes it. */
function quoted(asks: readonly Ask[]): string {
  const entries = [...new Set(asks.map(allowEntry))].map((entry) => oneLine(entry, 500)).join(",");
  return /^[\w.,:=/@+-]*$/.test(entries) ? entries : `'${entries.replaceAll("'", `'\\''`)}'`;
}

/**
 * Reads `--allow`: `kind=value,…`; for `commands` and `stdout` the kind alone.
 *
 * @returns The entries, or what is wrong with one.
 */
export function parseAllow(texts: readonly string[]): { entries: string[] } | { wrong: string } {
  const entries = texts.flatMap((text) => text.split(",")).map((entry) => entry.trim()).filter((entry) => entry !== "");
  for (const entry of entries) {
    const kind = entry.split("=", 1)[0]!;
    const alone = kind === "commands" || kind === "stdout";
    if (!ASK_KINDS.some((known) => known === kind)) {
      return { wrong: `"${entry}" names nothing that can be accepted: use kind=value, with ${ASK_KINDS.join(", ")}` };
    }
    if (alone !== (entry === kind)) {
      return {
        wrong: alone ? `"${entry}" has a value: write ${kind}` : `"${entry}" has no value: write ${kind}=value`,
      };
    }
  }
  return { entries };
}
