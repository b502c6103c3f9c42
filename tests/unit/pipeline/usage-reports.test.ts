import { COUNTS, type UsageRow } from '../../../layers/runtime/src/pipeline/usage/usage-entry.ts'
import { readUsageOperators } from '../../../layers/runtime/src/pipeline/usage/usage-operators.ts'
import {
  reportCallers,
  reportUsage,
  type UsageReportOptions,
} from '../../../layers/runtime/src/pipeline/usage/usage-reports.ts'
import type { UsageTable } from '../../../layers/runtime/src/pipeline/usage/usage-table.ts'

const ZEROS = Object.fromEntries(COUNTS.map((name) => [name, 0])) as unknown as UsageRow
const rowOf = (calls: number, usd: number): UsageRow => ({ ...ZEROS, calls, inputTokens: 10 * calls, usd })

const asked: unknown[] = []
const table: Pick<UsageTable, 'readDays' | 'readMonth'> = {
  async readDays(...question) {
    asked.push(question)
    return [
      { day: '2026-11-01', modelId: 'nova', ...rowOf(1, 0.1) },
      { day: '2026-11-01', modelId: 'claude, "best"', ...rowOf(2, 0.2) },
      { day: '2026-11-02', modelId: 'nova', ...rowOf(3, 0.0000000001) },
    ]
  },
  async readMonth(...question) {
    asked.push(question)
    return [
      { caller: 'key:a', ...rowOf(1, 1) },
      { caller: 'key:b', ...rowOf(1, 2) },
    ]
  },
}

const OPTIONS: UsageReportOptions = {
  loadTable: async () => table as UsageTable,
  operators: ['role/admin', 'key:ops*'],
  now: () => Date.parse('2026-11-27T12:00:00Z'),
}

const request = (query: Record<string, string> = {}, caller: string | undefined = 'key:a', accept = '*/*') => ({
  query,
  headers: { accept },
  source: 'rest-api' as const,
  caller,
})

const documentOf = async (reply: ReturnType<typeof reportUsage>) =>
  JSON.parse(Buffer.from((await reply).body).toString())

beforeEach(() => asked.splice(0))

test('a report has the own usage of this month by day and model, and its sum', async () => {
  const report = await documentOf(reportUsage(request(), OPTIONS))
  expect(asked).toEqual([['key:a', '2026-11-01', '2026-11-27']])
  expect(report).toEqual({
    caller: 'key:a',
    from: '2026-11-01',
    to: '2026-11-27',
    total: rowOf(6, 0.3000000001),
    usage: [
      { day: '2026-11-01', modelId: 'claude, "best"', ...rowOf(2, 0.2) },
      { day: '2026-11-01', modelId: 'nova', ...rowOf(1, 0.1) },
      { day: '2026-11-02', modelId: 'nova', ...rowOf(3, 0.0000000001) },
    ],
  })
})

test('a report groups by day or by model', async () => {
  const byDay = await documentOf(reportUsage(request({ by: 'day' }), OPTIONS))
  const byModel = await documentOf(reportUsage(request({ by: 'model' }), OPTIONS))
  expect(byDay.usage).toEqual([
    { day: '2026-11-01', ...rowOf(3, 0.3) },
    { day: '2026-11-02', ...rowOf(3, 0.0000000001) },
  ])
  expect(byModel.usage).toEqual([
    { modelId: 'claude, "best"', ...rowOf(2, 0.2) },
    { modelId: 'nova', ...rowOf(4, 0.1000000001) },
  ])
})

test('a request that accepts text/csv gets CSV with plain numbers', async () => {
  const { headers, body } = await reportUsage(request({}, 'key:a', 'text/csv, */*'), OPTIONS)
  const [head, first, , last] = Buffer.from(body).toString().split('\r\n')
  expect(headers['content-type']).toBe('text/csv; charset=utf-8')
  expect(head).toBe(
    'day,modelId,calls,errors,cached,estimated,unpriced,inputTokens,outputTokens,cacheReadInputTokens,cacheWriteInputTokens,usd',
  )
  expect(first).toBe('2026-11-01,"claude, ""best""",2,0,0,0,0,20,0,0,0,0.2')
  expect(last).toBe('2026-11-02,nova,3,0,0,0,0,30,0,0,0,0.0000000001')
})

test.each([
  [{ from: '2026-02-30' }, 'from is "2026-02-30": it must be a day, e.g. 2026-11-27.'],
  [{ to: 'today' }, 'to is "today": it must be a day, e.g. 2026-11-27.'],
  [{ from: '2026-11-28' }, 'from is 2026-11-28, which is after to, 2026-11-27.'],
  [{ from: '2025-10-01', to: '2026-11-27' }, 'from 2025-10-01 to 2026-11-27 are 423 days, the limit is 400.'],
  [{ by: 'caller' }, 'by is "caller": it must be day, model or day,model.'],
])('the query %j is refused by the name of its parameter', async (query, message) => {
  await expect(reportUsage(request(query), OPTIONS)).rejects.toMatchObject({ name: 'ValidationException', message })
})

test('operators see all callers, the most expensive first, and the days of each', async () => {
  const admin = 'arn:aws:sts::123456789012:assumed-role/admin'
  const report = await documentOf(reportCallers(request({ month: '2026-10' }, admin), OPTIONS))
  await reportUsage(request({ caller: 'key:b' }, 'key:ops1'), OPTIONS)
  // IAM decides who may invoke the function itself.
  await reportCallers({ ...request({}), source: 'direct', caller: undefined }, OPTIONS)

  expect(report.callers.map(({ caller }: { caller: string }) => caller)).toEqual(['key:b', 'key:a'])
  expect(report).toMatchObject({ month: '2026-10', total: { calls: 2, usd: 3 } })
  expect(asked).toEqual([['2026-10'], ['key:b', '2026-11-01', '2026-11-27'], ['2026-11']])
})

test('other callers see neither all callers nor another one', async () => {
  const refusal = {
    name: 'AccessDeniedException',
    message:
      'The usage of other callers is for operators, whom the parameter UsageOperators names. It does not name key:a.',
  }
  await expect(reportCallers(request(), OPTIONS)).rejects.toMatchObject(refusal)
  await expect(reportUsage(request({ caller: 'key:b' }), OPTIONS)).rejects.toMatchObject(refusal)
  await expect(reportUsage(request({ caller: 'key:a' }), OPTIONS)).resolves.toMatchObject({ statusCode: 200 })
  await expect(reportCallers(request({ month: '2026-13' }, 'key:ops1'), OPTIONS)).rejects.toMatchObject({
    message: 'month is "2026-13": it must be a month, e.g. 2026-11.',
  })
  expect(asked).toHaveLength(1)
})

test('a stack without a ledger says so', async () => {
  await expect(reportUsage(request(), { ...OPTIONS, loadTable: undefined })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: expect.stringContaining('UsageLedger'),
  })
})

test('the list of operators is checked when a function starts', () => {
  expect(readUsageOperators({ USAGE_OPERATORS: 'role/admin, key:ops*' })).toEqual(['role/admin', 'key:ops*'])
  expect(readUsageOperators({})).toEqual([])
  expect(() => readUsageOperators({ USAGE_OPERATORS: 'role/admin,,' })).toThrow('USAGE_OPERATORS')
})
