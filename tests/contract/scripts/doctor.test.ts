import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
const MODEL = 'anthropic.claude-sonnet-4-6'

/** Answers in the shapes of Bedrock, Lambda and API Gateway, by path. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/foundation-models': {
    modelSummaries: [
      {
        modelArn: `arn:aws:bedrock:eu-central-1::foundation-model/${MODEL}`,
        modelId: MODEL,
        modelName: 'Claude Sonnet 4.6',
      },
    ],
  },
  '/inference-profiles': {
    inferenceProfileSummaries: [{ inferenceProfileId: `eu.${MODEL}`, type: 'SYSTEM_DEFINED', status: 'ACTIVE' }],
  },
  [`/foundation-model-availability/${MODEL}`]: {
    modelId: MODEL,
    agreementAvailability: { status: 'NOT_AVAILABLE' },
    authorizationStatus: 'AUTHORIZED',
    entitlementAvailability: 'AVAILABLE',
    regionAvailability: 'AVAILABLE',
  },
  '/logging/modelinvocations': {},
  '/2016-08-19/account-settings': {
    AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10, TotalCodeSize: 80530636800 },
    AccountUsage: { FunctionCount: 3, TotalCodeSize: 1 },
  },
  '/account': {
    cloudwatchRoleArn: 'arn:aws:iam::123456789012:role/api-gateway-logs',
    throttleSettings: { burstLimit: 5000, rateLimit: 10000 },
  },
}

const QUOTAS = {
  Quotas: [
    {
      ServiceCode: 'bedrock',
      QuotaName: 'Cross-region model inference requests per minute for Anthropic Claude Sonnet 4.6',
      QuotaCode: 'L-00000000',
      Value: 0,
    },
    { ServiceCode: 'bedrock', QuotaName: 'Batch size', QuotaCode: 'L-00000001', Value: 5 },
  ],
}

let server: Server
let url: string
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)
    if (path === '/use-case-for-model-access') {
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' })
      return response.end('{"message":"You have not filled out the request form"}')
    }
    const answer =
      request.headers['x-amz-target'] === 'ServiceQuotasV20190624.ListServiceQuotas' ? QUOTAS : ANSWERS[path]
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    return response.end(JSON.stringify(answer ?? { message: path }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

function runDoctor(words: readonly string[], environment: Record<string, string>) {
  const { PATH } = process.env
  const env = { PATH, HOME: tmpdir(), AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', ...environment }
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      ['scripts/node24.cjs', 'scripts/doctor.ts', ...words],
      { cwd: ROOT, env },
      (error, stdout, stderr) => resolve({ code: error?.code, stdout, stderr }),
    )
  })
}

test('the doctor names what is missing and prints the command to deploy with', async () => {
  const { code, stdout, stderr } = await runDoctor(['--region', 'eu-central-1', '--model', `global.${MODEL}`], {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })

  expect(stderr).toBe('')
  expect(code).toBe(1)
  expect(stdout.split('\n')).toEqual([
    `ok      profiles of ${MODEL} in eu-central-1: eu.`,
    expect.stringMatching(/^FAIL {4}no access to .*agreement NOT_AVAILABLE/),
    expect.stringMatching(/^FAIL {4}Anthropic's form about the use case is not sent/),
    'FAIL    Cross-region model inference requests per minute for Anthropic Claude Sonnet 4.6: 0. Ask AWS Support for a quota',
    expect.stringMatching(/^look {4}Lambda runs at most 10 invocations at once/),
    'ok      API Gateway writes logs as arn:aws:iam::123456789012:role/api-gateway-logs: AccessLogs can be true',
    'ok      Bedrock itself logs no prompts and answers',
    'ok      eu-central-1 has function URLs',
    '',
    `npm run build && sam deploy --region eu-central-1 --parameter-overrides DataResidency=GEOGRAPHY DefaultModelId=eu.${MODEL} AccessLogs=true`,
    '',
  ])
})

test('without credentials the doctor prints one line', async () => {
  const { code, stdout, stderr } = await runDoctor(['--region', 'us-east-1'], { AWS_ENDPOINT_URL: url })

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^Could not load credentials.*\n$/)
})
