import { BedrockRuntimeClient, InvokeModelWithBidirectionalStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { withStack } from './bench-process.ts'
import { makeTable, type Table } from './measure.ts'

const SONIC = 'amazon.nova-2-sonic-v1:0'
const ROUNDS = 20
const RATE = 16_000
const SPEECH_MS = 1_000
const PAUSE_MS = 2_200
const CHUNK_BYTES = 1_024

/**
 * Time to the first audio of the answer: of a session held directly with the emulator, from its first byte, since all of its
 * speech is sent at once, and of turn mode through the function URL and the API. The model takes no time, so all of it is the
 * way.
 */
export function benchSpeech(): Promise<Table[]> {
  return withStack([], async ({ urlOf }) => {
    const client = new BedrockRuntimeClient({
      endpoint: urlOf('bedrock'),
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    })
    const measured: Record<string, number[]> = {}
    const ways: Record<string, () => Promise<number>> = {
      'session held directly, emulator alone': () => holdSession(client),
      'turn mode, function URL': () => askTurn(urlOf('functionUrl')),
      'turn mode, API': () => askTurn(urlOf('api')),
    }
    try {
      for (let round = -2; round < ROUNDS; round += 1) {
        for (const [name, ask] of Object.entries(ways)) {
          const elapsedMs = await ask()
          if (round < 0) continue
          measured[name] = [...(measured[name] ?? []), elapsedMs]
        }
      }
    } finally {
      client.destroy()
    }
    return [makeTable('Speech of 1 s, sent at once, to the first audio; the model takes no time', 'ms', measured)]
  })
}

function tone(): Buffer {
  const samples = Buffer.alloc((2 * RATE * SPEECH_MS) / 1_000)
  for (let index = 0; index < samples.length / 2; index += 1) {
    samples.writeInt16LE(Math.round(8_000 * Math.sin(index / 6)), 2 * index)
  }
  return samples
}

const audio = { mediaType: 'audio/lpcm', sampleSizeBits: 16, channelCount: 1, audioType: 'SPEECH', encoding: 'base64' }

async function holdSession(client: BedrockRuntimeClient): Promise<number> {
  const promptName = 'bench'
  const contentName = 'speech'
  const answered = Promise.withResolvers<void>()
  const event = (name: string, members: object) => ({
    chunk: { bytes: Buffer.from(JSON.stringify({ event: { [name]: members } })) },
  })
  async function* events() {
    yield event('sessionStart', { inferenceConfiguration: { maxTokens: 1024 } })
    yield event('promptStart', {
      promptName,
      textOutputConfiguration: { mediaType: 'text/plain' },
      audioOutputConfiguration: { ...audio, sampleRateHertz: 24_000, voiceId: 'matthew' },
    })
    const audioInputConfiguration = { ...audio, sampleRateHertz: RATE }
    yield event('contentStart', { promptName, contentName, type: 'AUDIO', role: 'USER', audioInputConfiguration })
    const samples = Buffer.concat([tone(), Buffer.alloc((2 * RATE * PAUSE_MS) / 1_000)])
    for (let start = 0; start < samples.length; start += CHUNK_BYTES) {
      const content = samples.subarray(start, start + CHUNK_BYTES).toString('base64')
      yield event('audioInput', { promptName, contentName, content })
    }
    await answered.promise
    yield event('contentEnd', { promptName, contentName })
    yield event('promptEnd', { promptName })
    yield event('sessionEnd', {})
  }
  const command = new InvokeModelWithBidirectionalStreamCommand({ modelId: SONIC, body: events() })
  const started = performance.now()
  const { body } = await client.send(command)
  let elapsedMs = 0
  for await (const { chunk } of body ?? []) {
    const text = Buffer.from(chunk?.bytes ?? []).toString()
    if (elapsedMs === 0 && text.includes('"audioOutput"')) elapsedMs = performance.now() - started
    if (text.includes('"completionEnd"')) answered.resolve()
  }
  return elapsedMs
}

async function askTurn(server: string): Promise<number> {
  const content = [{ audio: { format: 'pcm', source: { bytes: tone().toString('base64') } } }]
  const body = JSON.stringify({ messages: [{ role: 'user', content }] })
  const started = performance.now()
  const response = await fetch(`${server}/model/${SONIC}/converse-audio`, { method: 'POST', body })
  if (!response.ok) throw new Error(await response.text())
  let elapsedMs = 0
  let text = ''
  for await (const chunk of response.body ?? []) {
    if (elapsedMs > 0) continue
    text += Buffer.from(chunk).toString('latin1')
    if (text.includes('"delta":{"audio"')) elapsedMs = performance.now() - started
  }
  return elapsedMs
}
