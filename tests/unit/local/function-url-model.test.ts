import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadTemplateOptions, loadTemplate } from '../../../local/template/load-template.ts'

const directory = mkdtempSync(join(tmpdir(), 'function-url-model-test-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Loads a template with an output and a function with a URL of these properties, as flow YAML. */
function load(config: string | undefined, output = 'x', options?: LoadTemplateOptions, target = '!Ref Stream') {
  const path = join(directory, 'template.yaml')
  writeFileSync(
    path,
    `
Resources:
  Stream:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: index.handler
      Runtime: nodejs24.x
${config === undefined ? '' : `  StreamUrl: { Type: AWS::Lambda::Url, Properties: { TargetFunctionArn: ${target}, ${config} } }`}
Outputs:
  Value: { Value: ${output} }
`,
  )
  return loadTemplate(path, options)
}

const cors = (members: string) => load(`AuthType: NONE, Cors: { ${members} }`).functions[0]?.functionUrl?.cors

test.each([
  ['!GetAtt StreamUrl.FunctionUrl', undefined, 'http://127.0.0.1:3001/'],
  ['{ "Fn::GetAtt": [StreamUrl, FunctionUrl] }', 4000, 'http://127.0.0.1:4001/'],
  [`!Sub "\${StreamUrl.FunctionUrl}model"`, 4000, 'http://127.0.0.1:4001/model'],
])('%s is the local address', (output, firstPort, value) => {
  const options = firstPort === undefined ? {} : { firstPort }
  expect(load('AuthType: AWS_IAM', output, options).outputs).toEqual({ Value: value })
})

test.each([
  ['AuthType: NONE', '!GetAtt StreamUrl.Colour', /attribute Colour of StreamUrl \(AWS::Lambda::Url\)/],
  [undefined, '!GetAtt StreamUrl.FunctionUrl', /StreamUrl is neither a parameter nor a resource/],
])('with the configuration %s, %s is refused', (config, output, message) => {
  expect(() => load(config, output)).toThrow(message)
})

test('a URL of a function that is not in the template is refused', () => {
  expect(() => load('AuthType: NONE', 'x', {}, 'nobody')).toThrow(
    'a function URL is of nobody, which is not a function of this template or has another URL',
  )
})

test('CORS allows only the values of the template', () => {
  expect(cors('AllowOrigins: ["*"], AllowMethods: [GET, "*"], AllowCredentials: true, MaxAge: 5')).toEqual({
    allowOrigins: ['*'],
    allowMethods: ['GET', '*'],
    allowHeaders: [],
    exposeHeaders: [],
    allowCredentials: true,
    maxAgeSeconds: 5,
  })
})

test.each([
  ['AllowMethods: [OPTIONS]', /Cors: property AllowMethods has OPTIONS, Lambda takes DELETE/],
  ['MaxAge: 86401', /Cors: property MaxAge is 86401, it must be from 0 to 86400/],
  ['AllowCredentials: maybe', /Cors: property AllowCredentials is maybe/],
  ['AllowOrigins: x', /Cors: property AllowOrigins is not a list/],
  ['AllowEverything: true', /Cors: property AllowEverything is not supported/],
])('%s is refused, as in a deploy', (members, message) => {
  expect(() => cors(members)).toThrow(message)
})
