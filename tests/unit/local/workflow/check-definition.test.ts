import { checkDefinition } from '../../../../local/workflow/definition/check-definition.ts'
import type { Definition } from '../../../../local/workflow/definition/definition.ts'

const INVOKE = 'arn:aws:states:::lambda:invoke'
const QueryLanguage = 'JSONata'
const END = { End: true }
const PASS = { Type: 'Pass', ...END }
const branch = (state: object, name = 'Inner') => ({ StartAt: name, States: { [name]: state } })
const checkStates = (States: object, more = {}) =>
  checkDefinition({ QueryLanguage, StartAt: 'First', States, ...more } as unknown as Definition, [INVOKE])
const check = (state: object, more = {}) => checkStates({ First: state }, more)
const task = (fields: object) => ({ Type: 'Task', Resource: INVOKE, ...('Next' in fields ? {} : END), ...fields })

const LISTING = 'arn:aws:states:::s3:listObjectsV2'
const INLINE = { Type: 'Map', ItemProcessor: branch(PASS), ...END }
const DISTRIBUTED = { ...INLINE, ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...branch(PASS) } }
const OBJECT = { Resource: 'arn:aws:states:::s3:getObject', Arguments: { Bucket: 'b', Key: 'k' } }
const reading = (ReaderConfig: object) => ({ ...DISTRIBUTED, ItemReader: { ...OBJECT, ReaderConfig } })

test('a definition with every field that runs has no findings', () => {
  const handlers = {
    Retry: [
      { ErrorEquals: ['A', 'States.Timeout'], IntervalSeconds: 1, MaxAttempts: 0, BackoffRate: 1.5 },
      { ErrorEquals: ['States.ALL'], MaxDelaySeconds: 2, JitterStrategy: 'FULL', Comment: 'c' },
    ],
    Catch: [{ ErrorEquals: ['States.ALL'], Assign: { a: 1 }, Output: '{% $states.errorOutput %}', Next: 'Choose' }],
  }
  const problems = checkStates(
    {
      First: task({ Arguments: { a: ['{% $x %}'] }, TimeoutSeconds: '{% 1 + 1 %}', Next: 'Choose', ...handlers }),
      Choose: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $a = 1 %}', Assign: { b: [] }, Output: null, Comment: 'c', Next: 'Both' }],
        Default: 'Each',
        Output: '{% $x.($.a & b) %}',
      },
      Both: { Type: 'Parallel', Branches: [branch({ Type: 'Fail', Error: '{% $e %}' }, 'Break')], Next: 'Each' },
      Each: {
        Type: 'Map',
        Items: '{% $x[a = 1].b %}',
        ItemProcessor: branch(PASS),
        MaxConcurrency: 3,
        Next: 'Later',
        ...handlers,
      },
      Later: { Type: 'Wait', Timestamp: '2030-01-01T00:00:00Z', Next: 'Soon' },
      Soon: { Type: 'Wait', Seconds: '{% $n %}', Next: 'Done', Assign: { größe: 1 } },
      Done: { Type: 'Succeed', Output: { a: '{% $map($l, function($v) { $v.a }) %}' } },
    },
    { Comment: 'c', Version: '1.0', TimeoutSeconds: 5 },
  )
  expect(problems).toEqual([])
})

test('a distributed Map has no findings', () => {
  const distributed = {
    Type: 'Map',
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      Arguments: { Bucket: 'b', Key: '{% $states.input.key %}' },
      ReaderConfig: { InputType: 'JSONL', MaxItems: '{% 5 %}' },
    },
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }, ...branch(PASS) },
    ItemBatcher: { MaxItemsPerBatch: '{% 2 %}', MaxInputBytesPerBatch: 262144, BatchInput: { a: '{% $a %}' } },
    ResultWriter: {
      Resource: 'arn:aws:states:::s3:putObject',
      Arguments: { Bucket: 'b', Prefix: 'p' },
      WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' },
    },
    ToleratedFailurePercentage: 5,
    ToleratedFailureCount: '{% 1 %}',
    Label: 'Lines',
    ...END,
  }
  expect(check(distributed)).toEqual([])
  const listing = { Resource: LISTING, Arguments: { Bucket: 'b', Prefix: 'p' } }
  expect(check({ ...distributed, ItemReader: listing })).toEqual([])
})

