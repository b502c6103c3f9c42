import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { createBedrock } from '@bedrock-functions/runtime/bedrock'
import { readConfiguration } from '@bedrock-functions/runtime/core'
import type { ModelCall, ModelOperation } from '../../../layers/runtime/src/core/model-call.ts'
import { createGuardrailStage } from '../../../layers/runtime/src/pipeline/guardrail/guardrail-stage.ts'
import { passStageAtOnce, UNCALLED } from '../../support/calls.ts'

/** Tests the stage with the emulator's guardrails. The caller asks for no guardrail. */

const MODEL = 'amazon.nova-lite-v1:0'
const emulator = createBedrockEmulator()
let bedrock: ReturnType<typeof createBedrock>

beforeAll(async () => {
  bedrock = createBedrock(readConfiguration({}), {
    endpoint: `http://127.0.0.1:${await emulator.listen(0)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
})

afterAll(() => emulator.close())

const PATHS: Readonly<Partial<Record<ModelOperation, string>>> = {
  Converse: 'converse',
  ConverseStream: 'converse-stream',
  InvokeModel: 'invoke',
  InvokeModelWithResponseStream: 'invoke-with-response-stream',
}
const OPTIONS = { signal: new AbortController().signal, retry: false }

function guard(operation: ModelOperation, document: object, headers: Record<string, string> = {}): ModelCall {
  const stage = createGuardrailStage(
    { guardrailIdentifier: 'abc123', guardrailVersion: '1', trace: 'enabled' },
    UNCALLED,
  )
  return passStageAtOnce(stage, {
    operation,
    modelId: MODEL,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(document)),
    caller: undefined,
    replyHeaders: {},
  })
}

function requestOf({ operation, headers, body }: ModelCall) {
  return { path: `/model/${encodeURIComponent(MODEL)}/${PATHS[operation]}`, headers, body }
}

const say = (text: string) => ({ messages: [{ role: 'user', content: [{ text }] }] })

test("Converse is blocked by the stack's guardrail", async () => {
  const { body } = await bedrock.send(requestOf(guard('Converse', say('[blocked topic]'))), OPTIONS)
  expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({
    stopReason: 'guardrail_intervened',
    trace: { guardrail: { inputAssessment: { abc123: expect.anything() } } },
  })
})

test("InvokeModel is blocked by the stack's guardrail, also without a content type as the JavaScript SDK sends it", async () => {
  const call = guard('InvokeModel', say('[blocked topic]'), { 'content-type': 'application/octet-stream' })
  const { body } = await bedrock.send(requestOf(call), OPTIONS)
  expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({
    'amazon-bedrock-guardrailAction': 'INTERVENED',
    'amazon-bedrock-trace': expect.anything(),
  })
})

test.each(['ConverseStream', 'InvokeModelWithResponseStream'] as const)(
  "%s is blocked by the stack's guardrail",
  async (operation) => {
    const { source } = await bedrock.openStream(requestOf(guard(operation, say('[blocked topic]'))), {
      ...OPTIONS,
      silenceLimitMs: 60_000,
    })
    let text = ''
    for (let frames = source.take(); frames; frames = source.take()) {
      for (const { payload } of frames) {
        const { bytes = '' } = JSON.parse(payload.toString())
        text += payload.toString() + Buffer.from(bytes, 'base64').toString()
      }
      if (frames.length === 0) await new Promise<void>((resolve) => Object.assign(source, { onChange: resolve }))
    }
    expect(text).toContain('guardrail')
    expect(text).toMatch(/guardrail_intervened|"amazon-bedrock-guardrailAction":"INTERVENED"/)
  },
)
