import type { Definition } from '../../../../../local/workflow/definition/definition.ts'

/** Small machine with the end that the documentation of Step Functions gives it. */
export interface Conformance {
  readonly title: string
  readonly machine: Pick<Definition, 'States' | 'TimeoutSeconds'>
  /** JSON text; `{}` by default. */
  readonly input?: string
  readonly end: Success | Failure
  /** Reason for which another engine may end differently. */
  readonly onlyHere?: string
}

export interface Success {
  /** JSON text; numbers are compared as they are written. */
  readonly json?: string
  /** Document, which may hold matchers of Jest. */
  readonly output?: unknown
}

export interface Failure {
  /** Undefined where the state machine gives none. */
  readonly error: string | undefined
  /** Part of the cause. */
  readonly cause?: string
  readonly status?: 'TIMED_OUT'
}

type States = Definition['States']

const QUERY = 'States.QueryEvaluationError'
const END = { End: true } as const
const pass = (Output: unknown): States => ({ Only: { Type: 'Pass', Output, ...END } })
const FAILING: Definition = { StartAt: 'Break', States: { Break: { Type: 'Fail', Error: 'Broken', Cause: 'broken' } } }
/** Branch that fails until the given retry. */
const failUntil = (retry: number): Definition => ({
  StartAt: 'Ask',
  States: {
    Ask: {
      Type: 'Choice',
      Choices: [{ Condition: `{% $states.input.retry < ${retry} %}`, Next: 'Break' }],
      Default: 'Done',
    },
    Break: { Type: 'Fail', Error: 'Broken', Cause: 'broken' },
    Done: { Type: 'Succeed', Output: '{% $states.input.retry %}' },
  },
})
const RETRY_COUNT = { retry: '{% $states.context.State.RetryCount %}' }
const retried = (retry: number, fields: object): States => ({
  Try: { Type: 'Parallel', Arguments: RETRY_COUNT, Branches: [failUntil(retry)], ...END, ...fields },
  ...('Catch' in fields && { Caught: { Type: 'Succeed' } }),
})
const caught = (branch: Definition, Catch: States[string]['Catch']): States => ({
  Try: { Type: 'Parallel', Branches: [branch], Catch, ...END } as States[string],
  First: { Type: 'Succeed', Output: { first: '{% $states.input %}' } },
  Second: { Type: 'Succeed', Output: { second: '{% $states.input %}' } },
})
const tooMuch: Definition = {
  StartAt: 'Fill',
  States: { Fill: { Type: 'Pass', Output: "{% $pad('', 262144, 'x') %}", ...END } },
}