test.each<[string, object]>([
  ['Foo is not a field that runs locally', { ...PASS, Foo: 1 }],
  ['InputPath belongs to JSONPath; only JSONata runs locally', { ...PASS, InputPath: '$' }],
  ['Result belongs to JSONPath; only JSONata runs locally', { ...PASS, Result: 1 }],
  ['Arguments is not a field that runs locally', { ...PASS, Arguments: {} }],
  ['Output/a.$ has a name of JSONPath', { ...PASS, Output: { 'a.$': '$.a' } }],
  ['QueryLanguage must be JSONata', { ...PASS, QueryLanguage: 'JSONPath' }],
  ['Credentials has no effect', task({ Credentials: { RoleArn: 'r' } })],
  ['HeartbeatSeconds is for callbacks', task({ HeartbeatSeconds: 5 })],
  ['resource arn:aws:states:::sns:publish is not served locally', task({ Resource: 'arn:aws:states:::sns:publish' })],
  ['Resource must be a text, not an expression', task({ Resource: '{% $r %}' })],
  ['Resource is missing', { Type: 'Task', ...END }],
  ['Arguments must be an object', task({ Arguments: [1] })],
  ['TimeoutSeconds must be an integer from 1', task({ TimeoutSeconds: 0 })],
  ['Retry/0/MaxAttempts must be an integer from 0', task({ Retry: [{ ErrorEquals: ['A'], MaxAttempts: -1 }] })],
  ['Retry/0/BackoffRate must be a number of at least 1', task({ Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] })],
  ['Retry/0/JitterStrategy must be FULL or NONE', task({ Retry: [{ ErrorEquals: ['A'], JitterStrategy: 'HALF' }] })],
  ['Retry/0/ErrorEquals is missing', task({ Retry: [{}] })],
  ['Retry must be a list with at least one element', task({ Retry: [] })],
  ['Retry/0/ErrorEquals: States.ALL must be alone', task({ Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] })],
  [
    'Retry/0/ErrorEquals: States.ALL must be alone, in the last element',
    task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }),
  ],
  ['is States.Timeot, which is no error of Step Functions', task({ Retry: [{ ErrorEquals: ['States.Timeot'] }] })],
  ['is States.Runtime, which no Retry or Catch matches', task({ Retry: [{ ErrorEquals: ['States.Runtime'] }] })],
  ['Catch/0/Next is missing', task({ Catch: [{ ErrorEquals: ['A'] }] })],
  ['Assign/states is reserved', { ...PASS, Assign: { states: 1 } }],
  ['Assign/a-b is not the name of a variable', { ...PASS, Assign: { 'a-b': 1 } }],
  ['Assign must be an object', { ...PASS, Assign: '{% {} %}' }],
  [
    'Choices/0/Variable belongs to JSONPath',
    { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'First' }] },
  ],
  ['Choices/0/Condition must be true or false', { Type: 'Choice', Choices: [{ Condition: 'yes', Next: 'First' }] }],
  ['exactly one of Seconds and Timestamp', { Type: 'Wait', ...END }],
  ['exactly one of Seconds and Timestamp', { Type: 'Wait', Seconds: 1, Timestamp: '2030-01-01T00:00:00Z', ...END }],
  ['Timestamp must be like 2030-01-31T12:00:00Z', { Type: 'Wait', Timestamp: 'tomorrow', ...END }],
  ['Items must be an array', { Type: 'Map', Items: {}, ItemProcessor: branch(PASS), ...END }],
  ['ItemProcessor is missing', { Type: 'Map', ...END }],
  [
    'Iterator is the old name of ItemProcessor',
    { Type: 'Map', Iterator: branch(PASS), ItemProcessor: branch(PASS), ...END },
  ],
  [
    'ToleratedFailureCount is for a DISTRIBUTED Map',
    { Type: 'Map', ItemProcessor: branch(PASS), ToleratedFailureCount: 1, ...END },
  ],
  ['ItemBatcher is for a DISTRIBUTED Map', { ...INLINE, ItemBatcher: { MaxItemsPerBatch: 1 } }],
  ['ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch', { ...DISTRIBUTED, ItemBatcher: {} }],
  [
    'MaxInputBytesPerBatch must be an integer from 1',
    { ...DISTRIBUTED, ItemBatcher: { MaxInputBytesPerBatch: 262145 } },
  ],
  ['Label must be a name of 1 to 40 characters', { ...DISTRIBUTED, Label: 'a b' }],
  ['ItemReader/ReaderConfig/InputType is missing', { ...DISTRIBUTED, ItemReader: OBJECT }],
  ['ReaderConfig/InputType must be CSV or JSON or JSONL', reading({ InputType: 'PARQUET' })],
  ['ReaderConfig/Transformation is not a field', reading({ InputType: 'JSONL', Transformation: 'LOAD_AND_FLATTEN' })],
  ['ReaderConfig/ItemsPointer is not a field', reading({ InputType: 'JSON', ItemsPointer: '/a' })],
  ['ReaderConfig/CSVHeaders is for InputType CSV', reading({ InputType: 'JSONL', CSVHeaders: ['a'] })],
  ['ReaderConfig/CSVHeaderLocation is missing', reading({ InputType: 'CSV' })],
  ['CSVHeaders belongs to CSVHeaderLocation GIVEN', reading({ InputType: 'CSV', CSVHeaderLocation: 'GIVEN' })],
  ['ItemReader/Arguments/Key is missing', { ...DISTRIBUTED, ItemReader: { ...OBJECT, Arguments: { Bucket: 'b' } } }],
  ['ItemReader/Arguments/Key is not a field', { ...DISTRIBUTED, ItemReader: { ...OBJECT, Resource: LISTING } }],
  ['Type must be one of Choice, Fail', { Type: 'Task2', ...END }],
  ['Type must be one of', { Type: 'constructor', ...END }],
])('%s', (words, state) => {
  const problems = check(state)
  expect(problems).toContainEqual(expect.stringContaining(words))
  expect(problems[0]).toMatch(/^state First: /)
})

