import { parseKeysCommandLine } from '../../../scripts/keys/command-line.ts'

const parse = (line: string) => parseKeysCommandLine(line.split(' '))

test.each([
  ['list', { command: 'list', name: '', grace: false, place: { kind: 'stack', stack: 'bedrock-functions' } }],
  ['create alice --stack team', { command: 'create', name: 'alice', place: { kind: 'stack', stack: 'team' } }],
  ['--usage-plan abc123 disable alice', { command: 'disable', place: { kind: 'usage-plan', id: 'abc123' } }],
  ['rotate alice --grace', { command: 'rotate', grace: true }],
  [
    '--local create a.b@c-d --rate 0.5 --burst 2 --quota 100 --state /tmp/x',
    {
      name: 'a.b@c-d',
      place: { kind: 'local', stateDirectory: '/tmp/x', limits: { requestsPerSecond: 0.5, burst: 2, quota: 100 } },
    },
  ],
  ['list --local', { place: { kind: 'local', stateDirectory: '.local', limits: {} } }],
])('%s is read', (line, expected) => {
  expect(parse(line)).toMatchObject(expected)
})

test('--help gives undefined', () => {
  expect(parse('create --help')).toBeUndefined()
})

test.each([
  ['--local', 'A command is missing.'],
  ['delete alice', 'There is no command delete.'],
  ['create', 'create needs a name.'],
  ['list alice', 'list takes no name.'],
  ['create alice bob', 'Give one name at a time, without bob.'],
  ['create a/b', 'A name may have letters'],
  ['create alice --grace', '--grace needs the command rotate.'],
  ['list --local --stack x', 'exclude each other'],
  ['create alice --quota 5', 'need --local'],
  ['create alice --local --quota 1.5', '--quota is "1.5", it must be a number above 0, a whole one.'],
  ['create alice --local --rate 0', '--rate is "0", it must be a number above 0.'],
  ['create alice --colour red', "Unknown option '--colour'"],
])('%s is refused', (line, problem) => {
  expect(() => parse(line)).toThrow(problem)
})
