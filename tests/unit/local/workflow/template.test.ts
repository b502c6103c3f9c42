import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadTemplate } from '../../../../local/template/load-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'workflow-template-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

const ARN = 'arn:aws:states:us-east-1:123456789012:stateMachine:Machine'
const DEFINITION = {
  QueryLanguage: 'JSONata',
  StartAt: 'Only',
  States: { Only: { Type: 'Pass', Output: `greeting: ${'$'}{Greeting}`, End: true } },
}
const SUBSTITUTIONS = `DefinitionSubstitutions: { Greeting: !Sub 'say "hello" in \${AWS::Region}' }`

function load(properties: string, { definition = JSON.stringify(DEFINITION), more = '' } = {}) {
  writeFileSync(join(directory, 'machine.asl.json'), definition)
  const path = join(directory, 'template.yaml')
  writeFileSync(
    path,
    `
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: { ${properties} }
${more}
`,
  )
  return loadTemplate(path)
}

const EXPRESS = `Type: EXPRESS, DefinitionUri: machine.asl.json, ${SUBSTITUTIONS}`

test('a definition has its substitutions', () => {
  const { stateMachines } = load(`${EXPRESS}, Tracing: { Enabled: true }, Logging: { Level: ALL }`)
  expect(stateMachines).toEqual([
    {
      logicalId: 'Machine',
      type: 'EXPRESS',
      name: 'Machine',
      arn: ARN,
      definition: {
        QueryLanguage: 'JSONata',
        StartAt: 'Only',
        States: { Only: { Type: 'Pass', Output: 'greeting: say "hello" in us-east-1', End: true } },
      },
      // A Date of another realm.
      createdAt: expect.anything(),
      definitionPath: expect.stringMatching(/^\/.*\.json$/),
    },
  ])
})

test("a definition's events and the rules of the template start it", () => {
  const events = `Events: { Asked: { Type: EventBridgeRule, Properties: { Pattern: { source: [app] } } } }`
  const rule = `
  Rule:
    Type: AWS::Events::Rule
    Properties: { EventPattern: { source: [other] }, Targets: [{ Id: one, Arn: !Ref Machine }] }`
  const { rules } = load(`${EXPRESS}, ${events}`, { more: rule })
  const target = { arn: ARN, service: 'states', resource: 'Machine' }
  expect(rules).toMatchObject([
    { logicalId: 'Rule', targets: [{ id: 'one', ...target }] },
    {
      logicalId: 'MachineAsked',
      pattern: { source: ['app'] },
      targets: [{ id: 'MachineAskedStepFunctionsTarget', ...target }],
    },
  ])
})

test.each([
  ['another type', `Type: FAST, DefinitionUri: machine.asl.json`, /Type must be EXPRESS or STANDARD/],
  ['a definition that is not there', `Type: EXPRESS, DefinitionUri: none.json`, /DefinitionUri cannot be read/],
  ['a name without a substitution', `Type: EXPRESS, DefinitionUri: machine.asl.json`, /Greeting is required/],
  ['a definition within the template', `Type: EXPRESS, Definition: {}`, /property Definition is not supported/],
  ['an event of type Api', `${EXPRESS}, Events: { A: { Type: Api } }`, /type Api is not supported/],
])('%s is refused', (_name, properties, message) => {
  expect(() => load(properties)).toThrow(message)
})

test('an unsupported state is refused with the names of machine and state', () => {
  const definition = JSON.stringify({
    ...DEFINITION,
    States: { Only: { Type: 'Pass', Parameters: {}, End: true } },
  })
  expect(() => load(EXPRESS, { definition })).toThrow(/^Machine: state Only: Parameters belongs to JSONPath/)
  expect(() => load(EXPRESS, { definition: '{"StartAt":"A","States":{}}' })).toThrow('only JSONata runs locally')
  expect(() => load(EXPRESS, { definition: '{' })).toThrow(/cannot be parsed/)
  expect(() => load(EXPRESS, { definition: '[]' })).toThrow(/is not a state machine/)
})

test('a distributed Map needs a Standard workflow, which is the type without Type', () => {
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED' },
    StartAt: 'Give',
    States: { Give: { Type: 'Succeed' } },
  }
  const definition = JSON.stringify({ ...DEFINITION, States: { Only: { Type: 'Map', ItemProcessor, End: true } } })
  expect(() => load(EXPRESS, { definition })).toThrow(/Machine: state Only: a DISTRIBUTED Map needs .* STANDARD/)
  const { stateMachines } = load(EXPRESS.replace('Type: EXPRESS, ', ''), { definition })
  expect(stateMachines).toMatchObject([{ type: 'STANDARD' }])
})

describe('integrations of type aws', () => {
  const URI = `uri: !Sub 'arn:aws:apigateway:us-east-1:states:action/StartSyncExecution'`
  const TEMPLATES = `requestTemplates: { application/json: '{"stateMachineArn": "a"}' }`
  const RESPONSES = `responses: { default: { statusCode: 200 }, '4\\d{2}': { statusCode: 400, responseTemplates: { application/json: '{}' }, responseParameters: { method.response.header.X-One: "'1'" } } }`
  const NEVER = 'passthroughBehavior: NEVER'
  const DECLARED = '{ 200: {}, 400: { headers: { X-One: {} } } }'

  function integrationOf(members: string, declared = DECLARED) {
    const api = `
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody:
        paths:
          /:
            post:
              security: []
              responses: ${declared}
              x-amazon-apigateway-integration: { type: aws, httpMethod: POST, ${members} }`
    return load(EXPRESS, { more: api }).restApis[0]?.operations[0]?.integration
  }

  test('StartSyncExecution is read, with the default response last', () => {
    expect(integrationOf(`${URI}, ${TEMPLATES}, ${RESPONSES}, ${NEVER}`)).toEqual({
      type: 'aws',
      service: 'states',
      action: 'StartSyncExecution',
      timeoutMs: 29_000,
      requestTemplates: { 'application/json': '{"stateMachineArn": "a"}' },
      responses: [
        { pattern: '4\\d{2}', statusCode: 400, headers: { 'x-one': '1' }, template: '{}' },
        { pattern: undefined, statusCode: 200, headers: {}, template: undefined },
      ],
    })
  })

  test.each([
    [
      'another action',
      `${URI.replace('StartSyncExecution', 'StartExecution')}, ${TEMPLATES}, ${RESPONSES}, ${NEVER}`,
      /the local stack supports/,
    ],
    ['bodies without a template', `${URI}, ${TEMPLATES}, ${RESPONSES}`, /passthroughBehavior must be NEVER/],
    ['no request template', `${URI}, ${RESPONSES}, ${NEVER}`, /requestTemplates is required/],
    [
      'no default response',
      `${URI}, ${TEMPLATES}, responses: { '5..': { statusCode: 500 } }, ${NEVER}`,
      /needs a default/,
    ],
    ['more than 29 s', `${URI}, ${TEMPLATES}, ${RESPONSES}, ${NEVER}, timeoutInMillis: 30000`, /from 50 to 29000/],
  ])('%s is refused', (_name, members, message) => {
    expect(() => integrationOf(members)).toThrow(message)
  })

  test('a header that the operation does not declare is refused', () => {
    expect(() => integrationOf(`${URI}, ${TEMPLATES}, ${RESPONSES}, ${NEVER}`, '{ 200: {}, 400: {} }')).toThrow(
      /does not declare the header/,
    )
  })
})
