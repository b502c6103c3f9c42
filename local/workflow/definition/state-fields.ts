import { isObject } from '../../template/json.ts'
import { MAX_WAIT_SECONDS, parseTimestamp } from '../states/wait.ts'
import { PAYLOAD_LIMIT_BYTES } from '../task-error.ts'
import {
  array,
  type FieldCheck,
  fields,
  flag,
  integer,
  listOf,
  number,
  type ObjectRules,
  oneOf,
  orExpression,
  record,
  template,
  templateOf,
  text,
  textOrExpression,
} from './field-checks.ts'

const MAX_ATTEMPTS = 99_999_999
const MAX_DELAY_SECONDS = 31_622_399

/** Names of errors that begin with `States.`. Source: Amazon States Language, "Predefined Error Codes", without JSONPath's. */
const STATES_ERRORS = new Set([
  'States.ALL',
  'States.BranchFailed',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.HeartbeatTimeout',
  'States.ItemReaderFailed',
  'States.NoChoiceMatched',
  'States.Permissions',
  'States.QueryEvaluationError',
  'States.ResultWriterFailed',
  'States.TaskFailed',
  'States.Timeout',
])

const errorName: FieldCheck = (value, path) => {
  if (typeof value !== 'string' || value === '') return [`${path} must be the name of an error`]
  if (value === 'States.Runtime') return [`${path} is States.Runtime, which no Retry or Catch matches`]
  const isUnknown = value.startsWith('States.') && !STATES_ERRORS.has(value)
  return isUnknown ? [`${path} is ${value}, which is no error of Step Functions`] : []
}

/** Elements of Retry or Catch. States.ALL is for the errors that no other element names, so it is alone and last. */
function handlers(element: FieldCheck): FieldCheck {
  return (value, path) => {
    const problems = listOf(element)(value, path)
    if (problems.length > 0 || !Array.isArray(value)) return problems
    return value.flatMap(({ ErrorEquals }: { readonly ErrorEquals: readonly string[] }, index) => {
      const isMisplaced = ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || index < value.length - 1)
      return isMisplaced ? [`${path}/${index}/ErrorEquals: States.ALL must be alone, in the last element`] : []
    })
  }
}

const MAX_NAME_LENGTH = 80

/** Source: Step Functions developer guide, "Passing data between states with variables". */
const assign: FieldCheck = (value, path) => {
  if (!isObject(value)) return [`${path} must be an object`]
  const names = Object.keys(value).flatMap((name) => {
    if (name === 'states') return [`${path}/states is reserved`]
    const isName = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name) && name.length <= MAX_NAME_LENGTH
    return isName ? [] : [`${path}/${name} is not the name of a variable`]
  })
  return [...names, ...template(value, path)]
}

const comment = { Comment: text }
const ending = { Assign: assign, Output: template }
const common = { ...comment, Type: text, QueryLanguage: oneOf('JSONata') }
const next = { Next: text, End: flag }
const retried = {
  Retry: handlers(
    fields(
      {
        ...comment,
        ErrorEquals: listOf(errorName),
        IntervalSeconds: integer(1, MAX_ATTEMPTS),
        MaxAttempts: integer(0, MAX_ATTEMPTS),
        BackoffRate: number(1),
        MaxDelaySeconds: integer(1, MAX_DELAY_SECONDS),
        JitterStrategy: oneOf('FULL', 'NONE'),
      },
      { required: ['ErrorEquals'] },
    ),
  ),
  Catch: handlers(
    fields(
      { ...comment, ...ending, ErrorEquals: listOf(errorName), Next: text },
      { required: ['ErrorEquals', 'Next'] },
    ),
  ),
}

const rule = fields(
  { ...comment, ...ending, Condition: orExpression(flag), Next: text },
  { required: ['Condition', 'Next'] },
)

const timestamp: FieldCheck = (value, path) =>
  typeof value === 'string' && parseTimestamp(value) !== undefined ? [] : [`${path} must be like 2030-01-31T12:00:00Z`]

