/** States that last a settable time. */
export type TimedState = 'Submitted' | 'Validating' | 'Scheduled' | 'InProgress' | 'Stopping'

/** Quotas and timing of batch inference jobs. */
export interface BatchOptions {
  /** Least time in a state, of all states or by state; 1,000 by default. */
  readonly stateMs?: number | Partial<Readonly<Record<TimedState, number>>>
  /** Speed of records; as fast as the model answers by default. */
  readonly recordsPerSecond?: number
  /** Length of an hour of `timeoutDurationInHours`; 3,600,000 by default. */
  readonly hourMs?: number
  /** Fewest records of a job; 100 by default. */
  readonly minRecords?: number
  /** Most records of a job; 50,000 by default. */
  readonly maxRecords?: number
  /** Most records of a file; 50,000 by default. */
  readonly maxFileRecords?: number
  /** 1 GiB by default. */
  readonly maxFileBytes?: number
  /** 5 GiB by default. */
  readonly maxJobBytes?: number
  /** Most jobs of a model that have not ended; 20 by default. */
  readonly maxJobs?: number
}

export interface BatchSettings extends Required<Omit<BatchOptions, 'stateMs'>> {
  readonly stateMs: Readonly<Record<TimedState, number>>
}

const DEFAULT_STATE_MS = 1_000

/** Source of the quotas: Amazon Bedrock service quotas, the defaults of most models. */
const DEFAULTS = {
  recordsPerSecond: Number.POSITIVE_INFINITY,
  hourMs: 3_600_000,
  minRecords: 100,
  maxRecords: 50_000,
  maxFileRecords: 50_000,
  maxFileBytes: 2 ** 30,
  maxJobBytes: 5 * 2 ** 30,
  maxJobs: 20,
}

/**
 * Completes the settings. Options take precedence over the variable EMULATOR_BATCH, such as `minRecords=1,stateMs=100`.
 *
 * @throws Error that names the wrong setting
 */
export function readBatchSettings(options: BatchOptions = {}, variable = ''): BatchSettings {
  const { stateMs, ...rest } = { ...parseVariable(variable), ...options }
  const settings = { ...DEFAULTS, ...rest }
  for (const [name, value] of Object.entries(settings)) {
    if (!(value > 0)) throw new Error(`${name} of the batch settings is ${value}, it needs a positive number`)
  }
  return { ...settings, stateMs: readStateMs(stateMs) }
}

function readStateMs(stateMs: BatchOptions['stateMs'] = DEFAULT_STATE_MS): BatchSettings['stateMs'] {
  const all = typeof stateMs === 'number' ? stateMs : DEFAULT_STATE_MS
  const own = typeof stateMs === 'number' ? {} : stateMs
  return { Submitted: all, Validating: all, Scheduled: all, InProgress: all, Stopping: all, ...own }
}

function parseVariable(variable: string): BatchOptions {
  const known = ['stateMs', ...Object.keys(DEFAULTS)]
  const entries = variable.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim().split('=')]))
  return Object.fromEntries(
    entries.map(([name = '', value = '', ...more]) => {
      if (!known.includes(name)) throw new Error(`EMULATOR_BATCH names "${name}". Known: ${known.join(', ')}.`)
      if (!/^\d+(\.\d+)?$/.test(value) || more.length > 0) {
        throw new Error(`EMULATOR_BATCH has "${value}" for ${name}, which is not a number`)
      }
      return [name, Number(value)]
    }),
  )
}
