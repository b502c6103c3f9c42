import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ApplyGuardrailCommand,
  type ApplyGuardrailCommandInput,
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
} from '@aws-sdk/client-bedrock-runtime'
import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { CLAUDE, createClient, NOVA, post, type RunningEmulator, startEmulator, userMessage } from './support.ts'

const GUARDRAILS = {
  strict: {
    blockedInputMessaging: 'Not that question.',
    blockedOutputsMessaging: 'Not that answer.',
    topicPolicyConfig: {
      topicsConfig: [
        { name: 'Medicine', type: 'DENY', definition: 'Medical advice', examples: ['which pills'] },
        { name: 'Watched', type: 'DENY', definition: 'Only reported', examples: ['politics'], inputAction: 'NONE' },
        { name: 'Unheard', type: 'DENY', definition: 'Off', examples: ['weather'], inputEnabled: false },
      ],
    },
    contentPolicyConfig: {
      filtersConfig: [
        { type: 'VIOLENCE', inputStrength: 'MEDIUM', outputStrength: 'LOW', phrases: { MEDIUM: ['punch him'] } },
        { type: 'PROMPT_ATTACK', inputStrength: 'HIGH', outputStrength: 'NONE' },
      ],
    },
    wordPolicyConfig: { wordsConfig: [{ text: 'acme' }], managedWordListsConfig: [{ type: 'PROFANITY' }] },
    sensitiveInformationPolicyConfig: {
      piiEntitiesConfig: [
        { type: 'EMAIL', action: 'ANONYMIZE' },
        { type: 'US_SOCIAL_SECURITY_NUMBER', action: 'BLOCK' },
        { type: 'URL', action: 'ANONYMIZE', inputAction: 'NONE' },
      ],
      regexesConfig: [{ name: 'ticket', pattern: 'T-[0-9]{4}', action: 'ANONYMIZE' }],
    },
    contextualGroundingPolicyConfig: {
      filtersConfig: [
        { type: 'GROUNDING', threshold: 0.6 },
        { type: 'RELEVANCE', threshold: 0.5, action: 'NONE' },
      ],
    },
  },
  'mild:2': { wordPolicyConfig: { wordsConfig: [{ text: 'second' }] } },
}

const directory = mkdtempSync(join(tmpdir(), 'guardrails-'))
let emulator: RunningEmulator
let client: BedrockRuntimeClient

beforeAll(async () => {
  emulator = await startEmulator({ environment: { EMULATOR_GUARDRAILS: write({ guardrails: GUARDRAILS }) } })
  client = createClient(emulator.url)
})

afterAll(async () => {
  client.destroy()
  await emulator.close()
  rmSync(directory, { recursive: true })
})

