import { parseCommandLine } from '../../../local/command-line.ts'

const parse = (words: string[], environment = {}) => parseCommandLine(words, environment)

test('options have defaults', () => {
  expect(parse([])).toEqual({
    auth: 'open',
    port: 3000,
    region: 'us-east-1',
    template: 'template.yaml',
    parameterOverrides: {},
    maxWorkers: 20,
    state: undefined,
    host: undefined,
    tls: false,
    inspect: undefined,
    verbose: false,
    help: false,
  })
})

test('the Region comes from the shell or the option', () => {
  expect(parse([], { AWS_REGION: 'eu-west-1' }).region).toBe('eu-west-1')
  expect(parse(['--region', 'eu-north-1'], { AWS_REGION: 'eu-west-1' }).region).toBe('eu-north-1')
})

test.each([
  [['--parameter-overrides', 'A=1', 'B=two words', '--verbose'], { A: '1', B: 'two words' }],
  [['--parameter-overrides', 'A=1 B=2'], { A: '1', B: '2' }],
  [['--parameter-overrides=A=x=y'], { A: 'x=y' }],
  [['--parameter-overrides', 'ParameterKey=A,ParameterValue=1'], { A: '1' }],
  [['--parameter-overrides', 'A='], { A: '' }],
])('%j overrides parameters as the SAM CLI does', (words, overrides) => {
  expect(parse(words).parameterOverrides).toEqual(overrides)
})

test.each([
  [['--unknown'], /Unknown option '--unknown'/],
  [['stray'], /Unexpected argument 'stray'/],
  [['--port', '70000'], /--port is "70000"/],
  [['--max-workers', '0'], /--max-workers is "0"/],
  [['--state', ''], /--state is empty/],
  [['--host='], /--host is empty/],
  [['--parameter-overrides', 'A'], /"A" is not NAME=VALUE/],
])('%j is an error', (words, message) => {
  expect(() => parse(words)).toThrow(message)
})

test.each([
  // As npm 10 and 11 pass them: first `npm start --port 4000`, then `npm start --port=4000`.
  [{ npm_config_port: 'true' }, ['4000'], '--port 4000'],
  [{ npm_config_port: '4000' }, [], '--port 4000'],
  [{ npm_config_port: 'true', npm_config_state: 'my state' }, ['4000'], "--port 4000 --state 'my state'"],
  [{ npm_config_parameter_overrides: 'true' }, ['A=1', 'B=2'], '--parameter-overrides A=1 B=2'],
  [{ npm_config_max_workers: 'true', npm_config_help: '' }, [], '--max-workers'],
])('%j of npm is answered with the command that reaches npm start', (environment, words, options) => {
  expect(() => parse(words, { npm_lifecycle_event: 'start', ...environment })).toThrow(
    `npm takes the options before a "--" as its own. Run: npm start -- ${options}`,
  )
})

test('variables of npm have no effect outside npm start', () => {
  expect(parse([], { npm_lifecycle_event: 'test', npm_config_port: '4000' }).port).toBe(3000)
})
