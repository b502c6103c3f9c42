/**
 * An exact decimal number, `units` × 10^-`scale`. Prices have up to six decimals and counts seven digits: as doubles
 * their products and sums show digits that nobody has been charged.
 */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

export const ZERO: Decimal = { units: 0n, scale: 0 }

/** The number that is written, not the nearest double to it: 0.1 is a tenth. */
export function toDecimal(number: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(number).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const units = BigInt(whole + fraction)
  const scale = fraction.length - Number(exponent)
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale }
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale }
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale }
}

function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale)
}

/** In plain digits without trailing zeros, rounded half up to at most `places` decimals. For what is not negative. */
export function toText({ units, scale }: Decimal, places: number): string {
  const excess = 10n ** BigInt(Math.max(0, scale - places))
  const kept = Math.min(scale, places)
  const digits = String((units + excess / 2n) / excess).padStart(kept + 1, '0')
  const whole = digits.slice(0, digits.length - kept)
  const fraction = digits.slice(digits.length - kept).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
