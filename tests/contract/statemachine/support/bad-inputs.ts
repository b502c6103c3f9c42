import { parseExactly } from '@bedrock-functions/runtime/json'
/** Bad input for every mode, with a word of the message: the name of the field, as a rule. */
export type BadInput = readonly [word: string, input: unknown]

export const MODES = ['direct', 'sync', 'async', 'auto'] as const
export type Mode = (typeof MODES)[number]

const guardrail = { guardrailIdentifier: 'abcdefghij12', guardrailVersion: '1' }
const converse = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }
const invokeModel = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 5,
  messages: [{ role: 'user', content: 'Hi' }],
}
const s3Location = { uri: 's3://jobs/uploads/somebody/a' }

/** Inputs that every mode refuses, by an error of 400 that names the field. */
export function badInputs(mode: Mode): readonly BadInput[] {
  const inMode = (input: object) => ({ mode, ...input })
  return [
    ['prompt', inMode({})],
    ['prompt', inMode({ prompt: '' })],
    ['prompt', inMode({ prompt: 1 })],
    ['prompt', inMode({ prompt: ['a'] })],
    ['prompt', inMode({ prompt: { text: 'a' } })],
    ['prompt', inMode({ prompt: null })],
    ['prompt', inMode({ Prompt: 'a' })],
    ['converse', inMode({ converse: 'a' })],
    ['converse', inMode({ converse: [] })],
    ['converse', inMode({ converse: 5 })],
    ['invokeModel', inMode({ invokeModel: '{}' })],
    ['invokeModel', inMode({ invokeModel: [invokeModel] })],
    ['invokeModel', inMode({ invokeModel: true })],
    ['Exactly one', inMode({ prompt: 'a', converse })],
    ['Exactly one', inMode({ invokeModel, converse })],
    ['Exactly one', inMode({ prompt: 'a', inputS3Uri: 's3://jobs/a' })],
    ['inputS3Uri', inMode({ inputS3Uri: 'https://example.com/a' })],
    ['inputS3Uri', inMode({ inputS3Uri: 's3://jobs' })],
    ['inputS3Uri', inMode({ inputS3Uri: 7 })],
    ['inputType', inMode({ inputS3Uri: 's3://jobs/a', inputType: 'text' })],
    ['modelId', inMode({ prompt: 'a', modelId: '' })],
    ['modelId', inMode({ prompt: 'a', modelId: null })],
    ['modelId', inMode({ prompt: 'a', modelId: ['amazon.nova-lite-v1:0'] })],
    ['modelId', inMode({ prompt: 'a', modelId: 'a model' })],
    ['mode', { prompt: 'a', mode: mode.toUpperCase() }],
    ['mode', { prompt: 'a', mode: [mode] }],
    ['mode', { prompt: 'a', mode: null }],
    ['maxTokens', inMode({ prompt: 'a', maxTokens: 0 })],
    ['maxTokens', inMode({ prompt: 'a', maxTokens: -5 })],
    ['maxTokens', inMode({ prompt: 'a', maxTokens: 1.5 })],
    ['maxTokens', inMode({ prompt: 'a', maxTokens: parseExactly('10.0') })],
    ['maxTokens', inMode({ prompt: 'a', maxTokens: '5' })],
    ['maxTokens', inMode({ prompt: 'a', maxTokens: null })],
    ['waitSeconds', inMode({ prompt: 'a', waitSeconds: 0 })],
    ['waitSeconds', inMode({ prompt: 'a', waitSeconds: 2.5 })],
    ['waitSeconds', inMode({ prompt: 'a', waitSeconds: parseExactly('10.0') })],
    ['waitSeconds', inMode({ prompt: 'a', waitSeconds: 281 })],
    ['waitSeconds', inMode({ prompt: 'a', waitSeconds: '25' })],
    ['onTimeout', inMode({ prompt: 'a', onTimeout: 'retry' })],
    ['onTimeout', inMode({ prompt: 'a', onTimeout: true })],
    ['clientRequestToken', inMode({ prompt: 'a', clientRequestToken: '' })],
    ['clientRequestToken', inMode({ prompt: 'a', clientRequestToken: 5 })],
    ['guardrail', inMode({ prompt: 'a', guardrail: 'abcdefghij12' })],
    ['guardrail', inMode({ prompt: 'a', guardrail: { guardrailIdentifier: 'abcdefghij12' } })],
    ['guardrail', inMode({ prompt: 'a', guardrail: { ...guardrail, guardrailVersion: 1 } })],
    ['guardrail', inMode({ prompt: 'a', guardrail: { ...guardrail, output: 'yes' } })],
    ['guardrail', inMode({ inputS3Uri: 's3://jobs/a', guardrail })],
    ...OF_MODE[mode],
  ]
}

const OF_MODE: Readonly<Record<Mode, readonly BadInput[]>> = {
  direct: [
    ['inputS3Uri', { mode: 'direct', inputS3Uri: 's3://jobs/a' }],
    ['s3Location', { mode: 'direct', converse: { messages: [{ content: [{ image: { source: { s3Location } } }] }] } }],
    ['s3Location', { mode: 'direct', invokeModel: { ...invokeModel, image: { source: { s3Location } } } }],
    ['converse.Messages', { mode: 'direct', converse: { Messages: [] } }],
    ['base64', { mode: 'direct', converse: { messages: [{ content: [{ image: { source: { bytes: '?' } } }] }] } }],
  ],
  sync: [
    ['inputS3Uri', { mode: 'sync', inputS3Uri: 's3://jobs/a' }],
    ['mode async', { mode: 'sync', invokeModel: { taskType: 'TEXT_IMAGE', imageGenerationConfig: {} } }],
  ],
  async: [],
  auto: [],
}