/** Definitions in fields are checked as definitions. */
const definition: FieldCheck = record

/** Source: Step Functions developer guide, "Map state processing modes". */
const label: FieldCheck = (value, path) =>
  typeof value === 'string' && /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,40}$/u.test(value)
    ? []
    : [`${path} must be a name of 1 to 40 characters`]

const MAX_LIMIT = 100_000_000
const count = orExpression(integer(0, MAX_LIMIT))

const readerFields: Readonly<Record<string, FieldCheck>> = {
  'arn:aws:states:::s3:getObject': fields(
    { Bucket: template, Key: template, VersionId: template },
    { required: ['Bucket', 'Key'] },
  ),
  'arn:aws:states:::s3:listObjectsV2': fields({ Bucket: template, Prefix: template }, { required: ['Bucket'] }),
}

const itemReader = fields(
  {
    Resource: oneOf(...Object.keys(readerFields)),
    Arguments: template,
    ReaderConfig: fields({
      InputType: oneOf('CSV', 'JSON', 'JSONL'),
      MaxItems: orExpression(integer(1, MAX_LIMIT)),
      CSVHeaderLocation: oneOf('FIRST_ROW', 'GIVEN'),
      CSVHeaders: listOf(text),
      CSVDelimiter: oneOf('COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB'),
    }),
  },
  {
    required: ['Resource', 'Arguments'],
    also: (value, path) => {
      const { Resource, Arguments, ReaderConfig } = value as Readonly<Record<string, unknown>>
      const check = Object.hasOwn(readerFields, String(Resource)) ? readerFields[String(Resource)] : undefined
      const config = isObject(ReaderConfig) ? ReaderConfig : {}
      return [
        ...(check ? templateOf(check)(Arguments, `${path}/Arguments`) : []),
        ...findReaderProblems(String(Resource), config).map((problem) => `${path}/ReaderConfig${problem}`),
      ]
    },
  },
)

/** Source: Step Functions developer guide, "ItemReader". */
function findReaderProblems(resource: string, config: Readonly<Record<string, unknown>>): string[] {
  const { InputType, CSVHeaderLocation, CSVHeaders } = config
  if (resource.endsWith(':listObjectsV2')) {
    return InputType === undefined ? [] : ['/InputType is for getObject']
  }
  if (InputType === undefined) return ['/InputType is missing']
  const forCsv = ['CSVHeaderLocation', 'CSVHeaders', 'CSVDelimiter'].filter((name) => config[name] !== undefined)
  if (InputType !== 'CSV') return forCsv.map((name) => `/${name} is for InputType CSV`)
  if (CSVHeaderLocation === undefined) return ['/CSVHeaderLocation is missing']
  const needsHeaders = CSVHeaderLocation === 'GIVEN'
  return needsHeaders === (CSVHeaders !== undefined) ? [] : ['/CSVHeaders belongs to CSVHeaderLocation GIVEN']
}

const itemBatcher = fields(
  {
    BatchInput: template,
    MaxItemsPerBatch: orExpression(integer(1, MAX_LIMIT)),
    MaxInputBytesPerBatch: orExpression(integer(1, PAYLOAD_LIMIT_BYTES)),
  },
  {
    also: (value, path) => {
      const { MaxItemsPerBatch, MaxInputBytesPerBatch } = value as Readonly<Record<string, unknown>>
      return MaxItemsPerBatch === undefined && MaxInputBytesPerBatch === undefined
        ? [`${path} needs MaxItemsPerBatch or MaxInputBytesPerBatch`]
        : []
    },
  },
)

