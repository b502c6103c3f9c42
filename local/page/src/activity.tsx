import { useMemo, useState } from 'preact/hooks'
import type { ActivityEntry } from '../activity.ts'
import { type BarRow, BarTable } from './bar-table.tsx'
import { toPlainText } from './plain-text.ts'
import { type AnswerRecord, answerRecords, type EntryOf } from './use-activity.ts'
import { WindowList } from './window-list.tsx'

/** One request with what its function and Bedrock say of it. */
interface Row {
  readonly request: EntryOf<'request'>
  readonly record: AnswerRecord | undefined
  readonly bedrock: EntryOf<'bedrock'> | undefined
}

/** Requests, usage by model and caller, and log lines of this stack since its start. */
export function ActivityView({ entries }: { readonly entries: readonly ActivityEntry[] }) {
  return (
    <>
      <Usage entries={entries} />
      <Requests entries={entries} />
      <Logs entries={entries} />
    </>
  )
}

function Requests({ entries }: { readonly entries: readonly ActivityEntry[] }) {
  const rows = useMemo(() => joinRows(entries), [entries])
  const [chosen, setChosen] = useState<number>()
  const row = rows.find(({ request }) => request.id === chosen)
  const longestMs = Math.max(1, ...rows.slice(0, 200).map(({ request }) => request.durationMs))
  return (
    <section aria-labelledby="requests">
      <h2 id="requests">Requests ({rows.length})</h2>
      {rows.length === 0 ? (
        <p class="note">No request yet.</p>
      ) : (
        <WindowList
          label="Requests, newest first"
          items={rows}
          rowHeight={44}
          height={352}
          keyOf={({ request }) => request.id}
          renderRow={(item) => (
            <button
              type="button"
              class="row"
              aria-pressed={item.request.id === chosen}
              onClick={() => setChosen(item.request.id)}
            >
              <span class="line">
                <time>{new Date(item.request.time).toLocaleTimeString()}</time> {toPlainText(item.request.method)}{' '}
                <bdi>{toPlainText(shorten(item.request.rawPath))}</bdi>{' '}
                <b>{item.request.statusCode ?? 'client gone'}</b> {Math.round(item.request.durationMs)} ms
              </span>
              <Timeline row={item} longestMs={longestMs} />
            </button>
          )}
        />
      )}
      {row && <RowDetails row={row} />}
    </section>
  )
}

/** Bars for the stages of a request, on one scale: gateway, function, Bedrock. */
function Timeline({ row, longestMs }: { readonly row: Row; readonly longestMs: number }) {
  const stages = stagesOf(row)
  return (
    <span class="timeline" aria-hidden="true">
      {stages.map(({ name, ms }) => (
        <span key={name} class={`stage ${name}`} style={`width:${Math.min(100, (100 * ms) / longestMs)}%`} />
      ))}
    </span>
  )
}

function RowDetails({ row }: { readonly row: Row }) {
  const { request, record } = row
  const facts: [string, unknown][] = [
    ['Path', request.rawPath],
    ['Function', request.functionName ?? 'none'],
    ...stagesOf(row).map(({ name, ms }): [string, string] => [`Time in ${name}`, `${ms.toFixed(1)} ms`]),
    ['Model', record?.modelId],
    [
      'Tokens',
      record?.inputTokens === undefined ? undefined : `${record.inputTokens} in, ${record.outputTokens ?? 0} out`,
    ],
    ['Cost', record?.estimatedCostUsd === undefined ? undefined : `$${record.estimatedCostUsd}`],
    ['Caller', record?.caller],
    ['Failure', request.failure],
    ['Hint', request.hint],
    ['Request id', request.requestId],
    ['Request id of Bedrock', record?.bedrockRequestId],
  ]
  return (
    <dl class="details" aria-label="Chosen request">
      {facts
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{toPlainText(String(value))}</dd>
          </div>
        ))}
    </dl>
  )
}

