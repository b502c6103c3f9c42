import type { ContentBlock, ConversationRequest, Tool, Turn } from '../../../local/bedrock/conversation/types.ts'
import { chooseTool } from '../../../local/bedrock/deterministic-model/choose-tool.ts'
import type { JsonObject } from '../../../local/bedrock/shapes/json.ts'

function tool(name: string, description: string, properties: JsonObject = {}, required: string[] = []): Tool {
  return { name, description, inputSchema: { type: 'object', properties, required } }
}

const text = { type: 'string' }
const number = { type: 'number' }
const weather = tool('get_weather', 'Get the current weather in a city', { city: text }, ['city'])
const song = tool('top_song', 'Get the most popular song played on a radio station.', { sign: text }, ['sign'])
const coordinates = tool(
  'Weather_Tool',
  'Get the current weather for a given location, based on its WGS84 coordinates.',
  { latitude: text, longitude: text },
  ['latitude', 'longitude'],
)
const multiply = tool('multiply', 'Multiply two integers', { a: { type: 'integer' }, b: { type: 'integer' } }, [
  'a',
  'b',
])
const add = tool('add', 'Add two integers', { a: { type: 'integer' }, b: { type: 'integer' } }, ['a', 'b'])
const calculator = tool('calculator', 'Evaluate a mathematical expression', { expression: text }, ['expression'])
const clock = tool('current_time', 'Get the current time in ISO 8601 format', { timezone: text })
const convert = tool(
  'convert_currency',
  'Convert an amount of money',
  { amount: number, from_currency: text, to_currency: text },
  ['amount', 'from_currency', 'to_currency'],
)
const search = tool('search', 'Search the web', { query: text }, ['query'])
const email = tool('sendEmail', 'Send an e-mail message', { to_email: text, subject: text }, ['to_email'])
const unit = tool('get_temperature', '', { city: text, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } }, [
  'city',
])
const described = tool('tool_b', 'Weather of a city', { place: text })
const flights = tool(
  'search_flights',
  'Search for flights between two cities',
  { origin: text, destination: text, date: { type: 'string', format: 'date' }, passengers: { type: 'integer' } },
  ['origin', 'destination', 'date', 'passengers'],
)
const all = [weather, song, multiply, add, calculator, clock, convert, search, email]

function ask(
  prompt: string,
  tools: readonly Tool[] = all,
  choice: ConversationRequest['toolChoice'] = { kind: 'auto' },
) {
  const request = {
    system: '',
    turns: [],
    tools,
    toolChoice: choice,
    parameters: { stopSequences: [], reasoning: false },
  }
  return chooseTool(request, { prompt, prompts: [prompt], hasResult: false })
}

describe('a model that may choose', () => {
  test.each<[string, readonly Tool[], string, JsonObject]>([
    ['What is the weather in Rome?', all, 'get_weather', { city: 'Rome' }],
    ["What's the weather in san francisco?", all, 'get_weather', { city: 'San Francisco' }],
    ['weather san francisco, CA please', [weather], 'get_weather', { city: 'San Francisco' }],
    ["What's the weather in San Francisco, CA?", all, 'get_weather', { city: 'San Francisco, CA' }],
    ['Is it raining in San Sebastián today?', all, 'get_weather', { city: 'San Sebastián' }],
    ['東京の天気は?', all, 'get_weather', { city: '東京' }],
    ['What is the most popular song on WZPZ?', all, 'top_song', { sign: 'WZPZ' }],
    ['What is the weather in Seattle?', [coordinates], 'Weather_Tool', { latitude: '47.61', longitude: '-122.33' }],
    ['And the weather at 48.1, -16.4?', [coordinates], 'Weather_Tool', { latitude: '48.1', longitude: '-16.4' }],
    ['What is 3 * 12?', all, 'multiply', { a: 3, b: 12 }],
    ['What is 11 + 49?', all, 'add', { a: 11, b: 49 }],
    ['Calculate 3111696 / 74088', [calculator, clock], 'calculator', { expression: '3111696 / 74088' }],
    ['What is the square root of 1764?', [clock, calculator], 'calculator', { expression: 'sqrt(1764)' }],
    ['What time is it?', all, 'current_time', { timezone: 'UTC' }],
    ['Convert 250 USD to EUR', all, 'convert_currency', { amount: 250, from_currency: 'USD', to_currency: 'EUR' }],
    ['Search for "emulators of AWS"', all, 'search', { query: 'emulators of AWS' }],
    ['Send an email to ann@example.com', all, 'sendEmail', { to_email: 'ann@example.com' }],
    ['What is the temperature in Oslo in Fahrenheit?', [unit], 'get_temperature', { city: 'Oslo', unit: 'fahrenheit' }],
    ['How is the weather in Rome?', [song, described], 'tool_b', { place: 'Rome' }],
    [
      'Find flights from Rome to Oslo on 2026-12-24 for 2 passengers',
      [weather, flights],
      'search_flights',
      { origin: 'Rome', destination: 'Oslo', date: '2026-12-24', passengers: 2 },
    ],
    ['Please use get weather for Paris', all, 'get_weather', { city: 'Paris' }],
    ['Use the get_weather tool', all, 'get_weather', { city: 'Tokyo' }],
  ])('answers %j with the tool that its words ask for', (prompt, tools, name, input) => {
    expect(ask(prompt, tools)).toEqual({ name, input })
  })

  test.each([
    'Hello',
    'What is the capital of France?',
    'Tell me a joke about cats',
    'Thank you, that is all.',
    'Who was the first person on the moon?',
    'Could you show me how this function gets its input?',
    '',
  ])('answers %j in text', (prompt) => {
    expect(ask(prompt)).toBeUndefined()
  })
})

