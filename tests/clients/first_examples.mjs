// The first examples with tools and structured output of the AI SDK and LangChain, as their documentation has them, against the
// emulator: only the endpoint and the model are set. Needs the packages of first_examples.package.json beside it, and the
// variables AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_REGION, AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

import assert from 'node:assert/strict'
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import { ChatBedrockConverse } from '@langchain/aws'
import { tool as langchainTool } from '@langchain/core/tools'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { createAgent, toolStrategy } from 'langchain'
import { z } from 'zod'

const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const NOVA = 'us.amazon.nova-lite-v1:0'

const bedrock = createAmazonBedrock({ baseURL: process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME })
const chat = () => new ChatBedrockConverse({ model: CLAUDE })

const recipe = z.object({
  recipe: z.object({
    name: z.string(),
    ingredients: z.array(z.object({ name: z.string(), amount: z.string() })),
    steps: z.array(z.string()),
  }),
})

function recordWeather() {
  const inputs = []
  const get = ({ location }) => {
    inputs.push(location)
    return { location, weather: `It's always sunny in ${location}!` }
  }
  return { inputs, get }
}

const schema = z.object({ location: z.string().describe('The location to get the weather for') })

const examples = {
  async 'AI SDK: generateText calls its tool once and answers'() {
    for (const id of [CLAUDE, NOVA]) {
      const { inputs, get } = recordWeather()
      const weather = tool({ description: 'Get the weather in a location', inputSchema: schema, execute: get })
      const { text, steps } = await generateText({
        model: bedrock(id),
        tools: { weather },
        stopWhen: stepCountIs(5),
        prompt: 'What is the weather in San Francisco?',
      })
      assert.deepEqual(inputs, ['San Francisco'])
      assert.match(text, /always sunny/)
      assert.equal(steps.length, 2)
    }
  },

  async 'AI SDK: streamText calls its tool once and answers'() {
    const { inputs, get } = recordWeather()
    const weather = tool({ description: 'Get the weather in a location', inputSchema: schema, execute: get })
    const result = streamText({
      model: bedrock(CLAUDE),
      tools: { weather },
      stopWhen: stepCountIs(5),
      prompt: 'What is the weather in San Francisco?',
    })
    const text = await collect(result.textStream)
    assert.deepEqual(inputs, ['San Francisco'])
    assert.match(text, /always sunny/)
  },

  async 'AI SDK: a tool without an input is called'() {
    let calls = 0
    const time = tool({
      description: 'Get the current time',
      inputSchema: z.object({}),
      execute: () => `call ${++calls}`,
    })
    const options = { tools: { time }, stopWhen: stepCountIs(5), prompt: 'What time is it?' }
    await generateText({ model: bedrock(CLAUDE), ...options })
    await collect(streamText({ model: bedrock(CLAUDE), ...options }).textStream)
    await collect(streamText({ model: bedrock(NOVA), ...options }).textStream)
    assert.equal(calls, 3)
  },

  async 'AI SDK: an object has its schema, whole and in a stream'() {
    const options = { output: Output.object({ schema: recipe }), prompt: 'Generate a lasagna recipe.' }
    for (const id of [CLAUDE, NOVA]) {
      const { output } = await generateText({ model: bedrock(id), ...options })
      assert.ok(output.recipe.ingredients.length > 0)
      const streamed = streamText({ model: bedrock(id), ...options })
      assert.deepEqual(recipe.parse(JSON.parse(await collect(streamed.textStream))), output)
    }
  },

  async 'AI SDK: an object follows a tool'() {
    const { inputs, get } = recordWeather()
    const weather = tool({ description: 'Get the weather in a location', inputSchema: schema, execute: get })
    const { output } = await generateText({
      model: bedrock(CLAUDE),
      tools: { weather },
      output: Output.object({ schema: z.object({ city: z.string(), summary: z.string() }) }),
      stopWhen: stepCountIs(5),
      prompt: 'What is the weather in San Francisco?',
    })
    assert.deepEqual(inputs, ['San Francisco'])
    assert.equal(output.city, 'San Francisco')
  },

  async 'AI SDK: a stop sequence is reported, whole and in a stream'() {
    const options = { prompt: '[emulator:say=one END two]', stopSequences: ['END'] }
    const { text } = await generateText({ model: bedrock(CLAUDE), ...options })
    const streamed = streamText({ model: bedrock(CLAUDE), ...options })
    assert.equal(text, 'one ')
    assert.equal(await collect(streamed.textStream), 'one ')
    const { amazonBedrock, bedrock: older } = await streamed.providerMetadata
    assert.equal((amazonBedrock ?? older).stopSequence, 'END')
  },

  async 'LangChain: an agent calls its tool once and answers'() {
    const { inputs, get } = recordWeather()
    const getWeather = langchainTool(get, {
      name: 'get_weather',
      description: 'Get the weather for a given city',
      schema,
    })
    const agent = createAgent({ model: chat(), tools: [getWeather] })
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content: "What's the weather in Tokyo?" }] })
    assert.deepEqual(inputs, ['Tokyo'])
    assert.equal(messages.length, 4)
    assert.match(JSON.stringify(messages.at(-1).content), /always sunny/)
  },

  async 'LangChain: structured output has the schema'() {
    const person = z.object({ name: z.string(), age: z.number() })
    for (const method of ['functionCalling', 'jsonSchema']) {
      const structured = chat().withStructuredOutput(person, { name: 'person', method })
      assert.deepEqual(await structured.invoke('Extract: Anna Berg is 34 years old.'), { name: 'Anna Berg', age: 34 })
    }
  },

  async 'LangChain: an agent ends with a structured response'() {
    const { inputs, get } = recordWeather()
    const getWeather = langchainTool(get, { name: 'get_weather', description: 'Get the weather for a city', schema })
    const responseFormat = toolStrategy(z.object({ city: z.string(), summary: z.string() }))
    const agent = createAgent({ model: chat(), tools: [getWeather], responseFormat })
    const { structuredResponse } = await agent.invoke(
      { messages: [{ role: 'user', content: 'What is the weather in Rome?' }] },
      { recursionLimit: 10 },
    )
    assert.deepEqual(inputs, ['Rome'])
    assert.equal(structuredResponse.city, 'Rome')
  },
}

async function collect(stream) {
  let text = ''
  for await (const piece of stream) text += piece
  return text
}

let failed = 0
for (const [name, run] of Object.entries(examples)) {
  try {
    await run()
    console.log(`ok      ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAILED  ${name}`)
    console.log(error)
  }
}
console.log(`JavaScript: ${Object.keys(examples).length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
