import { useState } from 'preact/hooks'
import { toPlainText } from './plain-text.ts'

/** Sums of a model, a caller, a day or another name. */
export interface BarRow {
  readonly name: string
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly usd: number
}

const MEASURES = {
  usd: 'Cost in USD',
  calls: 'Calls',
  inputTokens: 'Input tokens',
  outputTokens: 'Output tokens',
} as const

/** A choice of a measure, and a table with a bar of it for each row. */
export function BarTable({
  rows,
  children,
}: {
  readonly rows: readonly BarRow[]
  readonly children?: preact.ComponentChildren
}) {
  const [measure, setMeasure] = useState<keyof typeof MEASURES>('usd')
  const largest = Math.max(...rows.map((row) => row[measure]), Number.MIN_VALUE)
  return (
    <>
      <div class="buttons">
        {children}
        <label>
          Show{' '}
          <select value={measure} onChange={(event) => setMeasure(event.currentTarget.value as typeof measure)}>
            {Object.entries(MEASURES).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {rows.length === 0 ? (
        <p class="note">No call of a model yet.</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">{MEASURES[measure]}</th>
                <th scope="col">Calls</th>
                <th scope="col">In</th>
                <th scope="col">Out</th>
                <th scope="col">USD</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.name}>
                  <th scope="row">{toPlainText(row.name)}</th>
                  <td class="chart">
                    <span class="bar" style={`width:${(100 * row[measure]) / largest}%`} />
                  </td>
                  <td>{row.calls}</td>
                  <td>{row.inputTokens}</td>
                  <td>{row.outputTokens}</td>
                  <td>{row.usd.toFixed(6)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  )
}
