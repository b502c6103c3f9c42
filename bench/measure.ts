/** Middle value; the upper of the two middle values of an even number of values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN
}

export async function timeMs(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await run()
  return performance.now() - started
}

export interface Row {
  readonly name: string
  readonly value: number
  /** Value divided by that of the table's first row. */
  readonly ratio: number
}

export interface Table {
  readonly title: string
  readonly unit: string
  readonly rows: readonly Row[]
}

/** Table of medians, each with its ratio to the first, which is the baseline. */
export function makeTable(title: string, unit: string, measured: Readonly<Record<string, readonly number[]>>): Table {
  const medians = Object.entries(measured).map(([name, values]) => [name, median(values)] as const)
  const baseline = medians[0]?.[1] ?? Number.NaN
  return { title, unit, rows: medians.map(([name, value]) => ({ name, value, ratio: value / baseline })) }
}

export function printTable({ title, unit, rows }: Table): void {
  console.log(`\n${title}`)
  for (const { name, value, ratio } of rows) {
    console.log(`  ${name.padEnd(58)} ${value.toFixed(2).padStart(9)} ${unit}  ${ratio.toFixed(2).padStart(6)} x`)
  }
}