function write(content: unknown): string {
  const file = join(directory, `${Math.random()}.json`)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const apply = (text: string, more: Partial<ApplyGuardrailCommandInput> = {}) =>
  client.send(
    new ApplyGuardrailCommand({
      guardrailIdentifier: 'strict',
      guardrailVersion: 'DRAFT',
      source: 'INPUT',
      content: [{ text: { text } }],
      ...more,
    }),
  )

describe('policies', () => {
  test.each([
    [
      'Which pills?',
      { topicPolicy: { topics: [{ name: 'Medicine', type: 'DENY', action: 'BLOCKED', detected: true }] } },
    ],
    [
      'Punch him',
      {
        contentPolicy: {
          filters: [
            { type: 'VIOLENCE', confidence: 'MEDIUM', filterStrength: 'MEDIUM', action: 'BLOCKED', detected: true },
          ],
        },
      },
    ],
    [
      'Buy Acme, damn',
      {
        wordPolicy: {
          customWords: [{ match: 'acme', action: 'BLOCKED', detected: true }],
          managedWordLists: [{ match: 'damn', type: 'PROFANITY', action: 'BLOCKED', detected: true }],
        },
      },
    ],
    [
      'I am 123-45-6789',
      {
        sensitiveInformationPolicy: {
          piiEntities: [{ match: '123-45-6789', type: 'US_SOCIAL_SECURITY_NUMBER', action: 'BLOCKED', detected: true }],
          regexes: [],
        },
      },
    ],
  ])('block %j', async (text, assessment) => {
    const { action, outputs, assessments } = await apply(text)

    expect({ action, outputs }).toEqual({ action: 'GUARDRAIL_INTERVENED', outputs: [{ text: 'Not that question.' }] })
    const { invocationMetrics: _, appliedGuardrailDetails: __, ...found } = assessments?.[0] ?? {}
    expect(found).toEqual(assessment)
  })

  test.each([
    ['politics', { topicPolicy: { topics: [{ name: 'Watched', type: 'DENY', action: 'NONE', detected: true }] } }],
    ['the weather', {}],
    ['[violence:low]', {}],
    ['acmeology and class', {}],
    [
      'https://example.com/',
      {
        sensitiveInformationPolicy: {
          piiEntities: [{ match: 'https://example.com/', type: 'URL', action: 'NONE', detected: true }],
          regexes: [],
        },
      },
    ],
  ])('allow %j', async (text, assessment) => {
    const { action, outputs, assessments } = await apply(text)

    expect({ action, outputs }).toEqual({ action: 'NONE', outputs: [] })
    const { invocationMetrics: _, appliedGuardrailDetails: __, ...found } = assessments?.[0] ?? {}
    expect(found).toEqual(assessment)
  })

  test('mask by type and by pattern, in each block', async () => {
    const { outputs, assessments, actionReason } = await apply('', {
      source: 'OUTPUT',
      content: [{ text: { text: 'T-1234 of a@example.com' } }, { text: { text: 'see https://example.com/' } }],
    })

    expect(outputs).toEqual([{ text: '{ticket} of {EMAIL}' }, { text: 'see {URL}' }])
    expect(actionReason).toBe('Guardrail masked.')
    expect(assessments?.[0]?.sensitiveInformationPolicy?.regexes).toEqual([
      { name: 'ticket', match: 'T-1234', regex: 'T-[0-9]{4}', action: 'ANONYMIZED', detected: true },
    ])
  })

  test('report filters without findings, except words and patterns, with outputScope FULL', async () => {
    const { action, assessments } = await apply('Hello', { outputScope: 'FULL' })

    expect(action).toBe('NONE')
    const { invocationMetrics: _, appliedGuardrailDetails: __, ...found } = assessments?.[0] ?? {}
    expect(found).toEqual({
      topicPolicy: {
        topics: ['Medicine', 'Watched'].map((name) => ({ name, type: 'DENY', action: 'NONE', detected: false })),
      },
      contentPolicy: {
        filters: [
          { type: 'VIOLENCE', confidence: 'NONE', filterStrength: 'MEDIUM', action: 'NONE', detected: false },
          { type: 'PROMPT_ATTACK', confidence: 'NONE', filterStrength: 'HIGH', action: 'NONE', detected: false },
        ],
      },
      sensitiveInformationPolicy: {
        piiEntities: ['EMAIL', 'US_SOCIAL_SECURITY_NUMBER', 'URL'].map((type) => ({
          match: '',
          type,
          action: 'NONE',
          detected: false,
        })),
        regexes: [],
      },
    })
  })

  test('are counted in the usage if they are configured', async () => {
    const usage = (await apply('second', { guardrailIdentifier: 'mild', guardrailVersion: '2' })).usage
    expect(usage).toMatchObject({ wordPolicyUnits: 1, topicPolicyUnits: 0, sensitiveInformationPolicyFreeUnits: 0 })
  })
})

describe('contextual grounding', () => {
  const answer = (text: string) => [
    { text: { text: 'The tower is 330 metres tall and stands in Paris.', qualifiers: ['grounding_source' as const] } },
    { text: { text: 'How tall is the tower?', qualifiers: ['query' as const] } },
    { text: { text } },
  ]

  test('blocks an answer without support in the source', async () => {
    const { action, outputs, assessments, usage, guardrailCoverage } = await apply('', {
      source: 'OUTPUT',
      content: answer('Bananas grow on Mars.'),
    })

    expect({ action, outputs }).toEqual({ action: 'GUARDRAIL_INTERVENED', outputs: [{ text: 'Not that answer.' }] })
    expect(assessments?.[0]?.contextualGroundingPolicy?.filters).toEqual([
      { type: 'GROUNDING', threshold: 0.6, score: 0, action: 'BLOCKED', detected: true },
      { type: 'RELEVANCE', threshold: 0.5, score: 0, action: 'NONE', detected: true },
    ])
    expect(usage?.contextualGroundingPolicyUnits).toBe(3)
    expect(guardrailCoverage?.textCharacters?.total).toBeGreaterThan(guardrailCoverage?.textCharacters?.guarded ?? 0)
  })

  test('passes an answer from the source', async () => {
    const { action } = await apply('', { source: 'OUTPUT', content: answer('The tower is 330 metres tall.') })
    expect(action).toBe('NONE')
  })

  test("evaluates a model's answer", async () => {
    const content = answer('')
      .slice(0, 2)
      .map((block) => ({ guardContent: block }))
    const ask = (say: string) =>
      client.send(
        new ConverseCommand({
          modelId: CLAUDE,
          messages: [{ role: 'user', content: [...content, { text: `[emulator:say=${say}]` }] }],
          guardrailConfig: { guardrailIdentifier: 'strict', guardrailVersion: '1', trace: 'enabled' },
        }),
      )

    const { stopReason, output, trace } = await ask('Bananas grow on Mars.')
    expect(stopReason).toBe('guardrail_intervened')
    expect(output?.message?.content).toEqual([{ text: 'Not that answer.' }])
    expect(trace?.guardrail?.outputAssessments?.strict?.[0]?.contextualGroundingPolicy?.filters).toHaveLength(2)
    expect((await ask('The tower is 330 metres tall.')).stopReason).toBe('end_turn')
  })
})

describe('a guardrail', () => {
  const ask = (more: Partial<ConverseCommandInput>, trace: 'enabled' | 'enabled_full' | 'disabled' = 'enabled') =>
    client.send(
      new ConverseCommand({
        modelId: CLAUDE,
        guardrailConfig: { guardrailIdentifier: 'strict', guardrailVersion: '1', trace },
        ...more,
      }),
    )
  const guarded = { guardContent: { text: { text: 'Hello[emulator:say=Fine]' } } }

  test('evaluates all messages unless some content is guarded', async () => {
    const history = [userMessage('Which pills?'), { role: 'assistant' as const, content: [{ text: 'None.' }] }]
    expect((await ask({ messages: [...history, userMessage('Hello')] })).stopReason).toBe('guardrail_intervened')
    const last = { role: 'user' as const, content: [guarded] }
    expect((await ask({ messages: [...history, last] })).stopReason).toBe('end_turn')
  })

  test('finds words in all text', async () => {
    const messages = [{ role: 'user' as const, content: [{ text: 'acme' }, guarded] }]
    const { stopReason, trace } = await ask({ messages })
    expect(stopReason).toBe('guardrail_intervened')
    const { invocationMetrics } = trace?.guardrail?.inputAssessment?.strict ?? {}
    expect(invocationMetrics?.guardrailCoverage?.textCharacters?.guarded).toBe(5)
  })

  test('evaluates the system prompt if it is guarded', async () => {
    const messages = [userMessage('Hello [emulator:say=Fine]')]
    expect((await ask({ messages, system: [{ text: 'which pills' }] })).stopReason).toBe('end_turn')
    const system = [{ guardContent: { text: { text: 'which pills' } } }]
    expect((await ask({ messages, system })).stopReason).toBe('guardrail_intervened')
  })

  test('evaluates the input before the model, which gets it masked', async () => {
    const { output } = await ask({ messages: [userMessage('Write to a@example.com about T-1234')] })
    expect(JSON.stringify(output)).not.toMatch(/a@example|T-1234/)
  })

  test('reports all filters with enabled_full in the trace, and none with disabled', async () => {
    const messages = [userMessage('Hello')]
    const { trace } = await ask({ messages }, 'enabled_full')
    expect(trace?.guardrail?.inputAssessment?.strict?.topicPolicy?.topics).toHaveLength(2)
    expect(trace?.guardrail?.outputAssessments?.strict?.[0]?.contentPolicy?.filters).toHaveLength(1)
    expect((await ask({ messages }, 'disabled')).trace).toBeUndefined()
  })

  test('evaluates and masks only the tagged text of a native body', async () => {
    const tag = (text: string) =>
      `<amazon-bedrock-guardrails-guardContent_x1>${text}</amazon-bedrock-guardrails-guardContent_x1>`
    const headers = {
      'x-amzn-bedrock-guardrailidentifier': 'strict',
      'x-amzn-bedrock-guardrailversion': '1',
      'x-amzn-bedrock-trace': 'ENABLED_FULL',
    }
    const body = (text: string) => ({
      messages: [userMessage(text)],
      'amazon-bedrock-guardrailConfig': { tagSuffix: 'x1' },
    })
    const send = (text: string) => post(emulator.url, `/model/${NOVA}/invoke`, body(text), headers)

    const passed = await send(`[emulator:say=Fine] which pills ${tag('Hello')} b@example.com`)
    expect(passed.body).toMatchObject({
      'amazon-bedrock-guardrailAction': 'NONE',
      'amazon-bedrock-trace': { guardrail: { input: { strict: { topicPolicy: { topics: [{}, {}] } } } } },
    })
    expect((await send(tag('which pills'))).body['amazon-bedrock-guardrailAction']).toBe('INTERVENED')
    const masked = await send(`c@example.com ${tag('d@example.com')}`)
    expect(JSON.stringify(masked.body.output)).not.toContain('d@example.com')
    expect(JSON.stringify(masked.body)).toContain('{EMAIL}')
  })
})

describe('the policy file', () => {
  test.each([
    ['another id', 'other', '1'],
    ['another version', 'mild', '1'],
  ])('has no guardrail with %s', async (_, guardrailIdentifier, guardrailVersion) => {
    await expect(apply('x', { guardrailIdentifier, guardrailVersion })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('does not exist'),
    })
  })

  test('may have a guardrail for all other ids', async () => {
    const guardrails = { '*': { wordPolicyConfig: { wordsConfig: [{ text: 'any' }] } }, mild: {} }
    const other = await startEmulator({ environment: { EMULATOR_GUARDRAILS: write({ guardrails }) } })
    const actionOf = async (id: string) => {
      const body = { source: 'INPUT', content: [{ text: { text: 'any' } }] }
      return (await post(other.url, `/guardrail/${id}/version/1/apply`, body)).body.action
    }
    expect([await actionOf('whatever'), await actionOf('mild')]).toEqual(['GUARDRAIL_INTERVENED', 'NONE'])
    await other.close()
  })

  test.each<[unknown, RegExp]>([
    ['{', /JSON/],
    [{}, /"guardrails" must be an object/],
    [{ guardrails: { 'A B': {} } }, /guardrail "A B": not an id/],
    [{ guardrails: { a: 1 } }, /guardrail "a": must be an object/],
    [{ guardrails: { a: { topicPolicyConfig: {} } } }, /guardrail "a": .*required key \[topicsConfig\]/],
    [
      {
        guardrails: {
          a: { sensitiveInformationPolicyConfig: { piiEntitiesConfig: [{ type: 'X', action: 'BLOCK' }] } },
        },
      },
      /ADDRESS, AGE/,
    ],
    [
      {
        guardrails: {
          a: {
            sensitiveInformationPolicyConfig: { regexesConfig: [{ name: 'n', pattern: '(', action: 'BLOCK' }] },
          },
        },
      },
      /regular expression/,
    ],
  ])('is refused at the start: %j', (content, message) => {
    const environment = { EMULATOR_GUARDRAILS: write(content) }
    expect(() => createBedrockEmulator({ environment })).toThrow(message)
  })

  test('must exist', () => {
    expect(() => createBedrockEmulator({ environment: { EMULATOR_GUARDRAILS: join(directory, 'none') } })).toThrow(
      /ENOENT/,
    )
  })
})