function stagesOf({ request, record, bedrock }: Row): { name: string; ms: number }[] {
  return [
    { name: 'gateway', ms: request.durationMs },
    ...(record?.durationMs === undefined ? [] : [{ name: 'function', ms: record.durationMs }]),
    ...(bedrock ? [{ name: 'Bedrock', ms: bedrock.durationMs }] : []),
  ]
}

function joinRows(entries: readonly ActivityEntry[]): Row[] {
  const records = new Map(answerRecords(entries).map((record) => [record.gatewayRequestId, record]))
  const bedrocks = new Map(
    entries.flatMap((entry): [string, EntryOf<'bedrock'>][] =>
      entry.kind === 'bedrock' ? [[entry.requestId, entry]] : [],
    ),
  )
  return entries
    .flatMap((entry) => (entry.kind === 'request' ? entry : []))
    .map((request) => {
      const record = request.requestId === undefined ? undefined : records.get(request.requestId)
      return { request, record, bedrock: record?.bedrockRequestId ? bedrocks.get(record.bedrockRequestId) : undefined }
    })
    .reverse()
}

function shorten(path: string): string {
  let plain = path
  try {
    plain = decodeURIComponent(path)
  } catch {
    // A path that is no valid encoding is shown as it came.
  }
  return plain.length > 120 ? `${plain.slice(0, 120)}…` : plain
}

function Usage({ entries }: { readonly entries: readonly ActivityEntry[] }) {
  const [by, setBy] = useState<'modelId' | 'caller' | 'operation'>('modelId')
  const rows = useMemo(() => sumBy(answerRecords(entries), by), [entries, by])
  return (
    <section aria-labelledby="usage">
      <h2 id="usage">Usage since the start</h2>
      <BarTable rows={rows}>
        <label>
          By{' '}
          <select value={by} onChange={(event) => setBy(event.currentTarget.value as typeof by)}>
            <option value="modelId">model</option>
            <option value="caller">caller</option>
            <option value="operation">operation</option>
          </select>
        </label>
      </BarTable>
    </section>
  )
}

function sumBy(records: readonly AnswerRecord[], member: 'modelId' | 'caller' | 'operation'): BarRow[] {
  const totals = new Map<string, BarRow>()
  for (const record of records) {
    if (record.modelId === undefined) continue
    const name = record[member] ?? 'unknown'
    const known = totals.get(name)
    totals.set(name, {
      name,
      calls: (known?.calls ?? 0) + 1,
      inputTokens: (known?.inputTokens ?? 0) + (record.inputTokens ?? 0),
      outputTokens: (known?.outputTokens ?? 0) + (record.outputTokens ?? 0),
      usd: (known?.usd ?? 0) + (record.estimatedCostUsd ?? 0),
    })
  }
  return [...totals.values()].sort((first, second) => second.usd - first.usd)
}

function Logs({ entries }: { readonly entries: readonly ActivityEntry[] }) {
  const [name, setName] = useState('')
  const lines = useMemo(
    () =>
      entries
        .flatMap((entry) => (entry.kind === 'log' && (name === '' || entry.functionName === name) ? entry : []))
        .reverse(),
    [entries, name],
  )
  const names = useMemo(
    () => [...new Set(entries.flatMap((entry) => (entry.kind === 'log' ? entry.functionName : [])))].sort(),
    [entries],
  )
  return (
    <section aria-labelledby="logs">
      <h2 id="logs">Log lines of the functions</h2>
      <label>
        Function{' '}
        <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
          <option value="">all</option>
          {names.map((functionName) => (
            <option key={functionName} value={functionName}>
              {toPlainText(functionName)}
            </option>
          ))}
        </select>
      </label>
      <WindowList
        label="Log lines, newest first"
        items={lines}
        rowHeight={24}
        height={240}
        keyOf={({ id }) => id}
        renderRow={({ time, functionName, record }) => (
          <code>
            {new Date(time).toLocaleTimeString()} {toPlainText(functionName)}{' '}
            {toPlainText(typeof record === 'string' ? record : JSON.stringify(record)).slice(0, 1000)}
          </code>
        )}
      />
    </section>
  )
}