const VALUES: readonly Conformance[] = [
  {
    title: 'a document passes unchanged, with null, Unicode and empty members',
    machine: { States: { Only: { Type: 'Pass', ...END } } },
    input: '{"a":null,"ü":"富士山 🗻 \\"q\\" \\\\","e":{},"l":[],"t":""}',
    end: { json: '{"a":null,"ü":"富士山 🗻 \\"q\\" \\\\","e":{},"l":[],"t":""}' },
  },
  {
    title: 'numbers pass as they are written',
    machine: { States: { Only: { Type: 'Pass', ...END } } },
    input: '{"n":9007199254740993,"m":12345678901234567890}',
    end: { json: '{"n":9007199254740993,"m":12345678901234567890}' },
  },
  {
    title: 'a large integer keeps its digits in an expression that does not compute with it',
    machine: { States: pass({ n: '{% $states.input.l[1] %}', text: '{% $string($states.input) %}' }) },
    input: '{"l":[9007199254740992,9007199254740993]}',
    end: { json: '{"n":9007199254740993,"text":"{\\"l\\":[9007199254740992,9007199254740993]}"}' },
    onlyHere: 'the documentation does not say how JSONata rounds',
  },
  {
    title: 'only a whole text with its delimiters is an expression, and names of members never are',
    machine: { States: pass({ a: '$states.input', b: 'x {% 1 %}', '{% 1 %}': '{% 1 + 1 %}' }) },
    end: { output: { a: '$states.input', b: 'x {% 1 %}', '{% 1 %}': 2 } },
  },
  {
    title: 'a text of the input or of a result is never an expression',
    machine: {
      States: {
        Each: {
          Type: 'Map',
          ItemProcessor: { StartAt: 'Give', States: { Give: { Type: 'Pass', ...END } } },
          Next: 'Both',
        },
        Both: {
          Type: 'Parallel',
          Branches: [{ StartAt: 'Keep', States: { Keep: { Type: 'Pass', Output: '{% $states.input[0] %}', ...END } } }],
          ...END,
        },
      },
    },
    input: '["{% 1 + 1 %}"]',
    end: { output: ['{% 1 + 1 %}'] },
  },
  {
    title: 'expressions are replaced at every depth',
    machine: { States: pass({ list: [1, { deep: ['{% $states.input.a %}'] }] }) },
    input: '{"a":{"b":false}}',
    end: { output: { list: [1, { deep: [{ b: false }] }] } },
  },
  {
    title: 'null is a value',
    machine: { States: pass({ a: '{% $states.input.a %}', is: '{% $states.input.a = null %}' }) },
    input: '{"a":null}',
    end: { output: { a: null, is: true } },
  },
  {
    title: 'an expression that yields nothing fails, with the place of the field',
    machine: { States: pass({ a: { b: '{% $states.input.missing %}' } }) },
    end: {
      error: QUERY,
      cause:
        "The JSONata expression '$states.input.missing' specified for the field 'Output/a/b' returned nothing (undefined).",
    },
  },
  {
    title: 'members without a value are left out of an object that an expression makes',
    machine: { States: pass("{% {'a': $states.input.missing, 'b': [$states.input.missing, 1]} %}") },
    end: { output: { b: [1] } },
  },
  {
    title: 'one result of a filter is no array, and brackets make it one',
    machine: {
      States: pass({
        one: '{% $states.input.l[a=1] %}',
        list: '{% $states.input.l[a=1][] %}',
        none: '{% [$states.input.l[a=3]] %}',
      }),
    },
    input: '{"l":[{"a":1},{"a":2}]}',
    end: { output: { one: { a: 1 }, list: [{ a: 1 }], none: [] } },
  },
  {
    title: 'an array within an array stays',
    machine: { States: pass({ l: '{% $states.input.l %}', made: '{% [[1],[2,[3]]] %}' }) },
    input: '{"l":[[1],[[]]]}',
    end: { output: { l: [[1], [[]]], made: [[1], [2, [3]]] } },
  },
  {
    title: 'a failing expression has the code of JSONata',
    machine: { States: pass("{% 1 + 'a' %}") },
    end: { error: QUERY, cause: "specified for the field 'Output' threw an error during evaluation. T2002: " },
  },
  {
    title: 'an error of the expression itself is a failure',
    machine: { States: pass("{% $error('no such thing') %}") },
    end: { error: QUERY, cause: 'no such thing' },
  },
  {
    title: 'a function is no result',
    machine: { States: pass('{% function($x){$x} %}') },
    end: { error: QUERY, cause: 'returned an unsupported result type.' },
  },
  {
    title: 'regular expressions match, also with Unicode',
    machine: {
      States: pass({ is: '{% $contains($states.input.t, /山$/) %}', r: "{% $replace('a1b2', /[0-9]/, '-') %}" }),
    },
    input: '{"t":"富士山"}',
    end: { output: { is: true, r: 'a-b-' } },
  },
]

