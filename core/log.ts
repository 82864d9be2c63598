/**
 * The log: lines on standard error, and in a rotated file where `log_dir` is set.
 *
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LogLevel } from "../plugin.ts";
import { oneLine, printable } from "../sandbox/protocol.ts";

/** Levels, least to most severe. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];

/** One thing to log. */
export interface LogRecord {
  readonly time: Date;
  readonly level: LogLevel;
  /** Who: `stoq`, or a plugin's name. */
  readonly source: string;
  readonly message: string;
  /** Shown at level debug only. */
  readonly stack?: string;
}

/** Takes the records that are severe enough. */
export type LogSink = (record: LogRecord) => void;

/** How to log. */
export interface LogSettings {
  /** Least severe level that is logged. */
  readonly level: LogLevel;
  /** Form of a line. */
  readonly syntax: "text" | "json";
  /** Folder of `stoq.log`, or null for none. */
  readonly dir: string | null;
  /** Bytes at which the file is rotated. */
  readonly maxBytes: number;
  /** Rotated files kept. */
  readonly backupCount: number;
}

/** Logs to every sink what is at least as severe as the level. */
export class Log {
  readonly #threshold: number;

  constructor(readonly level: LogLevel, private readonly sinks: readonly LogSink[]) {
    this.#threshold = LOG_LEVELS.indexOf(level);
  }

  /** Writes one record. */
  write(level: LogLevel, source: string, message: string, stack?: string): void {
    if (LOG_LEVELS.indexOf(level) < this.#threshold) return;
    const record = { time: new Date(), level, source, message, ...(stack && this.level === "debug" && { stack }) };
    for (const sink of this.sinks) sink(record);
  }
}

const encoder = new TextEncoder();

/** The log of these settings, on standard error and in a file if there is a folder for it. */
export function openLog(settings: LogSettings): Log {
  const format = settings.syntax === "json" ? formatJson : formatText;
  const sinks: LogSink[] = [(record) => void Deno.stderr.writeSync(encoder.encode(format(record) + "\n"))];
  if (settings.dir !== null) sinks.push(fileSink(settings.dir, settings, format));
  return new Log(settings.level, sinks);
}

function fileSink(dir: string, { maxBytes, backupCount }: LogSettings, format: (record: LogRecord) => string): LogSink {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, "stoq.log");
  let size = existsSync(path) ? statSync(path).size : 0;
  return (record) => {
    const line = encoder.encode(format(record) + "\n");
    if (maxBytes > 0 && backupCount > 0 && size > 0 && size + line.length > maxBytes) {
      for (let n = backupCount - 1; n >= 1; n--) {
        if (existsSync(`${path}.${n}`)) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
      }
      renameSync(path, `${path}.1`);
      size = 0;
    }
    appendFileSync(path, line);
    size += line.length;
  };
}

function formatText({ time, level, source, message, stack }: LogRecord): string {
  const line = `[${time.toISOString()} ${level.toUpperCase()}] ${source}: ${oneLine(message, Infinity)}`;
  return stack ? `${line}\n${printable(stack, Infinity)}` : line;
}

function formatJson({ time, level, source, message, stack }: LogRecord): string {
  return JSON.stringify({
    asctime: time.toISOString(),
    levelname: level.toUpperCase(),
    name: source,
    message,
    ...(stack && { stack }),
  });
}