test.each([
  ['{% ( %}', 'is not JSONata'],
  ['{% $states.input', 'begins with {% but does not end with %}'],
  [' {% 1 %}', 'begins with {% but does not end with %}, without spaces around it'],
  ["{% $eval('1') %}", 'uses $eval'],
  ['{% $map($l, $eval) %}', 'uses $eval'],
  ['{% $a.b ?? 1 %}', 'uses ??, which JSONata 2.0.6 of Step Functions does not have'],
  ["{% [1, {'a': $f(  $a   ?: 'b' )}] %}", 'uses ?:, which'],
  ['{% name %}', 'uses the name name where there is no context; use $states.input.name'],
  ['{% $f(function($x) { $x & name }) %}', 'uses the name name'],
  ['{% $.name %}', 'uses $ where there is no context'],
  ['{% $$.name %}', 'uses $$ where there is no context'],
  ["{% {'a': *} %}", 'uses * where there is no context'],
])('the expression %s is refused', (text, words) => {
  expect(check({ ...PASS, Output: { a: text } })).toEqual([expect.stringContaining(`state First: Output/a ${words}`)])
})

test.each([
  '{% $states.input.a[b = 1 and $.c]{d: e} %}',
  '{% $states.input^(>a).(b; $) %}',
  "{% $states.input ~> |a|{'b': c}| %}",
  '{% $states.input@$x.a[b = $x.b].%.c %}',
  '{% $states.input.** %}',
  "{% $x ? '??' : $match($y, /a(?:b)/) %}",
  '{% $x?$y?1:2:3 %}',
])('names within the context of %s are allowed', (text) => {
  expect(check({ ...PASS, Output: text })).toEqual([])
})

test.each([undefined, 'JSONPath', 'XPath'])('a machine with the QueryLanguage %s is refused', (language) => {
  const [problem] = check(PASS, { QueryLanguage: language })
  expect(problem).toContain(`QueryLanguage is ${language ?? 'missing, which means JSONPath'}`)
})

test('fields of the machine are checked', () => {
  expect(check(PASS, { Foo: 1, TimeoutSeconds: '{% 1 %}' })).toEqual([
    'Foo is not a field that runs locally',
    expect.stringContaining('TimeoutSeconds must be an integer'),
  ])
})

test('states inside maps and branches are checked, with their path', () => {
  const inner = branch({ Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', ...END })
  const problem = expect.stringContaining('state First / Inner: resource arn:aws:states:::sqs:sendMessage')
  expect(check({ Type: 'Map', ItemProcessor: inner, ...END })).toEqual([problem])
  expect(check({ Type: 'Parallel', Branches: [inner], ...END })).toEqual([problem])
})

test('an inner state cannot assign a variable of an outer one, except in a distributed Map', () => {
  const map = (ProcessorConfig?: object) => ({
    Type: 'Map',
    ItemProcessor: { ...branch({ ...PASS, Assign: { a: 1 } }), ...(ProcessorConfig && { ProcessorConfig }) },
    Assign: { a: 2 },
    ...END,
  })
  expect(check(map())).toEqual(['state First / Inner: assigns $a, a variable of an outer state'])
  expect(check(map({ Mode: 'DISTRIBUTED' }))).toEqual([])
})

describe('transitions', () => {
  test.each<[string, object]>([
    ['state First: Nowhere is not a state', { First: { Type: 'Pass', Next: 'Nowhere' } }],
    ['state Other: no state leads to it', { First: PASS, Other: PASS }],
    ['state First: exactly one of Next and End: true is needed', { First: { Type: 'Pass' } }],
    ['state First: exactly one of Next and End: true is needed', { First: { ...PASS, Next: 'First' } }],
    ['StartAt is First, which is not a state', { Other: PASS }],
    ['state First: the name is used twice', { First: { Type: 'Parallel', Branches: [branch(PASS, 'First')], ...END } }],
    [
      'state First / Inner: Outside is not a state',
      {
        First: { Type: 'Parallel', Branches: [branch({ Type: 'Pass', Next: 'Outside' })], Next: 'Outside' },
        Outside: PASS,
      },
    ],
  ])('%s', (problem, states) => {
    expect(checkStates(states)).toContain(problem)
  })
})
