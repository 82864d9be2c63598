const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const DAY = 86_400_000;

/** The directives that Python documents for `strftime`, in its C locale, for a time in UTC. */
const DIRECTIVES: Readonly<Record<string, (date: Date) => string | number>> = {
  a: (d) => DAYS[d.getUTCDay()]!.slice(0, 3),
  A: (d) => DAYS[d.getUTCDay()]!,
  w: (d) => d.getUTCDay(),
  d: (d) => pad(d.getUTCDate()),
  b: (d) => MONTHS[d.getUTCMonth()]!.slice(0, 3),
  B: (d) => MONTHS[d.getUTCMonth()]!,
  m: (d) => pad(d.getUTCMonth() + 1),
  y: (d) => pad(d.getUTCFullYear() % 100),
  Y: (d) => pad(d.getUTCFullYear(), 4),
  H: (d) => pad(d.getUTCHours()),
  I: (d) => pad(d.getUTCHours() % 12 || 12),
  p: (d) => d.getUTCHours() < 12 ? "AM" : "PM",
  M: (d) => pad(d.getUTCMinutes()),
  S: (d) => pad(d.getUTCSeconds()),
  f: (d) => pad(d.getUTCMilliseconds() * 1000, 6),
  z: () => "+0000",
  ":z": () => "+00:00",
  Z: () => "UTC",
  j: (d) => pad(dayOfYear(d), 3),
  U: (d) => pad(Math.floor((dayOfYear(d) + 6 - d.getUTCDay()) / 7)),
  W: (d) => pad(Math.floor((dayOfYear(d) + 6 - mondayBased(d)) / 7)),
  c: (d) => fill("%a %b ", d) + String(d.getUTCDate()).padStart(2) + fill(" %X %Y", d),
  x: (d) => fill("%m/%d/%y", d),
  X: (d) => fill("%H:%M:%S", d),
  G: (d) => pad(thursday(d).getUTCFullYear(), 4),
  u: (d) => d.getUTCDay() || 7,
  V: (d) => pad(Math.ceil(dayOfYear(thursday(d)) / 7)),
  F: (d) => fill("%Y-%m-%d", d),
  T: (d) => fill("%H:%M:%S", d),
  "%": () => "%",
};

const DIRECTIVE = /%(:z|[^]|$)/g;

/**
 * The directory for a date, as `date_format` wants it: relative, with `/` between its parts.
 *
 * stoQ's own files need `%%Y/%%m/%%d`, since Python's configuration parser makes one sign of two: a format in which every sign is
 * doubled means the same here.
 *
 * @throws {TypeError} If the format has a directive that is not known, or leads out of the directory that it is in.
 */
export function datePath(format: string): (date: Date) => string {
  const single = format.replaceAll("%%", "%");
  const doubled = !format.replaceAll("%%", "").includes("%") && unknown(single) === undefined;
  const directives = doubled ? single : format;
  const wrong = unknown(directives);
  if (wrong !== undefined) {
    const known = Object.keys(DIRECTIVES).map((name) => `%${name}`).join(" ");
    throw new TypeError(`Option "date_format" is ${JSON.stringify(format)}: "${wrong}" is not known: use ${known}`);
  }
  if (directives.split(/[/\\]/).some((part) => part === "." || part === "..") || directives.includes("\0")) {
    throw new TypeError(
      `Option "date_format" is ${JSON.stringify(format)}: it must name a directory within another, without ".."`,
    );
  }
  return (date) => fill(directives, date).split("/").filter((part) => part !== "").join("/");
}

function unknown(format: string): string | undefined {
  for (const [directive, name] of format.matchAll(DIRECTIVE)) if (!Object.hasOwn(DIRECTIVES, name!)) return directive;
  return undefined;
}

function fill(format: string, date: Date): string {
  return format.replace(DIRECTIVE, (_, name: string) => String(DIRECTIVES[name]!(date)));
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** From 1. */
function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY) + 1;
}

/** Days since Monday. */
function mondayBased(date: Date): number {
  return (date.getUTCDay() + 6) % 7;
}

/** The Thursday of the date's week: an ISO 8601 week belongs to the year that has its Thursday. */
function thursday(date: Date): Date {
  return new Date(date.getTime() + (3 - mondayBased(date)) * DAY);
}