const FUNCTIONS: readonly Conformance[] = [
  {
    title: '$parse reads JSON text',
    machine: { States: pass('{% $parse($states.input.t).a %}') },
    input: '{"t":"{\\"a\\":[1,null]}"}',
    end: { output: [1, null] },
  },
  {
    title: '$parse of other text fails',
    machine: { States: pass("{% $parse('{') %}") },
    end: {
      error: QUERY,
      cause: "The JSONata expression '$parse('{')' specified for the field 'Output' threw an error",
    },
  },
  {
    title: '$hash has the algorithms of Step Functions',
    machine: {
      States: pass({
        MD5: "{% $hash('abc', 'MD5') %}",
        SHA1: "{% $hash('abc', 'SHA-1') %}",
        SHA256: "{% $hash('abc', 'SHA-256') %}",
      }),
    },
    end: {
      output: {
        MD5: '900150983cd24fb0d6963f7d28e17f72',
        SHA1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
        SHA256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
    },
  },
  {
    title: '$hash with another algorithm fails',
    machine: { States: pass("{% $hash('abc', 'CRC') %}") },
    end: { error: QUERY },
  },
  {
    title: '$partition and $range make arrays',
    machine: {
      States: pass({ p: '{% $partition([1..5], 2) %}', up: '{% $range(0, 9, 3) %}', down: '{% $range(3, 1, -1) %}' }),
    },
    end: { output: { p: [[1, 2], [3, 4], [5]], up: [0, 3, 6, 9], down: [3, 2, 1] } },
  },
  {
    title: '$random is from 0 to 1, and the same for the same seed',
    machine: {
      States: pass({ is: '{% ($r := $random(); $r >= 0 and $r < 1) %}', same: '{% $random(7) = $random(7) %}' }),
    },
    end: { output: { is: true, same: true } },
  },
  {
    title: 'each field evaluates its own random value, once',
    machine: {
      States: {
        Make: { Type: 'Pass', Assign: { id: '{% $uuid() %}' }, Next: 'Use' },
        Use: {
          Type: 'Pass',
          Output: { a: '{% $id %}', b: '{% $id %}', other: '{% $uuid() = $id %}', id: '{% $id %}' },
          Next: 'Compare',
        },
        Compare: {
          Type: 'Pass',
          Output: {
            same: '{% $states.input.a = $states.input.b %}',
            other: '{% $states.input.other %}',
            id: '{% $id %}',
          },
          ...END,
        },
      },
    },
    end: {
      output: {
        same: true,
        other: false,
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      },
    },
  },
  {
    title: 'timestamps are converted, and $now does not change within an expression',
    machine: {
      States: pass({
        ms: "{% $toMillis('2026-11-27T12:00:00.000Z') %}",
        text: '{% $fromMillis(0) %}',
        same: '{% $now() = $now() %}',
      }),
    },
    end: { output: { ms: 1_795_780_800_000, text: '1970-01-01T00:00:00.000Z', same: true } },
  },
]

const CONTEXT: readonly Conformance[] = [
  {
    title: '$states.context describes the execution and the state',
    machine: {
      States: pass({
        input: '{% $states.context.Execution.Input %}',
        times: '{% [$states.context.Execution.StartTime, $states.context.State.EnteredTime] %}',
        state: '{% $states.context.State.Name %}',
        ids: '{% [$states.context.Execution.Id, $states.context.StateMachine.Id] %}',
      }),
    },
    input: '[1]',
    end: {
      output: {
        input: [1],
        times: Array(2).fill(expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)),
        state: 'Only',
        ids: Array(2).fill(expect.stringMatching(/^arn:/)),
      },
    },
  },
  {
    title: '$states.result and errorOutput have no value where there is none',
    machine: { States: pass('{% [$exists($states.result), $exists($states.errorOutput)] %}') },
    end: { output: [false, false] },
  },
]

const VARIABLES: readonly Conformance[] = [
  {
    title: 'Assign sees the values before it, so that two variables can be swapped',
    machine: {
      States: {
        Set: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'Swap' },
        Swap: { Type: 'Pass', Assign: { a: '{% $b %}', b: '{% $a %}' }, Output: '{% $a %}', Next: 'Read' },
        Read: { Type: 'Pass', Output: ['{% $states.input %}', '{% $a %}', '{% $b %}'], ...END },
      },
    },
    end: { output: [1, 2, 1] },
  },
  {
    title: 'a variable has no value before it is assigned',
    machine: { States: pass('{% $unknown %}') },
    end: { error: QUERY, cause: "'$unknown' specified for the field 'Output' returned nothing (undefined)." },
  },
  {
    title: 'names of variables may be of any script',
    machine: {
      States: {
        Set: { Type: 'Pass', Assign: { größe: 3 }, Next: 'Read' },
        Read: { Type: 'Pass', Output: '{% $größe %}', ...END },
      },
    },
    end: { output: 3 },
  },
  {
    title: 'branches read the variables around them, and their own end with them',
    machine: {
      States: {
        Set: { Type: 'Pass', Assign: { outer: 1 }, Next: 'Both' },
        Both: {
          Type: 'Parallel',
          Branches: [1, 2].map((branch) => ({
            StartAt: `Set${branch}`,
            States: {
              [`Set${branch}`]: { Type: 'Pass', Assign: { inner: branch }, Next: `Read${branch}` },
              [`Read${branch}`]: { Type: 'Pass', Output: '{% [$outer, $inner] %}', ...END },
            },
          })),
          Output: '{% [$states.result, [$exists($inner)]] %}',
          ...END,
        },
      },
    },
    end: { output: [[1, 1], [1, 2], [false]] },
  },
  {
    title: 'iterations have variables of their own, and can keep one only by their output',
    machine: {
      States: {
        Set: { Type: 'Pass', Assign: { outer: 10 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          Items: '{% [1..3] %}',
          ItemProcessor: {
            StartAt: 'Add',
            States: {
              Add: { Type: 'Pass', Assign: { total: '{% $outer + $states.input %}' }, Next: 'Give' },
              Give: { Type: 'Pass', Output: '{% $total %}', ...END },
            },
          },
          Assign: { sums: '{% $states.result %}' },
          Next: 'Read',
        },
        Read: { Type: 'Pass', Output: ['{% $sums %}', '{% $exists($total) %}'], ...END },
      },
    },
    end: { output: [[11, 12, 13], false] },
  },
]

