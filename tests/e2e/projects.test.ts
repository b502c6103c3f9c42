import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime'
import OpenAI from 'openai'
import { createStackClients, eventually } from '../support/stack-clients.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const KEY = 'local-key-0123456789abcdef'
const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const NOVA = 'us.amazon.nova-lite-v1:0'
const GPT_OSS = 'openai.gpt-oss-120b-1:0'
const HEADER = 'x-amzn-bedrock-projectidentifier'
const messages = [{ role: 'user' as const, content: [{ text: 'Hi' }] }]
const asked = [{ role: 'user' as const, content: 'Hi' }]

let stack: RunningStack
beforeAll(async () => {
  stack = await startStack({ arguments: ['--parameter-overrides', 'CallerProjects=user/alice=proj_alice'] })
}, 60_000)
afterAll(() => stack.stop())

/** Waits for the operations that the log of a function has for a project. */
function operationsOf(project: string, functionName: string, count: number): Promise<unknown[]> {
  return eventually(async () => {
    // The file exists from the first line on.
    const text = await readFile(join(stack.stateDirectory, 'logs', `${functionName}.log`), 'utf8').catch(() => '')
    const lines = text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    const operations = lines.filter((line) => line.project === project).map(({ operation }) => operation)
    return operations.length >= count ? operations : undefined
  })
}

test('the project of a caller is added, another one is a 403, and the log has it', async () => {
  const { bedrock, destroy } = createStackClients(stack, 'alice')
  const projects: unknown[] = []
  bedrock.middlewareStack.add(
    (next) => async (step) => {
      const outcome = await next(step)
      projects.push((outcome.response as { headers: Record<string, string> }).headers[HEADER])
      return outcome
    },
    { step: 'deserialize', priority: 'low' },
  )
  await bedrock.send(new ConverseCommand({ modelId: NOVA, messages }))
  await bedrock.send(
    new InvokeModelCommand({ modelId: NOVA, body: JSON.stringify({ schemaVersion: 'messages-v1', messages }) }),
  )
  const named = { modelId: NOVA, messages, projectIdentifier: 'proj_bob' }
  const response = await fetch(`${stack.api}/model/${encodeURIComponent(NOVA)}/converse`, {
    method: 'POST',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=alice/20261127/us-east-1/bedrock/aws4_request' },
    body: JSON.stringify(named),
  })
  destroy()

  expect(projects).toEqual(['proj_alice', 'proj_alice'])
  expect(response.status).toBe(403)
  expect(await response.json()).toEqual({
    message: 'The project of this caller is proj_alice (parameter CallerProjects), but the request names proj_bob.',
  })
  expect(await operationsOf('proj_alice', 'InvokeFunction', 2)).toEqual(['Converse', 'InvokeModel'])
})

test('jobs and the workflow of a caller are in its project', async () => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=alice/20261127/us-east-1/execute-api/aws4_request'
  const post = (path: string, document: object) =>
    fetch(stack.api + path, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(document),
    })
  const started = await post('/async-invoke', { modelId: NOVA, input: { converse: { messages } } })
  const ended = await post('/workflow', { prompt: 'Hi' })

  expect([started.status, ended.status]).toEqual([200, 200])
  expect(await ended.json()).toMatchObject({ status: 'Completed', mode: 'sync' })
  expect(await operationsOf('proj_alice', 'RunJobFunction', 1)).toHaveLength(1)
  expect(await operationsOf('proj_alice', 'InvokeEventFunction', 1)).toEqual(['Converse'])
})

test('OpenAI-Project is the project of a call in every way of a door', async () => {
  const openai = new OpenAI({ baseURL: `${stack.api}/v1`, apiKey: KEY, project: 'proj_carol', maxRetries: 0 })
  const defaultHeaders = { 'OpenAI-Project': 'proj_carol' }
  const anthropic = new Anthropic({ baseURL: stack.api, apiKey: KEY, defaultHeaders, maxRetries: 0 })
  const chat = (model: string) => openai.chat.completions.create({ model, messages: asked }).withResponse()
  const message = (model: string) =>
    anthropic.messages.create({ model, max_tokens: 50, messages: asked }).withResponse()
  const answers = [await chat(NOVA), await chat(GPT_OSS), await message(NOVA), await message(CLAUDE)]
  const { response } = await openai.responses.create({ model: NOVA, input: 'Hi' }).withResponse()
  expect([response.headers.get('x-bedrock-functions-door'), response.headers.get(HEADER)]).toEqual([
    'converse',
    'proj_carol',
  ])
  const input = { model: 'amazon.titan-embed-text-v2:0', input: 'Hi' }
  await openai.embeddings.create(input)

  expect(answers.map(({ response }) => response.headers.get('x-bedrock-functions-door'))).toEqual([
    'converse',
    'bedrock',
    'converse',
    'native',
  ])
  expect(await operationsOf('proj_carol', 'StreamFunction', 5)).toEqual([
    'OpenAIChatCompletions',
    'OpenAIChatCompletions',
    'AnthropicMessages',
    'AnthropicMessages',
    'OpenAIResponses',
  ])
  expect(await operationsOf('proj_carol', 'InvokeFunction', 1)).toEqual(['OpenAIEmbeddings'])
  expect(answers[0]?.response.headers.get(HEADER)).toBe('proj_carol')
  expect(answers[2]?.response.headers.get(HEADER)).toBe('proj_carol')
  expect(answers[3]?.response.headers.get(HEADER)).toBe('proj_carol')
})
