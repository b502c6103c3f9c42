import { ConverseStreamCommand, type ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime'
import { decodeChunks, readStream } from './read-stream.ts'
import { CLAUDE, NOVA, useEmulator, userMessage } from './support.ts'

const emulator = useEmulator()

const BLOCKED = 'Sorry, the model cannot answer this question.'
/** 40 words before and after, which is more than the asynchronous mode sends before it evaluates. */
const words = (word: string) => `${word} `.repeat(40).trim()

async function ask(text: string, streamProcessingMode?: 'sync' | 'async'): Promise<ConverseStreamOutput[]> {
  const { stream } = await emulator.client.send(
    new ConverseStreamCommand({
      modelId: CLAUDE,
      messages: [userMessage(text)],
      guardrailConfig: {
        guardrailIdentifier: 'abc',
        guardrailVersion: '1',
        trace: 'enabled',
        ...(streamProcessingMode && { streamProcessingMode }),
      },
    }),
  )
  const events: ConverseStreamOutput[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}

function textsOf(events: readonly ConverseStreamOutput[]): string[] {
  const texts: string[] = []
  for (const { contentBlockDelta: delta } of events) {
    if (delta) texts[delta.contentBlockIndex ?? 0] = (texts[delta.contentBlockIndex ?? 0] ?? '') + delta.delta?.text
  }
  return texts
}

const stopOf = (events: readonly ConverseStreamOutput[]) =>
  events.find(({ messageStop }) => messageStop)?.messageStop?.stopReason
const traceOf = (events: readonly ConverseStreamOutput[]) => events.at(-1)?.metadata?.trace?.guardrail

describe.each([[undefined], ['sync' as const]])('synchronous (%s)', (mode) => {
  test('no blocked text is sent', async () => {
    const events = await ask(`[emulator:say=${words('before')} investment advice ${words('behind')}]`, mode)

    expect(textsOf(events)).toEqual([BLOCKED])
    expect(stopOf(events)).toBe('guardrail_intervened')
    expect(traceOf(events)?.modelOutput?.[0]).toContain('investment advice')
  })

  test('personal data is masked', async () => {
    expect(textsOf(await ask('[emulator:say=Write to a@example.com now]', mode))).toEqual(['Write to {EMAIL} now'])
  })
})

describe('asynchronous', () => {
  test('blocked text may be sent before the stream is stopped', async () => {
    const said = `${words('before')} investment advice ${words('behind')}`
    const events = await ask(`[emulator:say=${said}]`, 'async')

    const [released = '', message] = textsOf(events)
    expect(said.startsWith(released)).toBe(true)
    expect(released).toContain('investment advice')
    expect(released.length).toBeLessThan(said.length)
    expect(message).toBe(BLOCKED)
    expect(stopOf(events)).toBe('guardrail_intervened')
    expect(traceOf(events)).toMatchObject({
      modelOutput: [released],
      outputAssessments: { abc: [{ topicPolicy: { topics: [{ name: 'Investment advice', action: 'BLOCKED' }] } }] },
    })
    const names = events.map((event) => Object.keys(event)[0])
    expect(names.filter((name) => name === 'contentBlockStop')).toHaveLength(2)
    expect(names.slice(-2)).toEqual(['messageStop', 'metadata'])
  })

  test('blocked text at the end of a short answer is found', async () => {
    const events = await ask('[emulator:say=investment advice]', 'async')
    expect(textsOf(events)).toEqual(['investment advice', BLOCKED])
    expect(stopOf(events)).toBe('guardrail_intervened')
  })

  test('nothing is masked', async () => {
    const events = await ask('[emulator:say=Write to a@example.com now]', 'async')
    expect(textsOf(events)).toEqual(['Write to a@example.com now'])
    expect(stopOf(events)).toBe('end_turn')
    expect(traceOf(events)?.outputAssessments?.abc?.[0]?.sensitiveInformationPolicy?.piiEntities).toEqual([
      { match: 'a@example.com', type: 'EMAIL', action: 'NONE', detected: true },
    ])
  })

  test('blocked input is blocked before the stream', async () => {
    const events = await ask('[blocked topic]', 'async')
    expect(textsOf(events)).toEqual([BLOCKED])
    expect(traceOf(events)?.outputAssessments).toBeUndefined()
  })

  test('text is sent before the answer is complete', async () => {
    const { stream } = await emulator.client.send(
      new ConverseStreamCommand({
        modelId: CLAUDE,
        messages: [userMessage(`[emulator:say=${words('word')}][emulator:silence=60000@3]`)],
        guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: '1', streamProcessingMode: 'async' },
      }),
    )
    const seen: string[] = []
    for await (const event of stream ?? []) {
      seen.push(Object.keys(event)[0] ?? '')
      if (seen.length === 3) break
    }
    expect(seen).toEqual(['messageStart', 'contentBlockDelta', 'contentBlockDelta'])
  })
})

describe('native streams', () => {
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': 'abc',
    'x-amzn-bedrock-guardrailversion': '1',
    'x-amzn-bedrock-trace': 'ENABLED',
  }
  const send = async (text: string, streamProcessingMode: string) => {
    const body = { messages: [userMessage(text)], 'amazon-bedrock-guardrailConfig': { streamProcessingMode } }
    const path = `/model/${NOVA}/invoke-with-response-stream`
    return decodeChunks((await readStream(emulator.url, path, body, { headers })).events)
  }
  const textOf = (chunks: Awaited<ReturnType<typeof send>>) =>
    chunks.map((chunk) => chunk.contentBlockDelta?.delta.text ?? '').join('')

  test.each([
    ['SYNCHRONOUS', BLOCKED],
    ['ASYNCHRONOUS', `investment advice${BLOCKED}`],
  ])("%s: the last chunk reports the guardrail's action", async (mode, text) => {
    const chunks = await send('[emulator:say=investment advice]', mode)

    expect(textOf(chunks)).toBe(text)
    expect(chunks.at(-1)).toMatchObject({
      'amazon-bedrock-guardrailAction': 'INTERVENED',
      'amazon-bedrock-trace': { guardrail: { outputs: [{ abc: { topicPolicy: expect.anything() } }] } },
      'amazon-bedrock-invocationMetrics': expect.anything(),
    })
  })
})