const CHOICES: readonly Conformance[] = [
  {
    title: 'the first rule whose condition is true decides, with its own Assign and Output',
    machine: {
      States: {
        Ask: {
          Type: 'Choice',
          Choices: [
            { Condition: '{% $states.input.n > 5 %}', Next: 'Done' },
            {
              Condition: '{% $states.input.n > 1 %}',
              Assign: { by: 'second' },
              Output: '{% $states.input.n %}',
              Next: 'Done',
            },
            { Condition: '{% $states.input.n > 0 %}', Assign: { by: 'third' }, Next: 'Done' },
          ],
          Default: 'Done',
          Assign: { by: 'default' },
        },
        Done: { Type: 'Succeed', Output: ['{% $by %}', '{% $states.input %}'] },
      },
    },
    input: '{"n":3}',
    end: { output: ['second', 3] },
  },
  {
    title: "the state's Assign and Output are for Default",
    machine: {
      States: {
        Ask: {
          Type: 'Choice',
          Choices: [{ Condition: '{% false %}', Next: 'Done' }],
          Default: 'Done',
          Assign: { by: 'default' },
          Output: 'output',
        },
        Done: { Type: 'Succeed', Output: ['{% $by %}', '{% $states.input %}'] },
      },
    },
    end: { output: ['default', 'output'] },
  },
  {
    title: 'without a rule that matches and without Default it fails',
    machine: {
      States: {
        Ask: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'Done' }] },
        Done: { Type: 'Succeed' },
      },
    },
    end: { error: 'States.NoChoiceMatched' },
  },
  {
    title: 'a condition must be a boolean',
    machine: {
      States: {
        Ask: { Type: 'Choice', Choices: [{ Condition: "{% 'yes' %}", Next: 'Done' }] },
        Done: { Type: 'Succeed' },
      },
    },
    end: {
      error: QUERY,
      cause: "returned an unexpected result type. Expected 'boolean', but was 'string' for value: \"yes\"",
    },
  },
]

const RETRIES: readonly Conformance[] = [
  {
    title: 'a state is retried until it succeeds, and counts its retries',
    machine: { States: retried(2, { Retry: [{ ErrorEquals: ['Broken'], IntervalSeconds: 1, BackoffRate: 1 }] }) },
    end: { output: [2] },
  },
  {
    title: 'after its attempts the error goes to Catch',
    machine: {
      States: retried(9, {
        Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1, JitterStrategy: 'FULL' }],
        Catch: [{ ErrorEquals: ['States.ALL'], Output: RETRY_COUNT, Next: 'Caught' }],
      }),
    },
    end: { output: { retry: 1 } },
  },
  {
    title: 'the first Retrier that matches decides, also when it has no attempts',
    machine: {
      States: retried(1, { Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] }),
    },
    end: { error: 'Broken', cause: 'broken' },
  },
  {
    title: 'an error of another name is not retried',
    machine: { States: retried(1, { Retry: [{ ErrorEquals: ['Other', 'States.Timeout'] }] }) },
    end: { error: 'Broken', cause: 'broken' },
  },
]

