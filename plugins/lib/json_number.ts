/**
 * A number of a file as JSON has it: as number where that is exact, else as hexadecimal text (`0xffffffff80000000`).
 *
 * @param value The number, not negative.
 */
export function jsonNumber(value: bigint | number): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : `0x${value.toString(16)}`;
}
