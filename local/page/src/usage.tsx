import type { UsageRow } from '@bedrock-functions/runtime/pipeline/usage'
import { useEffect, useState } from 'preact/hooks'
import { callJson } from './api.ts'
import { BarTable } from './bar-table.tsx'
import { toPlainText } from './plain-text.ts'
import { describeError } from './use-stream.ts'

/** Answer of GET /usage. */
interface UsageReport {
  readonly caller: string
  readonly from: string
  readonly to: string
  readonly total: UsageRow
  readonly usage: readonly (UsageRow & { readonly day?: string; readonly modelId?: string })[]
}

/** Answer of GET /usage/callers. */
interface CallersReport {
  readonly month: string
  readonly callers: readonly (UsageRow & { readonly caller: string })[]
}

/** Usage of the caller by day or model, and for operators that of all callers. The ledger of the stack counts it. */
export function UsageView() {
  const [by, setBy] = useState<'day' | 'model'>('day')
  const [days, setDays] = useState<{ readonly from?: string; readonly to?: string }>({})
  const [report, setReport] = useState<UsageReport>()
  const [problem, setProblem] = useState<string>()

  useEffect(() => {
    // An answer to an earlier choice may come after that to a later one.
    let isCurrent = true
    const query = new URLSearchParams({ by, ...days })
    callJson<UsageReport>(`usage?${query}`).then(
      (answer) => {
        if (!isCurrent) return
        setReport(answer)
        setProblem(undefined)
      },
      (error: unknown) => isCurrent && setProblem(describeError(error).message),
    )
    return () => {
      isCurrent = false
    }
  }, [by, days])

  const dayField = (name: 'from' | 'to', label: string) => (
    <label>
      {label}{' '}
      <input
        type="date"
        value={days[name] ?? report?.[name] ?? ''}
        onChange={(event) => {
          const { [name]: _, ...others } = days
          const { value } = event.currentTarget
          setDays(value === '' ? others : { ...others, [name]: value })
        }}
      />
    </label>
  )
  return (
    <>
      <section aria-labelledby="own-usage">
        <h2 id="own-usage">Your usage</h2>
        {problem !== undefined && (
          <p class="error" role="alert">
            {toPlainText(problem)}
          </p>
        )}
        {report && (
          <>
            <p class="figures">
              {toPlainText(report.caller)}: {describeTotal(report.total)}
            </p>
            <BarTable rows={report.usage.map(({ day, modelId, ...row }) => ({ ...row, name: day ?? modelId ?? '' }))}>
              <label>
                By{' '}
                <select value={by} onChange={(event) => setBy(event.currentTarget.value as typeof by)}>
                  <option value="day">day</option>
                  <option value="model">model</option>
                </select>
              </label>
              {dayField('from', 'From')}
              {dayField('to', 'To')}
            </BarTable>
          </>
        )}
      </section>
      {report && <Callers />}
    </>
  )
}

function describeTotal({ calls, errors, cached, unpriced, estimated, usd }: UsageRow): string {
  const parts = [
    `${calls} calls`,
    errors > 0 && `${errors} failed`,
    cached > 0 && `${cached} from the response cache`,
    estimated > 0 && `${estimated} with estimated tokens`,
    `$${usd.toFixed(6)}`,
    unpriced > 0 && `without ${unpriced} calls of unknown cost`,
  ]
  return parts.filter((part) => part !== false).join(', ')
}

/** Usage of all callers in this month. Only operators get it, so it is asked for with a button. */
function Callers() {
  const [report, setReport] = useState<CallersReport>()
  const [problem, setProblem] = useState<string>()

  async function load() {
    try {
      setReport(await callJson<CallersReport>('usage/callers'))
      setProblem(undefined)
    } catch (error) {
      setProblem(describeError(error).message)
    }
  }

  return (
    <section aria-labelledby="callers">
      <h2 id="callers">All callers{report && toPlainText(`, ${report.month}`)}</h2>
      <button type="button" onClick={load}>
        Show all callers
      </button>
      {problem !== undefined && (
        <p class="error" role="alert">
          {toPlainText(problem)}
        </p>
      )}
      {report && <BarTable rows={report.callers.map(({ caller, ...row }) => ({ ...row, name: caller }))} />}
    </section>
  )
}