const uses = (name: string, input: JsonObject): ContentBlock => ({ kind: 'toolUse', id: 't', name, input })
const result: ContentBlock = { kind: 'toolResult', id: 't', isError: false, blocks: [{ kind: 'text', text: 'sunny' }] }
const turn = (role: Turn['role'], ...blocks: ContentBlock[]): Turn => ({ role, blocks, path: [] })
const PROMPT = 'What is the weather in Rome?'

function continueWith(turns: readonly Turn[], tools: readonly Tool[], kind: 'auto' | 'any', hasResult: boolean) {
  const parameters = { stopSequences: [], reasoning: false }
  return chooseTool(
    { system: '', turns, tools, toolChoice: { kind }, parameters },
    { prompt: PROMPT, prompts: [PROMPT], hasResult },
  )
}

const used = [
  turn('user', { kind: 'text', text: PROMPT }),
  turn('assistant', uses('get_weather', { city: 'Rome' })),
  turn('user', result),
]

test('after a result the model answers in text', () => {
  expect(continueWith(used, all, 'auto', true)).toBeUndefined()
})

test('the same tool is not used with the same input twice in a row, but with another input', () => {
  const answered = [
    ...used,
    turn('assistant', { kind: 'text', text: 'Sunny.' }),
    turn('user', { kind: 'text', text: PROMPT }),
  ]
  const other = answered.with(1, turn('assistant', uses('get_weather', { city: 'Oslo' })))

  expect(continueWith(answered, [weather], 'auto', false)).toBeUndefined()
  expect(continueWith(other, [weather], 'auto', false)).toEqual({ name: 'get_weather', input: { city: 'Rome' } })
})

describe('a model that must use any tool', () => {
  const final = tool('final_result', 'The final response which ends this conversation', { summary: text }, ['summary'])

  test('uses the one that the prompt asks for, then the one that takes the answer', () => {
    expect(continueWith(used.slice(0, 1), [final, song, weather], 'any', false)?.name).toBe('get_weather')
    expect(continueWith(used, [weather, song, final], 'any', true)?.name).toBe('final_result')
  })

  test('uses the first one if the prompt asks for none', () => {
    expect(ask('Hello', [song, weather], { kind: 'any' })?.name).toBe('top_song')
  })

  test('uses the only one again', () => {
    expect(continueWith(used, [weather], 'any', true)?.name).toBe('get_weather')
  })
})

test('many tools with long descriptions and a long prompt are compared fast', () => {
  const long = 'weather city station '.repeat(50_000)
  const many = Array.from({ length: 100 }, (_, index) => tool(`tool_${index}`, long, { city: text }))
  const start = performance.now()

  expect(ask(long, many)?.name).toBe('tool_0')
  expect(performance.now() - start).toBeLessThan(5_000)
})
