/**
 * List prices in US dollars, US East (N. Virginia), without the free tier. Sources: third-party copies of AWS's price pages, as
 * of 2026-10. Other Regions cost up to a quarter more.
 */
const PRICES = {
  apiRequest: 3.5e-6,
  lambdaRequest: 0.2e-6,
  /** arm64. */
  lambdaGbSecond: 1.33334e-5,
  expressExecution: 1e-6,
  expressGbSecond: 1.667e-5,
  /** Standard workflow, of which a child of a distributed Map is one. */
  stateTransition: 2.5e-5,
  s3Write: 5e-6,
  s3Read: 0.4e-6,
  event: 1e-6,
  logGb: 0.5,
  traceRecord: 5e-6,
  /** A month each. */
  metric: 0.3,
  alarm: 0.1,
} as const

/** Share of the invocations that X-Ray samples. */
const TRACED = 0.05
/** Memory of an Express execution, which is billed in steps of 64 MB. */
const EXPRESS_GB = 64 / 1024
/** Memory of the functions of jobs and batches (JobMemorySizeMB). */
const JOB_GB = 512 / 1024
/** Time of StartJobFunction, and of the lookups of a job. */
const START_SECONDS = 0.2
/** Records that one worker of a batch answers at the same time, and records of one item. */
const RECORDS_AT_ONCE = 5
const RECORDS_PER_ITEM = 50

/** A call as the stack sees it. */
export interface StackCall {
  /** Time until the model has answered. */
  readonly seconds: number
  /** Memory of the functions behind the API (MemorySizeMB). */
  readonly memoryMb: number
}

/** Costs of one call by part, in US dollars. */
type Parts = Readonly<Record<string, number>>

/** A way of a call through the stack. */
export interface StackPath {
  readonly name: string
  /** Factor of the model's price. */
  readonly modelFactor: number
  readonly parts: (call: StackCall) => Parts
}

const log = (kilobytes: number) => (kilobytes * PRICES.logGb) / 1e6
const traces = (invocations: number) => invocations * TRACED * PRICES.traceRecord
const lambdaTime = (gigabytes: number, seconds: number) => gigabytes * seconds * PRICES.lambdaGbSecond

const API = 'API Gateway'
const REQUESTS = 'Lambda, requests'
const TIME = 'Lambda, time'
const STEPS = 'Step Functions'
const S3 = 'S3'
const EVENTS = 'EventBridge'
const LOG = 'log'
const TRACES = 'traces'

/** Parts in the order of the table. */
export const PARTS = [API, REQUESTS, TIME, STEPS, S3, EVENTS, LOG, TRACES] as const

/** Ways of a call through the stack, with what each one costs. docs/cost.md has the table. */
export const PATHS: readonly StackPath[] = [
  {
    name: 'Converse through the API',
    modelFactor: 1,
    parts: ({ seconds, memoryMb }) => ({
      [API]: PRICES.apiRequest,
      [REQUESTS]: PRICES.lambdaRequest,
      [TIME]: lambdaTime(memoryMb / 1024, seconds),
      [LOG]: log(3),
      [TRACES]: traces(1),
    }),
  },
  {
    name: 'stream of the function URL',
    modelFactor: 1,
    parts: ({ seconds, memoryMb }) => ({
      [REQUESTS]: PRICES.lambdaRequest,
      [TIME]: lambdaTime(memoryMb / 1024, seconds),
      [LOG]: log(3.2),
      [TRACES]: traces(1),
    }),
  },
  {
    name: 'workflow, direct',
    modelFactor: 1,
    parts: ({ seconds }) => ({
      [API]: PRICES.apiRequest,
      [STEPS]: PRICES.expressExecution + EXPRESS_GB * seconds * PRICES.expressGbSecond,
      [LOG]: log(8),
      [TRACES]: traces(1),
    }),
  },
  {
    name: 'job',
    modelFactor: 1,
    parts: ({ seconds, memoryMb }) => ({
      [API]: PRICES.apiRequest,
      [REQUESTS]: 2 * PRICES.lambdaRequest,
      [TIME]: lambdaTime(memoryMb / 1024, START_SECONDS) + lambdaTime(JOB_GB, seconds),
      [S3]: 7 * PRICES.s3Write + 5 * PRICES.s3Read,
      [EVENTS]: 9 * PRICES.event,
      [LOG]: log(6),
      [TRACES]: traces(2),
    }),
  },
  {
    name: 'record of a batch, map',
    modelFactor: 1,
    parts: ({ seconds }) => ({
      [REQUESTS]: PRICES.lambdaRequest / RECORDS_PER_ITEM,
      [TIME]: lambdaTime(JOB_GB, seconds / RECORDS_AT_ONCE),
      // A record of its own answer; the item with all answers, read and written.
      [S3]: PRICES.s3Write + (3 * PRICES.s3Write + 4 * PRICES.s3Read) / RECORDS_PER_ITEM,
      [STEPS]: (PRICES.stateTransition + PRICES.expressExecution) / RECORDS_PER_ITEM,
      [LOG]: log(2),
      [TRACES]: traces(1) / RECORDS_PER_ITEM,
    }),
  },
  {
    name: "record of a batch, Bedrock's",
    modelFactor: 0.5,
    // Some objects for each file of up to 50,000 records.
    parts: () => ({ [S3]: (10 * PRICES.s3Write) / 50_000 }),
  },
]

