import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCloudFormationYaml } from '../../local/template/cloudformation-yaml.ts'
import { loadTemplate } from '../../local/template/load-template.ts'

/*
 * The golden list is __snapshots__/permissions.test.ts.snap: a line for each action and resource that the template allows or
 * denies. A change of it is a change of permissions. `npm test -- tests/unit/permissions.test.ts -u` writes it again.
 */

type Json = Record<string, unknown>

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const template = parseCloudFormationYaml(
  readFileSync(join(import.meta.dirname, '..', '..', 'template.yaml'), 'utf8'),
) as { Resources: Record<string, { Type: string; Condition?: string; Properties: Json }> }

/** Text of a value, with intrinsics in the short form of Sub. */
function toText(value: unknown): string {
  if (!isMap(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  if ('Ref' in value) return `\${${value.Ref}}`
  if ('Fn::GetAtt' in value) return `\${${(value['Fn::GetAtt'] as string[]).join('.')}}`
  if ('Fn::Sub' in value) return [value['Fn::Sub']].flat().map(toText).join(' with ')
  const members = Object.entries(value).map(([name, member]) => `${name}: ${[member].flat().map(toText).join(' | ')}`)
  return `{ ${members.join(', ')} }`
}

interface Choice {
  readonly value: unknown
  /** Conditions of the template under which the value applies. */
  readonly when: string
}

/** Items of a list or one value, each with the conditions of the `Fn::If`s around it. */
function toChoices(value: unknown, when = ''): Choice[] {
  if (Array.isArray(value)) return value.flatMap((item) => toChoices(item, when))
  if (!isMap(value) || !('Fn::If' in value)) return [{ value, when }]
  const [condition, first, second] = value['Fn::If'] as [string, unknown, unknown]
  return [...toChoices(first, `${when} [${condition}]`), ...toChoices(second, `${when} [not ${condition}]`)].filter(
    (choice) => !isMap(choice.value) || choice.value.Ref !== 'AWS::NoValue',
  )
}

function linesOfDocument(document: unknown, when = ''): string[] {
  return toChoices((document as Json).Statement, when).flatMap(({ value, when: outer }) => {
    const { Effect, Action, Principal, Resource, Condition } = value as Json
    const who = Principal === undefined ? '' : ` by ${toText(Principal)}`
    const limits = Condition === undefined ? '' : ` where ${toText(Condition)}`
    return [Action].flat().flatMap((action) =>
      toChoices(Resource ?? '', outer).map((choice) => {
        const where = choice.value === '' ? '' : ` on ${toText(choice.value)}`
        return `${Effect} ${action}${where}${who}${limits}${choice.when}`
      }),
    )
  })
}

const WITH_POLICIES = Object.entries(template.Resources).filter(([, { Type }]) =>
  /^AWS::IAM::|Policy$|^AWS::Lambda::Permission$/.test(Type),
)

test.each(WITH_POLICIES)('%s allows and denies what the golden list says', (_name, { Type, Condition, Properties }) => {
  const when = Condition === undefined ? '' : ` [${Condition}]`
  const { AssumeRolePolicyDocument, Policies, ManagedPolicyArns, PolicyDocument, ...others } = Properties
  const lines = [
    ...(AssumeRolePolicyDocument === undefined ? [] : linesOfDocument(AssumeRolePolicyDocument, when)),
    ...toChoices(Policies ?? [], when).flatMap((choice) =>
      linesOfDocument((choice.value as Json).PolicyDocument, choice.when),
    ),
    ...(PolicyDocument === undefined ? [] : linesOfDocument(PolicyDocument, when)),
    ...toChoices(ManagedPolicyArns ?? [], when).map((choice) => `all of ${toText(choice.value)}${choice.when}`),
    ...(Type === 'AWS::Lambda::Permission' ? [`Allow ${toText(others)}${when}`] : []),
  ]
  expect(lines.length).toBeGreaterThan(0)
  expect(`\n${lines.toSorted().join('\n')}\n`).toMatchSnapshot()
})

test('no function and no state machine has policies beside its role, which the golden list would not show', () => {
  const serverless = Object.values(template.Resources).filter(({ Type }) =>
    ['AWS::Serverless::Function', 'AWS::Serverless::StateMachine'].includes(Type),
  )
  expect(serverless.length).toBeGreaterThan(8)
  for (const { Properties } of serverless) {
    expect(Properties).toHaveProperty('Role')
    expect(Properties).not.toHaveProperty('Policies')
  }
})

test('the resource policy of the API allows only with an authorizer: with IAM an Allow would need no permission', () => {
  const body = template.Resources.Api?.Properties.DefinitionBody as Json
  const [{ value, when } = { value: undefined, when: '' }] = toChoices(body['x-amazon-apigateway-policy'])
  expect(linesOfDocument(value, when)).toMatchInlineSnapshot(`
[
  "Allow execute-api:Invoke on execute-api:/* by * [LimitNetwork] [KeyAuth]",
  "Deny execute-api:Invoke on execute-api:/* by * where { StringNotEquals: { aws:SourceVpce: \${VpcEndpointIds} } } [LimitNetwork] [IsPrivate]",
  "Deny execute-api:Invoke on execute-api:/* by * where { NotIpAddress: { Fn::If: IsPrivate | { aws:VpcSourceIp: \${SourceRanges} } | { aws:SourceIp: \${SourceRanges} } } } [LimitNetwork] [LimitSources]",
]
`)
})

test.each([
  { VpcEndpointIds: 'vpce-0123456789abcdef0' },
  { SourceRanges: '203.0.113.0/24' },
  { WebAclArn: 'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/name/id' },
  { FunctionUrl: 'OFF' },
])('with %o no function has a URL that would pass by the limits of the API', (parameters) => {
  const { functions } = loadTemplate('template.yaml', { parameters })
  expect(functions.length).toBeGreaterThan(8)
  expect(functions.filter(({ functionUrl }) => functionUrl)).toEqual([])
})

test('every role has the permissions boundary of the stack', () => {
  const roles = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::IAM::Role')
  expect(roles.length).toBeGreaterThan(10)
  for (const { Properties } of roles) {
    expect(Properties.PermissionsBoundary).toEqual({
      'Fn::If': ['HasBoundary', { Ref: 'PermissionsBoundary' }, { Ref: 'AWS::NoValue' }],
    })
  }
})

test('every log group, the bucket and the queue have the key of the stack', () => {
  const key = { 'Fn::If': ['HasKmsKey', { Ref: 'KmsKeyArn' }, { Ref: 'AWS::NoValue' }] }
  const groups = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Logs::LogGroup')
  expect(groups.length).toBeGreaterThan(10)
  for (const { Properties } of groups) expect(Properties.KmsKeyId).toEqual(key)
  expect(template.Resources.JobsDeadLetterQueue?.Properties.KmsMasterKeyId).toEqual(key)
  expect(JSON.stringify(template.Resources.JobsBucket?.Properties.BucketEncryption)).toContain(JSON.stringify(key))
})

test('every role that reads or writes objects or sends dead letters may use the key of the stack', () => {
  const roles = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role')
  const text = roles.map(([name, { Properties }]) => [name, JSON.stringify(Properties)] as const)
  const storing = text.filter(([, policies]) => /"(s3|sqs):/.test(policies)).map(([name]) => name)
  const withKey = text.filter(([, policies]) => policies.includes('"kms:GenerateDataKey"')).map(([name]) => name)
  expect(storing.length).toBeGreaterThan(7)
  expect(withKey).toEqual(storing)
})
