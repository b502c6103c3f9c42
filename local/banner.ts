import { describeCertificate } from './describe-certificate.ts'
import type { AuthMode } from './gateway/access/auth-mode.ts'
import { type AccessFacts, describeAccess } from './gateway/access/describe-access.ts'
import type { Credential } from './gateway/access/signature/credentials.ts'
import type { InspectTarget } from './lambda/inspect-target.ts'
import { describeExposure } from './net/addresses.ts'
import type { ServiceAccess } from './service-access.ts'
import { shellWord } from './shell-word.ts'
import type { LocalStack } from './start-local-stack.ts'
import type { LoadedTemplate } from './template/model.ts'

const MODEL_ID = 'global.anthropic.claude-sonnet-4-5-20250929-v1%3A0'

/** Id without percent-encoding, for which curl before 8.14 makes wrong signatures (curl/curl#17129). */
const PLAIN_MODEL_ID = 'global.anthropic.claude-sonnet-4-6'

/** Options of curl for the caller's credentials. */
const CREDENTIALS: Readonly<Record<AuthMode, (region: string, user: Credential) => string>> = {
  open: () => '',
  key: () => ' -H "authorization: Bearer $AWS_BEARER_TOKEN_BEDROCK"',
  iam: (region, { accessKey, secretKey }) =>
    ` --aws-sigv4 aws:amz:${region}:execute-api --user ${accessKey}:${secretKey}`,
}

export interface BannerOptions extends AccessFacts {
  readonly openaiUrl: string | undefined
  /** What the stack listens on beside the loopback. */
  readonly host?: string | undefined
  readonly inspect?: InspectTarget | undefined
}

/** Text for the user at the start: addresses, variables for a client, a command to paste. */
export function describeStack(stack: LocalStack, template: LoadedTemplate, options: BannerOptions): string {
  const user = credentialOf(options)
  const {
    apiUrl = 'none in this template',
    functionUrl,
    emulatorUrl,
    bedrock,
    s3,
    eventBridge,
    sqs,
    dynamoDb,
    stepFunctionsUrl,
  } = stack
  const ofShell = [bedrock, s3, eventBridge, sqs, dynamoDb].filter((service) => service?.isEmbedded === false)
  const lines = [
    `API               ${apiUrl}`,
    ...(stack.apiUrl === undefined ? [] : [`Page              ${stack.apiUrl}/  in a browser on this machine`]),
    ...(functionUrl === undefined ? [] : [`Function URL      ${functionUrl}`]),
    `Bedrock emulator  ${emulatorUrl}`,
    ...describeServer('S3', s3, `  bucket ${namesOf(template.buckets)}`),
    ...describeServer('EventBridge', eventBridge),
    ...(stepFunctionsUrl === undefined
      ? []
      : [`Step Functions    ${stepFunctionsUrl}  workflow ${namesOf(template.stateMachines)}`]),
    ...describeServer('SQS', sqs, `  queue ${namesOf(template.queues)}`),
    ...describeServer('DynamoDB', dynamoDb, `  table ${namesOf(template.tables)}`),
    ...ofShell.flatMap((service) => (service ? describeShellService(service) : [])),
    ...(bedrock.isEmbedded ? describeModel(options.openaiUrl) : []),
    '',
    'Any Bedrock client, by its environment:',
    `  export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${stack.apiUrl ?? emulatorUrl}`,
    `  export AWS_REGION=${template.region} AWS_DEFAULT_REGION=${template.region}`,
    `  export AWS_ACCESS_KEY_ID=${user.accessKey} AWS_SECRET_ACCESS_KEY=${user.secretKey}`,
    ...describeExports([s3, eventBridge, sqs, dynamoDb]),
    ...(stepFunctionsUrl === undefined ? [] : [`  export AWS_ENDPOINT_URL_SFN=${stepFunctionsUrl}`]),
    ...describeAccess(stack.auth, options, stack.certificateFile !== undefined),
    ...describeCertificate(stack.certificateFile),
    ...describeInspector(options.inspect),
    ...describeExposure(options.host, EXPOSED[stack.auth]),
    '',
    'Try it:',
    `  curl ${caOption(stack)}${stack.apiUrl ?? emulatorUrl}/model/${stack.auth === 'iam' ? PLAIN_MODEL_ID : MODEL_ID}/converse${CREDENTIALS[stack.auth](template.region, user)} -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":[{"text":"What is the capital of France?"}]}]}'`,
    '',
  ]
  return lines.join('\n')
}

/** Credential for the commands. A secret of LOCAL_CREDENTIALS is not shown; the user inserts it. */
function credentialOf({ signers: [signer] }: AccessFacts): Credential {
  if (!signer?.isOwn) return { accessKey: 'local', secretKey: 'local' }
  return { accessKey: signer.accessKey, secretKey: 'SECRET' }
}

function caOption({ certificateFile }: LocalStack): string {
  return certificateFile === undefined ? '' : `--cacert ${shellWord(certificateFile)} `
}

function describeInspector(target: InspectTarget | undefined): readonly string[] {
  if (!target) return []
  const { functionName, port } = target
  return [
    '',
    `--inspect: attach a debugger to 127.0.0.1:${port} (chrome://inspect, or "Attach" in an editor). ${functionName} runs one`,
    'call at a time and has no Timeout.',
  ]
}

const EXPOSED: Readonly<Record<AuthMode, string>> = {
  open: 'the API under any name, the models behind it, and S3, events, queues and workflows',
  key: 'S3, events, queues, workflows and the emulator, which ask for no key',
  iam: 'S3, events, queues, workflows and the emulator, which verify no signature',
}

type Service = ServiceAccess | undefined

function describeServer(title: string, service: Service, resources = ''): string[] {
  return service?.isEmbedded ? [`${title.padEnd(18)}${service.endpoint}${resources}`] : []
}

function namesOf(resources: readonly { readonly name: string }[]): string {
  return resources.map(({ name }) => name).join(', ')
}

function describeShellService({ variable, endpoint }: ServiceAccess): string[] {
  return [
    '',
    `${variable} is set in this shell: functions call ${endpoint},`,
    variable === 'AWS_ENDPOINT_URL_S3'
      ? "with its AWS credentials and region. The template's buckets must be there, and no events come from there."
      : 'with the AWS credentials and region of this shell, and not the embedded server.',
  ]
}

function describeExports(services: readonly Service[]): string[] {
  const exports = services.flatMap((service) => (service ? [`${service.variable}=${service.endpoint}`] : []))
  return exports.length === 0 ? [] : ['and clients of the rest:', ...exports.map((pair) => `  export ${pair}`)]
}

/** Warning about a variable that many shells set for other programs, because prompts go there. */
function describeModel(openaiUrl: string | undefined): string[] {
  return openaiUrl
    ? ['', `OPENAI_BASE_URL is set in this shell: prompts go to ${openaiUrl}, which makes the answers.`]
    : []
}

/** Parts of the template that are ignored, one on each line. */
export function describeInert({ inert }: LoadedTemplate): string {
  return inert.map(({ path, reason }) => `  ${path}: ${reason}`).join('\n')
}