const resultWriter = fields(
  {
    Resource: oneOf('arn:aws:states:::s3:putObject'),
    Arguments: templateOf(fields({ Bucket: template, Prefix: template }, { required: ['Bucket'] })),
    WriterConfig: fields(
      { OutputType: oneOf('JSON', 'JSONL'), Transformation: oneOf('NONE', 'COMPACT', 'FLATTEN') },
      { required: ['OutputType', 'Transformation'] },
    ),
  },
  {
    also: (value, path) => {
      const { Resource, Arguments, WriterConfig } = value as Readonly<Record<string, unknown>>
      if ((Resource === undefined) !== (Arguments === undefined)) return [`${path} needs both Resource and Arguments`]
      return Resource === undefined && WriterConfig === undefined ? [`${path} must not be empty`] : []
    },
  },
)

const DISTRIBUTED_FIELDS = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'Label',
]

const mapRules: ObjectRules = {
  required: ['ItemProcessor'],
  also: (value) => {
    const { ItemProcessor, ...map } = value as Readonly<Record<string, unknown>>
    const { ProcessorConfig = {} } = isObject(ItemProcessor) ? ItemProcessor : {}
    if (isObject(ProcessorConfig) && ProcessorConfig.Mode === 'DISTRIBUTED') {
      return map.ItemReader !== undefined && map.Items !== undefined ? ['ItemReader and Items exclude each other'] : []
    }
    return DISTRIBUTED_FIELDS.filter((name) => map[name] !== undefined).map(
      (name) => `${name} is for a DISTRIBUTED Map`,
    )
  },
}

/** Fields of each type of state with JSONata that run locally. Source: Amazon States Language. */
export const STATE_FIELDS: Readonly<Record<string, FieldCheck>> = {
  Choice: fields({ ...common, ...ending, Choices: listOf(rule), Default: text }, { required: ['Choices'] }),
  Fail: fields({ ...common, Error: textOrExpression, Cause: textOrExpression }),
  Map: fields(
    {
      ...common,
      ...next,
      ...ending,
      ...retried,
      Items: templateOf(array),
      ItemSelector: template,
      ItemProcessor: definition,
      ItemReader: itemReader,
      ItemBatcher: itemBatcher,
      ResultWriter: resultWriter,
      MaxConcurrency: count,
      ToleratedFailureCount: count,
      ToleratedFailurePercentage: orExpression(number(0, 100)),
      Label: label,
    },
    mapRules,
  ),
  Parallel: fields(
    { ...common, ...next, ...ending, ...retried, Branches: listOf(definition), Arguments: template },
    { required: ['Branches'] },
  ),
  Pass: fields({ ...common, ...next, ...ending }),
  Succeed: fields({ ...common, Output: template }),
  Task: fields(
    {
      ...common,
      ...next,
      ...ending,
      ...retried,
      Resource: text,
      Arguments: templateOf(record),
      TimeoutSeconds: orExpression(integer(1, MAX_WAIT_SECONDS)),
    },
    { required: ['Resource'] },
  ),
  Wait: fields(
    {
      ...common,
      ...next,
      ...ending,
      Seconds: orExpression(integer(0, MAX_WAIT_SECONDS)),
      Timestamp: orExpression(timestamp),
    },
    {
      also: (value) => {
        const { Seconds, Timestamp } = value as Readonly<Record<string, unknown>>
        return (Seconds === undefined) === (Timestamp === undefined)
          ? ['exactly one of Seconds and Timestamp is needed']
          : []
      },
    },
  ),
}

const machine = { ...comment, StartAt: text, States: record, QueryLanguage: oneOf('JSONata') }
const required = ['StartAt', 'States']

/** Fields of a state machine. */
export const MACHINE_FIELDS = fields(
  { ...machine, Version: oneOf('1.0'), TimeoutSeconds: integer(1, MAX_WAIT_SECONDS) },
  { required },
)

/** Fields of a branch of a Parallel state. */
export const BRANCH_FIELDS = fields(machine, { required })

/** Fields of a Map's ItemProcessor. */
export const PROCESSOR_FIELDS = fields(
  {
    ...machine,
    ProcessorConfig: fields({ Mode: oneOf('INLINE', 'DISTRIBUTED'), ExecutionType: oneOf('EXPRESS', 'STANDARD') }),
  },
  { required },
)