/** Cost of one call for the stack alone, in US dollars. */
export function stackCost({ parts }: StackPath, call: StackCall): number {
  return Object.values(parts(call)).reduce((sum, part) => sum + part, 0)
}

/** Sweeps of a month, one a minute. */
const SWEEPS = 43_200
const SWEEP_SECONDS = 0.3
const SWEEP_METRICS = 7
/** Metrics that the alarms look at: AWS charges for each one. */
const ALARM_METRICS = 10

/** Costs of a stack without calls, in US dollars a month, with `Alarms=ON`. */
export const IDLE_PARTS: readonly { readonly part: string; readonly calculation: string; readonly usd: number }[] = [
  {
    part: 'sweep: Lambda',
    calculation: '43,200 runs × 0.3 s × 256 MB, arm64',
    usd: SWEEPS * (lambdaTime(0.25, SWEEP_SECONDS) + PRICES.lambdaRequest),
  },
  // Open jobs and open batches.
  { part: 'sweep: S3', calculation: '43,200 × 2 LIST × 0.005 / 1,000', usd: 2 * SWEEPS * PRICES.s3Write },
  { part: 'sweep: log', calculation: '43,200 × 2 KB × 0.50 / GB', usd: SWEEPS * log(2) },
  { part: 'sweep: metrics', calculation: '7 × 0.30', usd: SWEEP_METRICS * PRICES.metric },
  { part: 'alarms (`Alarms=ON`)', calculation: '10 metrics × 0.10', usd: ALARM_METRICS * PRICES.alarm },
]

export function idleCost(): number {
  return IDLE_PARTS.reduce((sum, { usd }) => sum + usd, 0)
}

/** A duration from which another way of a call costs less. */
export interface Crossover {
  readonly seconds: number
  readonly cheaperBefore: string
  readonly cheaperAfter: string
}

/** Finds where the costs of two ways are equal. All costs are linear in the time. */
export function findCrossovers(paths: readonly StackPath[], memoryMb: number, maxSeconds: number): Crossover[] {
  const lines = paths.map((path) => {
    const start = stackCost(path, { seconds: 0, memoryMb })
    return { name: path.name, start, slope: stackCost(path, { seconds: 1, memoryMb }) - start }
  })
  return lines.flatMap((one, index) =>
    lines.slice(index + 1).flatMap((other) => {
      const seconds = (other.start - one.start) / (one.slope - other.slope)
      if (!(seconds > 0 && seconds <= maxSeconds)) return []
      const [before, after] = one.start < other.start ? [one, other] : [other, one]
      return [{ seconds, cheaperBefore: before.name, cheaperAfter: after.name }]
    }),
  )
}