const CATCHES: readonly Conformance[] = [
  {
    title: 'the first Catcher that matches decides, and its output is the error',
    machine: {
      States: caught(FAILING, [
        { ErrorEquals: ['Other'], Next: 'First' },
        { ErrorEquals: ['Else', 'Broken'], Next: 'Second' },
        { ErrorEquals: ['States.ALL'], Next: 'First' },
      ]),
    },
    end: { output: { second: { Error: 'Broken', Cause: 'broken' } } },
  },
  {
    title: 'a Catcher has Assign and Output of its own, with the input and the error',
    machine: {
      States: {
        Try: {
          Type: 'Parallel',
          Branches: [FAILING],
          Assign: { by: 'state' },
          Catch: [
            {
              ErrorEquals: ['States.TaskFailed'],
              Assign: { by: '{% $states.errorOutput.Error %}' },
              Output: '{% [$states.input.n, $states.errorOutput.Cause] %}',
              Next: 'Done',
            },
          ],
          ...END,
        },
        Done: { Type: 'Succeed', Output: ['{% $by %}', '{% $states.input %}'] },
      },
    },
    input: '{"n":7}',
    end: { output: ['Broken', [7, 'broken']] },
  },
  {
    title: 'a failing expression is caught by the state that has it',
    machine: {
      States: {
        Try: {
          Type: 'Parallel',
          Branches: [{ StartAt: 'Inner', States: { Inner: { Type: 'Pass', Output: 1, ...END } } }],
          Output: '{% $states.result[0].missing %}',
          Catch: [{ ErrorEquals: [QUERY], Output: '{% $states.errorOutput.Error %}', Next: 'Done' }],
          ...END,
        },
        Done: { Type: 'Succeed' },
      },
    },
    end: { output: QUERY },
  },
  {
    title: 'an error without a Catcher ends the execution with its name and cause',
    machine: {
      States: caught(FAILING, [
        { ErrorEquals: ['Other'], Next: 'First' },
        { ErrorEquals: ['Else'], Next: 'Second' },
      ]),
    },
    end: { error: 'Broken', cause: 'broken' },
  },
  {
    title: 'Error and Cause of a Fail state are expressions',
    machine: {
      States: {
        Only: { Type: 'Fail', Error: "{% $states.input.e & 'Exception' %}", Cause: '{% $string($states.input) %}' },
      },
    },
    input: '{"e":"Throttling"}',
    end: { error: 'ThrottlingException', cause: '{"e":"Throttling"}' },
  },
  {
    title: 'Error must be a text',
    machine: { States: { Only: { Type: 'Fail', Error: '{% 1 %}' } } },
    end: { error: QUERY },
  },
]

const LIMITS: readonly Conformance[] = [
  {
    title: 'a document above 256 KiB ends the execution',
    machine: { States: tooMuch.States },
    end: { error: 'States.DataLimitExceeded' },
  },
  {
    title: 'States.ALL and States.TaskFailed do not catch it',
    machine: {
      States: caught(tooMuch, [
        { ErrorEquals: ['States.TaskFailed'], Next: 'First' },
        { ErrorEquals: ['States.ALL'], Next: 'Second' },
      ]),
    },
    end: { error: 'States.DataLimitExceeded' },
  },
  {
    title: 'its name catches it',
    machine: {
      States: caught(tooMuch, [
        { ErrorEquals: ['States.DataLimitExceeded'], Output: 'caught', Next: 'First' },
        { ErrorEquals: ['States.ALL'], Next: 'Second' },
      ]),
    },
    end: { output: { first: 'caught' } },
  },
  {
    title: 'a document of exactly 256 KiB passes',
    machine: {
      States: {
        Only: { Type: 'Pass', Output: "{% $pad('', 262142, 'x') %}", Next: 'Count' },
        Count: { Type: 'Pass', Output: '{% $length($states.input) %}', ...END },
      },
    },
    end: { output: 262_142 },
  },
  {
    title: 'TimeoutSeconds of the machine ends the execution',
    machine: { TimeoutSeconds: 1, States: { Only: { Type: 'Wait', Seconds: 30, ...END } } },
    end: { status: 'TIMED_OUT', error: 'States.Timeout' },
  },
]

const WAITS: readonly Conformance[] = [
  {
    title: 'Seconds and Timestamp are expressions, and Output and Assign follow the wait',
    machine: {
      States: {
        One: {
          Type: 'Wait',
          Seconds: '{% $states.input.n %}',
          Output: '{% $states.context.State.EnteredTime %}',
          Next: 'Two',
        },
        Two: { Type: 'Wait', Timestamp: '{% $fromMillis($toMillis($states.input) + 1000) %}', Next: 'Three' },
        Three: { Type: 'Pass', Output: '{% $millis() - $toMillis($states.input) >= 950 %}', ...END },
      },
    },
    input: '{"n":0}',
    end: { output: true },
  },
  {
    title: 'a time that is over is no wait',
    machine: { States: { Only: { Type: 'Wait', Timestamp: '2016-12-05T21:29:29Z', ...END } } },
    input: '1',
    end: { output: 1 },
  },
  ...['-1', '1.5', '"1"'].map((n) => ({
    title: `Seconds cannot be ${n}`,
    machine: { States: { Only: { Type: 'Wait', Seconds: '{% $states.input %}', ...END } } },
    input: n,
    end: { error: QUERY },
  })),
  ...['2016-12-05T21:29:29', '2016-13-05T21:29:29Z', '2016-12-05 21:29:29Z', 'today'].map((text) => ({
    title: `Timestamp cannot be ${text}`,
    machine: { States: { Only: { Type: 'Wait', Timestamp: '{% $states.input %}', ...END } } },
    input: JSON.stringify(text),
    end: { error: QUERY, cause: `cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}` },
  })),
]

