// Frameworks that speak Anthropic's Messages, against the front door: only the base URL and the key are set. Needs the packages
// of package.json beside it, and the variables ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY.

import assert from 'node:assert/strict'
import { createAnthropic } from '@ai-sdk/anthropic'
import Anthropic from '@anthropic-ai/sdk'
import { ChatAnthropic } from '@langchain/anthropic'
import { tool as langchainTool } from '@langchain/core/tools'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

const { ANTHROPIC_BASE_URL: baseURL, ANTHROPIC_API_KEY: apiKey } = process.env

const CLAUDE = 'claude-haiku-4-5'
const MODELS = [CLAUDE, 'claude-sonnet-5', 'nova-lite', 'llama3-3-70b-instruct', 'mistral-large', 'gpt-oss']

const QUESTION = 'What is the capital of France?'
const WEATHER = 'What is the weather in Paris?'
const location = z.object({ city: z.string() })
const getWeather = async ({ city: name }) => `21 degrees in ${name}`
const tools = [
  {
    name: 'get_weather',
    input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
]

// The provider warns of models that are not Claude.
globalThis.AI_SDK_LOG_WARNINGS = false

const client = new Anthropic({ maxRetries: 0 })
// The provider takes the version as a part of its base URL.
const provider = createAnthropic({ baseURL: `${baseURL}/v1`, apiKey })

const examples = {
  async 'anthropic: text and stream'() {
    for (const model of MODELS) {
      const request = { model, max_tokens: 500, messages: [{ role: 'user', content: QUESTION }] }
      assert.match((await client.messages.create(request)).content[0].text, /Paris/)
      const final = await client.messages.stream(request).finalMessage()
      assert.match(final.content[0].text, /Paris/)
      assert.ok(final.usage.output_tokens > 0)
    }
  },

  async 'anthropic: thinking comes back with its signature'() {
    const request = {
      model: 'claude-haiku-4-5',
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      tools,
    }
    const messages = [{ role: 'user', content: 'What is the weather in Paris?' }]
    const first = await client.messages.stream({ ...request, messages }).finalMessage()
    assert.equal(first.content[0].type, 'thinking')
    assert.notEqual(first.content[0].signature, '')
    const results = first.content
      .filter(({ type }) => type === 'tool_use')
      .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: '21 degrees' }))
    assert.ok(results.length > 0)
    const history = [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: results }]
    const second = await client.messages.create({ ...request, messages: history })
    assert.match(JSON.stringify(second.content), /21 degrees/)
  },

  async 'anthropic: structured output'() {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, people: { type: 'integer' } },
      required: ['name', 'people'],
      additionalProperties: false,
    }
    const answer = await client.messages.create({
      model: CLAUDE,
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Describe Paris' }],
      output_config: { format: { type: 'json_schema', schema } },
    })
    assert.equal(JSON.parse(answer.content[0].text).name, 'Paris')
  },

  async 'anthropic: tokens are counted, and models are listed'() {
    for (const model of MODELS) {
      const counted = await client.messages.countTokens({ model, messages: [{ role: 'user', content: QUESTION }] })
      assert.ok(counted.input_tokens > 0)
    }
    const ids = []
    for await (const { id } of client.models.list({ limit: 100 })) ids.push(id)
    assert.ok(ids.includes('claude-sonnet'))
    assert.equal((await client.models.retrieve('claude-sonnet')).id, 'claude-sonnet')
  },

  async 'anthropic: the classes of errors'() {
    const fail = (content) =>
      client.messages.create({ model: CLAUDE, max_tokens: 100, messages: [{ role: 'user', content }] })
    await assert.rejects(fail('[emulator:error=ThrottlingException]'), Anthropic.RateLimitError)
    await assert.rejects(fail('[emulator:error=AccessDeniedException]'), Anthropic.PermissionDeniedError)
    await assert.rejects(fail('[emulator:error=InternalServerException]'), Anthropic.InternalServerError)
    await assert.rejects(fail(''), Anthropic.BadRequestError)
    await assert.rejects(
      client.messages
        .stream({
          model: CLAUDE,
          max_tokens: 100,
          messages: [{ role: 'user', content: 'Hello [emulator:exception=ThrottlingException@4]' }],
        })
        .finalMessage(),
      Anthropic.APIError,
    )
  },

  async 'AI SDK: text, stream, and tools in several steps'() {
    const weather = { get_weather: tool({ description: 'Weather', inputSchema: location, execute: getWeather }) }
    for (const id of MODELS) {
      const model = provider(id)
      const { text, usage } = await generateText({ model, prompt: QUESTION })
      assert.match(text, /Paris/)
      assert.ok(usage.totalTokens > 0)
      assert.match(await streamText({ model, prompt: QUESTION }).text, /Paris/)
      const request = { model, prompt: WEATHER, tools: weather, stopWhen: stepCountIs(3) }
      assert.match((await generateText(request)).text, /21 degrees/)
      assert.match(await streamText(request).text, /21 degrees/)
    }
  },

  async 'LangChain: text, stream and tools'() {
    const bound = langchainTool(getWeather, { name: 'get_weather', description: 'Weather', schema: location })
    for (const model of MODELS) {
      const chat = new ChatAnthropic({
        model,
        apiKey,
        anthropicApiUrl: baseURL,
        maxTokens: 500,
        temperature: undefined,
      })
      assert.match(String((await chat.invoke(QUESTION)).content), /Paris/)
      let whole
      for await (const piece of await chat.stream(QUESTION)) whole = whole ? whole.concat(piece) : piece
      assert.match(JSON.stringify(whole.content), /Paris/)
      const withTools = chat.bindTools([bound])
      const messages = [{ role: 'user', content: WEATHER }]
      const answer = await withTools.invoke(messages)
      const results = await Promise.all(answer.tool_calls.map((call) => bound.invoke(call)))
      const final = await withTools.invoke([...messages, answer, ...results])
      assert.match(JSON.stringify(final.content), /21 degrees/)
    }
  },
}

let failed = 0
for (const [name, check] of Object.entries(examples)) {
  try {
    await check()
    console.log(`ok      ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAILED  ${name}`)
    console.log(error)
  }
}
console.log(`JavaScript: ${Object.keys(examples).length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
