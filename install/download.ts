/**
 * Downloads over https, bounded in size, in time and in redirects.
 *
 * @module
 */
import { StoqInstallError } from "../core/errors.ts";
import { oneLine } from "../sandbox/protocol.ts";
import { MAX_ARCHIVE, quote, type Refuse } from "./files.ts";

/** Redirects that are followed: a mirror and a signed place need two. */
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Time without a byte after which a server is given up. */
const STALL_MS = 30_000;
/** Time for a whole download, for a server that gives a byte now and then: {@linkcode MAX_ARCHIVE} at 1 Mbit/s. */
const TOTAL_MS = 10 * 60_000;
/** Answers that say that there is no such file; stores of files say 403 where a list of them is not public. */
const MISSING = [403, 404, 410];

/** How it downloads; for tests. */
export interface DownloadPowers {
  /** Instead of Deno's own, whose authorities DENO_CERT and DENO_TLS_CA_STORE add. */
  readonly client?: Deno.HttpClient;
  readonly stallMs?: number;
  readonly totalMs?: number;
  readonly maxBytes?: number;
}

/** What came. */
export interface Downloaded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where it came from at last. */
  readonly url: URL;
}

/** How {@linkcode download} goes about a file. */
export interface DownloadOptions extends DownloadPowers {
  readonly signal?: AbortSignal | undefined;
}

/** A URL for messages: without its query, in which there may be a secret. */
export function showUrl({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search === "" ? "" : "?…"}`;
}

/** Refuses a URL that is not https, or has a password in it. */
export function checkUrl(url: URL, refuse: Refuse): void {
  if (url.protocol !== "https:") {
    const why = url.protocol === "http:" ? "http, which anyone on the way can change" : `"${url.protocol}"`;
    refuse(`${quote(showUrl(url))} is ${why}: use an https URL, or get the file yourself and give its path`);
  }
  if (url.username !== "" || url.password !== "") {
    refuse(
      "a user name or password in its URL would be written to the lock file: get the file yourself and give its path",
    );
  }
}

/** Downloads a file. @throws {StoqInstallError} Naming URL and status. */
export async function download(url: URL, refuse: Refuse, options: DownloadOptions = {}): Promise<Downloaded> {
  return await tryDownload(url, refuse, options, (status) => refuseStatus(url, status, refuse)) ??
    refuse(`${quote(showUrl(url))} is missing`);
}

/** Downloads a file. @returns The status, if the server says that there is no such file. */
export async function downloadIfThere(
  url: URL,
  refuse: Refuse,
  options: DownloadOptions = {},
): Promise<Downloaded | number> {
  let missing = 0;
  const got = await tryDownload(url, refuse, options, (status) => {
    if (!MISSING.includes(status)) refuseStatus(url, status, refuse);
    missing = status;
  });
  return got ?? missing;
}

async function tryDownload(
  url: URL,
  refuse: Refuse,
  { client, stallMs = STALL_MS, totalMs = TOTAL_MS, maxBytes = MAX_ARCHIVE, signal }: DownloadOptions,
  failed: (status: number) => void,
): Promise<Downloaded | null> {
  const late = new AbortController();
  let stall: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(stall);
    stall = setTimeout(() => late.abort(`sent nothing for ${stallMs / 1000} seconds`), stallMs);
  };
  const total = setTimeout(() => late.abort(`was not done after ${totalMs / 1000} seconds`), totalMs);
  let at = url;
  try {
    for (let redirects = 0;; redirects++) {
      checkUrl(at, refuse);
      alive();
      const response = await fetch(at, {
        redirect: "manual",
        // What comes is hashed as it is, and only the bounded reader unpacks it.
        headers: { "accept-encoding": "identity" },
        signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
        ...(client !== undefined && { client }),
      });
      if (response.ok) return { bytes: await readBody(response, maxBytes, at, alive, refuse), url: at };
      await response.body?.cancel();
      if (!REDIRECTS.includes(response.status)) {
        failed(response.status);
        return null;
      }
      if (redirects === MAX_REDIRECTS) {
        refuse(`${quote(showUrl(url))} leads through more than ${MAX_REDIRECTS} redirects: give the URL where it ends`);
      }
      at = target(response.headers.get("location"), at, refuse);
    }
  } catch (error) {
    if (error instanceof StoqInstallError) throw error;
    signal?.throwIfAborted();
    if (late.signal.aborted) refuse(`${quote(showUrl(at))} ${late.signal.reason}: try again later`);
    return refuseFailure(at, error, refuse);
  } finally {
    clearTimeout(stall);
    clearTimeout(total);
  }
}

function target(location: string | null, from: URL, refuse: Refuse): URL {
  const url = location === null ? null : URL.parse(location, from.href);
  if (url === null) {
    return refuse(`${quote(showUrl(from))} redirects to ${quote(location ?? "")}, which is not a URL: give another`);
  }
  if (url.protocol !== "https:") {
    refuse(`${quote(showUrl(from))} redirects to ${quote(showUrl(url))}, which is not https: give an https URL`);
  }
  return url;
}

/** Content-Length only refuses early: what counts is what comes. */
async function readBody(
  response: Response,
  limit: number,
  url: URL,
  alive: () => void,
  refuse: Refuse,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLong = (size: string) => refuse(`${quote(showUrl(url))} has ${size} bytes: ${limit} are allowed`);
  const declared = response.headers.get("content-length");
  if (declared !== null && Number(declared) > limit) {
    await response.body?.cancel();
    tooLong(declared);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    alive();
    length += chunk.length;
    // Leaving the loop cancels the body.
    if (length > limit) tooLong(`more than ${limit}`);
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}

function refuseStatus(url: URL, status: number, refuse: Refuse): never {
  const remedy = status === 404 || status === 410
    ? "check the name"
    : status === 401 || status === 403
    ? "it needs a login, which stoQ does not send: get the file yourself and give its path"
    : status === 429 || status >= 500
    ? "try again later"
    : "check the URL";
  return refuse(`${quote(showUrl(url))} answers with status ${status}: ${remedy}`);
}

/** The reason is in the innermost cause: "fetch failed" says nothing. */
function refuseFailure(url: URL, error: unknown, refuse: Refuse): never {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  const text = oneLine(reason instanceof Error ? reason.message : String(reason)).replace(/ for url \([^)]*\)/, "");
  const remedy = /certificate|UnknownIssuer/i.test(text)
    ? "for an authority of your own, name the file with its certificate in DENO_CERT"
    : /dns|lookup|resolve/i.test(text)
    ? "check the name of the host and the network"
    : error instanceof Deno.errors.NotCapable
    ? "stoQ needs it to download"
    : "check the URL and the network";
  return refuse(`${quote(showUrl(url))} cannot be read (${text}): ${remedy}`, error);
}