const each = (fields: object, States: States = { Give: { Type: 'Pass', ...END } }): Conformance['machine'] => ({
  States: {
    Each: { Type: 'Map', ItemProcessor: { StartAt: Object.keys(States)[0] ?? '', States }, ...END, ...fields },
  },
})

const MAPS: readonly Conformance[] = [
  {
    title: 'a Map runs for each item of its input, and keeps their order',
    machine: each({ MaxConcurrency: '{% 1 + 1 %}' }),
    input: '[3,1,null,2]',
    end: { output: [3, 1, null, 2] },
  },
  { title: 'a Map of nothing is an empty array', machine: each({}), input: '[]', end: { output: [] } },
  {
    title: 'ItemSelector has the index and the value of the item, and the input of the state',
    machine: each({
      Items: '{% $states.input.items %}',
      ItemSelector: {
        i: '{% $states.context.Map.Item.Index %}',
        v: '{% $states.context.Map.Item.Value %}',
        all: '{% $count($states.input.items) %}',
      },
    }),
    input: '{"items":["a","b"]}',
    end: {
      output: [
        { i: 0, v: 'a', all: 2 },
        { i: 1, v: 'b', all: 2 },
      ],
    },
  },
  {
    title: 'Items may be an array with expressions',
    machine: each({ Items: [1, '{% $states.input %}', { a: '{% 2 %}' }] }),
    input: '"x"',
    end: { output: [1, 'x', { a: 2 }] },
  },
  ...['"string"', '1', 'true', 'null'].map((value) => ({
    title: `Items cannot be ${value}`,
    machine: each({ Items: '{% $states.input %}' }),
    input: value,
    end: {
      error: QUERY,
      cause: `The JSONata expression '$states.input' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was '${value === 'null' ? 'null' : typeof JSON.parse(value)}' for value: ${value}`,
    },
  })),
  {
    title: 'a failing iteration fails the Map with its error',
    machine: each({}, { Break: { Type: 'Fail', Error: '{% $states.input %}', Cause: 'broken' } }),
    input: '["First"]',
    end: { error: 'First', cause: 'broken' },
  },
  {
    title: 'maps nest',
    machine: {
      States: {
        Outer: {
          Type: 'Map',
          ItemProcessor: {
            StartAt: 'Inner',
            States: {
              Inner: {
                Type: 'Map',
                ItemProcessor: {
                  StartAt: 'Give',
                  States: { Give: { Type: 'Pass', Output: '{% $states.input * 2 %}', ...END } },
                },
                ...END,
              },
            },
          },
          ...END,
        },
      },
    },
    input: '[[1,2],[],[3]]',
    end: { output: [[2, 4], [], [6]] },
  },
]

const PARALLEL: readonly Conformance[] = [
  {
    title: 'the result has the outputs in the order of the branches, each with the Arguments as input',
    machine: {
      States: {
        Both: {
          Type: 'Parallel',
          Arguments: { n: '{% $states.input %}' },
          Branches: [
            {
              StartAt: 'Slow',
              States: { Slow: { Type: 'Wait', Seconds: 1, Output: '{% $states.input.n %}', ...END } },
            },
            { StartAt: 'Fast', States: { Fast: { Type: 'Pass', Output: '{% -$states.input.n %}', ...END } } },
          ],
          ...END,
        },
      },
    },
    input: '5',
    end: { output: [5, -5] },
  },
  {
    title: 'a failing branch stops the others',
    machine: {
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [FAILING, { StartAt: 'Long', States: { Long: { Type: 'Wait', Seconds: 250, ...END } } }],
          ...END,
        },
      },
    },
    end: { error: 'Broken', cause: 'broken' },
  },
]

export const CONFORMANCE: readonly Conformance[] = [
  ...VALUES,
  ...FUNCTIONS,
  ...CONTEXT,
  ...VARIABLES,
  ...CHOICES,
  ...RETRIES,
  ...CATCHES,
  ...LIMITS,
  ...WAITS,
  ...MAPS,
  ...PARALLEL,
]
