import { parseJobsCommandLine } from '../../scripts/jobs/command-line.ts'
import { readDeadLetter } from '../../scripts/jobs/read-dead-letter.ts'

const WORKFLOW = 'arn:aws:states:us-east-1:123456789012:stateMachine:InferenceWorkflow'

describe('a dead letter', () => {
  test('of EventBridge is the event itself, with its target in an attribute', () => {
    const body = '{"source":"shop","detail-type":"Workflow Requested","detail":{"seed":12345678901234567890}}'
    const attributes = { TARGET_ARN: WORKFLOW, ERROR_CODE: 'NO_PERMISSIONS', RULE_ARN: 'arn:aws:events:rule' }
    expect(readDeadLetter({ body, attributes })).toEqual({
      kind: 'event',
      target: WORKFLOW,
      payload: body,
      why: 'NO_PERMISSIONS',
    })
  })

  test('of EventBridge about a failed job goes to its target, too, not to the job', () => {
    const body =
      '{"source":"bedrock-functions","detail-type":"Inference Job State Change","detail":{"jobArn":"a/abcdefghijkl"}}'
    expect(readDeadLetter({ body, attributes: { TARGET_ARN: WORKFLOW } })).toMatchObject({ kind: 'event' })
  })

  test.each(['hello', '{}', '[]', '{"detail-type":"Inference Job State Change","detail":{}}', '{"requestContext":{}}'])(
    'of no known shape is not read: %s',
    (body) => {
      expect(readDeadLetter({ body, attributes: {} })).toBeUndefined()
    },
  )
})

test.each([
  [[], 'A command is missing.'],
  [['lst'], 'There is no command lst.'],
  [['show'], 'show needs an id.'],
  [['list', 'abcdefghijkl'], 'list takes no id.'],
  [['show', 'ABC'], 'ABC is not the id of a job'],
  [['retry', 'abcdefghijkl', 'bcdefghijklm'], 'Give one id at a time, without bcdefghijklm.'],
  [['redrive', '--failed'], '--failed needs the command list.'],
  [['list', '--dry-run'], '--dry-run needs the command redrive.'],
  [['list', '--limit', '0'], '--limit is "0", it must be a whole number above 0.'],
  [['list', '--port', '4000'], '--port needs --local.'],
  [['list', '--local', '--stack', 'x'], '--local excludes --stack and --region.'],
  [['list', '--lcoal'], "Unknown option '--lcoal'"],
])('%j is refused: %s', (words, message) => {
  expect(() => parseJobsCommandLine(words)).toThrow(message)
})

test('a command has the deployed stack as its place, and --local the stack on this machine', () => {
  expect(parseJobsCommandLine(['list', '--failed'])).toMatchObject({
    command: 'list',
    failed: true,
    place: { kind: 'stack', stack: 'bedrock-functions' },
  })
  expect(parseJobsCommandLine(['redrive', '--local', '--port', '4000'])?.place).toEqual({ kind: 'local', port: 4000 })
  expect(parseJobsCommandLine(['--help'])).toBeUndefined()
})
