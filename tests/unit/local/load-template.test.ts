import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCloudFormationYaml } from '../../../local/template/cloudformation-yaml.ts'
import { type LoadTemplateOptions, loadTemplate } from '../../../local/template/load-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'load-template-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

function load(yaml: string, options?: LoadTemplateOptions) {
  const path = join(directory, 'template.yaml')
  writeFileSync(path, yaml)
  return loadTemplate(path, options)
}

const FUNCTION = `
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: index.handler
      Runtime: nodejs24.x
`

/** Variables of a function with the environment `yaml`, a flow map. */
function environment(yaml: string, sections = '', options?: LoadTemplateOptions) {
  const template = load(`${sections}\nResources:${FUNCTION}      Environment: { Variables: ${yaml} }\n`, options)
  return template.functions[0]?.environment
}

describe('functions', () => {
  test('have Lambda’s defaults and absolute paths', () => {
    expect(load(`Resources:${FUNCTION}`).functions).toEqual([
      {
        logicalId: 'Worker',
        functionName: 'Worker',
        arn: 'arn:aws:lambda:us-east-1:123456789012:function:Worker',
        handler: 'index.handler',
        runtime: 'nodejs24.x',
        codeUri: directory,
        build: undefined,
        memoryMegabytes: 128,
        timeoutSeconds: 3,
        environment: {},
        layers: [],
        logFormat: 'Text',
        logLevel: undefined,
        logGroup: '/aws/lambda/Worker',
        reservedConcurrency: undefined,
        functionUrl: undefined,
        apiEvents: [],
        asynchronous: { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 },
      },
    ])
  })

  test('are merged with Globals as in SAM: maps by member, lists joined, other values replaced', () => {
    const { functions } = load(`
Globals:
  Function:
    Timeout: 5
    MemorySize: 512
    Layers: [!Ref First]
    Environment: { Variables: { SHARED: global, OWN: global } }
Resources:
  First: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: one } }
  Second: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: two, LayerName: second } }
${FUNCTION}      Timeout: 7
      Layers: [!Ref Second]
      Environment: { Variables: { OWN: own } }
`)
    expect(functions[0]).toMatchObject({
      timeoutSeconds: 7,
      memoryMegabytes: 512,
      layers: ['First', 'Second'],
      environment: { SHARED: 'global', OWN: 'own' },
    })
  })

  test('have the URL and build of the template', () => {
    const { functions } =
      load(`Resources:${FUNCTION}    Metadata: { BuildMethod: esbuild, BuildProperties: { Minify: true } }
  Url:
    Type: AWS::Lambda::Url
    Properties: { TargetFunctionArn: !Ref Worker, AuthType: AWS_IAM, InvokeMode: RESPONSE_STREAM }
`)
    expect(functions[0]).toMatchObject({
      functionUrl: { authType: 'AWS_IAM', invokeMode: 'RESPONSE_STREAM', cors: undefined },
      build: { method: 'esbuild', properties: { Minify: true } },
    })
  })
})

describe('intrinsics', () => {
  const sections = `
Parameters:
  Name: { Type: String, Default: given }
  Names: { Type: CommaDelimitedList, Default: 'a, b' }
Mappings: { Sizes: { us-east-1: { Small: 3 } } }
Conditions:
  IsGiven: !Equals [!Ref Name, given]
  IsOther: !Not [!Condition IsGiven]
  Both: !And [!Condition IsGiven, !Or [!Condition IsOther, !Condition IsGiven]]
`
  test.each([
    ['!Ref Name', 'given'],
    ['!Ref AWS::Region', 'us-east-1'],
    [`!Sub "\${Name}-\${AWS::AccountId}-\${!Literal}"`, `given-123456789012-\${Literal}`],
    [`!Sub ["\${A}/\${Name}", { A: !Ref Name }]`, 'given/given'],
    ['!GetAtt Worker.Arn', 'arn:aws:lambda:us-east-1:123456789012:function:Worker'],
    ['!GetAtt WorkerRole.Arn', 'arn:aws:iam::123456789012:role/WorkerRole'],
    ['!If [IsGiven, yes, no]', 'yes'],
    ['!If [IsOther, yes, no]', 'no'],
    ['!If [Both, yes, no]', 'yes'],
    ['!Join ["-", [a, !Ref Name]]', 'a-given'],
    ['!Join ["-", !Ref Names]', 'a-b'],
    ['!Select [1, !Split [",", "x,y"]]', 'y'],
    ['!FindInMap [Sizes, !Ref AWS::Region, Small]', '3'],
    ['{ "Fn::Base64": x }', 'eA=='],
    ['true', 'true'],
    ['7', '7'],
  ])('%s is %s', (expression, value) => {
    expect(environment(`{ VALUE: ${expression} }`, sections)).toEqual({ VALUE: value })
  })

  test('AWS::NoValue removes a property', () => {
    expect(environment('{ GONE: !If [IsOther, x, !Ref AWS::NoValue], HERE: x }', sections)).toEqual({ HERE: 'x' })
  })

  test('a resource whose condition is false does not exist', () => {
    const template = load(`${sections}
Resources:${FUNCTION}
  Extra: { Type: AWS::Made::Up, Condition: IsOther }
`)
    expect(template.functions).toHaveLength(1)
  })

  test.each([
    ['!Ref Nobody', /Worker.Properties.Environment: Nobody is neither a parameter nor a resource/],
    ['!GetAtt Worker.Colour', /attribute Colour of Worker \(AWS::Serverless::Function\) is not supported/],
    ['!ImportValue x', /Fn::ImportValue is not supported/],
    ['!Cidr [x, 1]', /Worker.Properties.Environment: Fn::Cidr is not supported/],
    ['!FindInMap [Sizes, x, Small]', /mapping Sizes.x.Small does not exist/],
    ["'{{resolve:ssm:x}}'", /dynamic reference/],
    ['!If [Nobody, 1, 2]', /condition Nobody is not declared/],
  ])('%s is refused', (expression, message) => {
    expect(() => environment(`{ VALUE: ${expression} }`, sections)).toThrow(message)
  })
})

