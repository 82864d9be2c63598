/** 100-nanosecond intervals from 1601 to 1970. */
const EPOCH_OFFSET = 116_444_736_000_000_000n;
/** Beyond it `Date` has no value. */
const MAX_DATE = 8_640_000_000_000_000n;

/** A FILETIME ([MS-DTYP] 2.3.3) as ISO 8601 UTC; null when it is 0 or not a date. */
export function filetimeToIso(filetime: bigint): string | null {
  if (filetime === 0n) return null;
  const milliseconds = (filetime - EPOCH_OFFSET) / 10_000n;
  return milliseconds > MAX_DATE ? null : new Date(Number(milliseconds)).toISOString();
}
