// Frameworks that speak OpenAI's chat completions, against the front door: only the base URL and the key are set. Needs the
// packages of package.json beside it, and the variables OPENAI_BASE_URL and OPENAI_API_KEY.

import assert from 'node:assert/strict'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { tool as langchainTool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { Agent, tool as agentTool, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled } from '@openai/agents'
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { z } from 'zod'

const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey } = process.env

const CLAUDE = 'claude-haiku-4-5'
const MODELS = [CLAUDE, 'claude-sonnet-5', 'nova-lite', 'llama3-3-70b-instruct', 'mistral-large', 'gpt-oss']
/** Models that follow a schema. The others are only told of it, and the emulator follows no instructions. */
const WITH_SCHEMAS = MODELS.filter((model) => !model.startsWith('llama'))

const QUESTION = 'What is the capital of France?'
const WEATHER = 'What is the weather in Paris?'
const city = z.object({ name: z.string(), people: z.number() })
const location = z.object({ city: z.string() })
const getWeather = async ({ city: name }) => `21 degrees in ${name}`

const openai = createOpenAI({ baseURL, apiKey })
const compatible = createOpenAICompatible({
  name: 'compatible',
  baseURL,
  apiKey,
  includeUsage: true,
  supportsStructuredOutputs: true,
})

setTracingDisabled(true)
setOpenAIAPI('chat_completions')
setDefaultOpenAIClient(new OpenAI({ baseURL, apiKey }))

const examples = {
  ...aiSdk('AI SDK, openai', (model) => openai.chat(model)),
  ...aiSdk('AI SDK, openai-compatible', (model) => compatible(model)),

  async 'AI SDK: embeddings'() {
    for (const model of ['titan-embed', 'cohere.embed-v4:0', 'amazon.nova-2-multimodal-embeddings-v1:0']) {
      const { embeddings } = await embedMany({ model: openai.embedding(model), values: ['Mount Fuji', 'bread'] })
      assert.equal(embeddings.length, 2)
    }
  },

  async 'AI SDK: reasoning comes back in several steps'() {
    const { steps, text } = await generateText({
      model: compatible('claude-sonnet-5'),
      prompt: WEATHER,
      tools: { get_weather: tool({ description: 'Weather', inputSchema: location, execute: getWeather }) },
      stopWhen: stepCountIs(3),
      providerOptions: { compatible: { reasoningEffort: 'low' } },
    })
    assert.notEqual(steps[0].reasoningText, undefined)
    assert.match(text, /21 degrees/)
  },

  async 'LangChain: text, stream, tools, structured output'() {
    const bound = langchainTool(getWeather, { name: 'get_weather', description: 'Weather', schema: location })
    for (const model of MODELS) {
      const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL } })
      assert.match((await chat.invoke(QUESTION)).content, /Paris/)
      let whole
      for await (const piece of await chat.stream(QUESTION)) whole = whole ? whole.concat(piece) : piece
      assert.match(whole.content, /Paris/)
      assert.ok(whole.usage_metadata.total_tokens > 0)
      const withTools = chat.bindTools([bound])
      const messages = [{ role: 'user', content: WEATHER }]
      const answer = await withTools.invoke(messages)
      const results = await Promise.all(answer.tool_calls.map((call) => bound.invoke(call)))
      assert.match((await withTools.invoke([...messages, answer, ...results])).content, /21 degrees/)
      if (!WITH_SCHEMAS.includes(model)) continue
      assert.equal((await chat.withStructuredOutput(city).invoke('Describe Paris')).name, 'Paris')
    }
  },

  async 'LangChain: embeddings'() {
    const embeddings = new OpenAIEmbeddings({ model: 'titan-embed', apiKey, configuration: { baseURL } })
    assert.equal((await embeddings.embedDocuments(['Mount Fuji', 'bread'])).length, 2)
  },

  async 'OpenAI Agents SDK: an agent with a tool, also in a stream'() {
    const get_weather = agentTool({
      name: 'get_weather',
      description: 'Weather',
      parameters: location,
      execute: getWeather,
    })
    for (const model of MODELS) {
      const agent = new Agent({ name: 'weather', instructions: 'Be brief.', model, tools: [get_weather] })
      assert.match((await run(agent, WEATHER)).finalOutput, /21 degrees/)
      const stream = await run(agent, WEATHER, { stream: true })
      await stream.completed
      assert.match(stream.finalOutput, /21 degrees/)
    }
  },

  async 'openai: the list of models has aliases and ids'() {
    const client = new OpenAI({ baseURL, apiKey })
    const ids = (await client.models.list()).data.map(({ id }) => id)
    assert.ok(ids.includes('claude-haiku'))
    const [id] = ids.filter((one) => one.includes(':'))
    assert.equal((await client.models.retrieve(id)).id, id)
  },

  async 'openai: the classes of errors'() {
    const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
    const fail = (content) => client.chat.completions.create({ model: CLAUDE, messages: [{ role: 'user', content }] })
    await assert.rejects(fail('[emulator:error=ThrottlingException]'), OpenAI.RateLimitError)
    await assert.rejects(fail('[emulator:error=AccessDeniedException]'), OpenAI.PermissionDeniedError)
    await assert.rejects(fail(''), OpenAI.BadRequestError)
  },
}

function aiSdk(name, toModel) {
  const tools = { get_weather: tool({ description: 'Weather', inputSchema: location, execute: getWeather }) }
  return {
    async [`${name}: text and stream`]() {
      for (const id of MODELS) {
        const { text, finishReason, usage } = await generateText({ model: toModel(id), prompt: QUESTION })
        assert.match(text, /Paris/)
        assert.equal(finishReason, 'stop')
        assert.ok(usage.totalTokens > 0)
        assert.match(await streamText({ model: toModel(id), prompt: QUESTION }).text, /Paris/)
      }
    },
    async [`${name}: tools in several steps, also in a stream`]() {
      for (const id of MODELS) {
        const request = { model: toModel(id), prompt: WEATHER, tools, stopWhen: stepCountIs(3) }
        assert.match((await generateText(request)).text, /21 degrees/)
        assert.match(await streamText(request).text, /21 degrees/)
      }
    },
    async [`${name}: structured output`]() {
      for (const id of WITH_SCHEMAS) {
        const output = Output.object({ schema: city })
        const answer = await generateText({ model: toModel(id), prompt: 'Describe Paris', output })
        assert.equal(answer.output.name, 'Paris')
      }
    },
  }
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