describe('parameters', () => {
  const declare = (declaration: string) => `Parameters: { Value: ${declaration} }`

  test('take an override', () => {
    const sections = declare('{ Type: Number, Default: 1, MinValue: 1, MaxValue: 9 }')
    expect(environment('{ VALUE: !Ref Value }', sections, { parameters: { Value: '9' } })).toEqual({ VALUE: '9' })
  })

  test.each([
    ['{ Type: String, AllowedValues: [a, b] }', 'c', /parameter Value: "c" is not one of a, b/],
    ['{ Type: String, AllowedPattern: "[a-z]+" }', 'a1', /"a1" does not match \[a-z\]\+/],
    ['{ Type: String, MinLength: 2 }', 'a', /"a" is shorter than 2/],
    ['{ Type: String, MaxLength: 2 }', 'abc', /"abc" is longer than 2/],
    ['{ Type: Number }', 'x', /"x" is not a number/],
    ['{ Type: Number, MaxValue: 9 }', '10', /"10" is more than 9/],
    ['{ Type: CommaDelimitedList, AllowedValues: [a] }', 'a,b', /"a,b" is not one of a/],
    ['{ Type: AWS::SSM::Parameter::Name }', 'x', /type AWS::SSM::Parameter::Name is not supported/],
  ])('%s refuses %s', (declaration, value, message) => {
    expect(() => environment('{}', declare(declaration), { parameters: { Value: value } })).toThrow(message)
  })

  test('must exist and must have a value', () => {
    expect(() => environment('{}', '', { parameters: { Nobody: 'x' } })).toThrow(
      /Nobody: the template declares no such/,
    )
    expect(() => environment('{}', declare('{ Type: String }'))).toThrow(/parameter Value has no default/)
  })
})

describe('an unsupported part', () => {
  test.each([
    [
      'a resource type',
      '  Stream: { Type: AWS::Kinesis::Stream }',
      /Stream: resource type AWS::Kinesis::Stream is not supported/,
    ],
    ['a property', `${FUNCTION}      SnapStart: {}`, /Worker: property SnapStart is not supported/],
    [
      'a property inside a property',
      `${FUNCTION}      LoggingConfig: { Colour: red }`,
      /Worker\.LoggingConfig: property Colour is not supported/,
    ],
    [
      'a type of event',
      `${FUNCTION}      Events: { Tick: { Type: ScheduleV2 } }`,
      /Worker\.Events\.Tick: type ScheduleV2 is not supported/,
    ],
    ['an attribute', `${FUNCTION}    CreationPolicy: {}`, /Worker: attribute CreationPolicy is not supported/],
    [
      'another runtime',
      FUNCTION.replace('nodejs24.x', 'python3.13'),
      /Worker\.Properties: property Runtime is python3/,
    ],
  ])('%s is refused by name', (_name, resources, message) => {
    expect(() => load(`Resources:\n${resources}\n`)).toThrow(message)
  })

  test('is listed together with all others', () => {
    expect(() => load('Resources:\n  A: { Type: X }\n  B: { Type: Y }\nSurprise: 1\n')).toThrow(
      'template: property Surprise is not supported by the local stack\n' +
        'A: resource type X is not supported by the local stack\n' +
        'B: resource type Y is not supported by the local stack',
    )
  })

  test('an alias has the value of its anchor, and one without an anchor before it is refused', () => {
    const yaml = 'a: &anchor !Sub x\nb: [*anchor]\nc: &anchor 2\nd: *anchor'
    expect(parseCloudFormationYaml(yaml)).toEqual({ a: { 'Fn::Sub': 'x' }, b: [{ 'Fn::Sub': 'x' }], c: 2, d: 2 })
    expect(() => parseCloudFormationYaml('a: *later\nb: &later 1')).toThrow(/later/)
  })

  test('invalid YAML is refused with its line', () => {
    expect(() => load('Resources: [')).toThrow(/line 1/)
  })
})

test('ignored parts are listed with reasons, and an ignored property may name a missing resource', () => {
  const { inert } = load(`Resources:${FUNCTION}      Policies: [!GetAtt Nobody.Arn]
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { Anything: !GetAtt Nobody.Arn } }
`)
  expect(inert).toEqual([
    { path: 'Worker.Policies', reason: expect.stringContaining('no IAM') },
    { path: 'Alarm (AWS::CloudWatch::Alarm)', reason: 'there is no CloudWatch locally' },
  ])
})
