import { BedrockError, RestError } from '@bedrock-functions/runtime/core'
import { applyEdits, readJsonObject } from '@bedrock-functions/runtime/json'
import { BETA_MEMBERS, createBetaMemory, removeParts } from '../../../../layers/runtime/src/doors/anthropic/betas.ts'
import { createMessagesDoor } from '../../../../layers/runtime/src/doors/anthropic/messages.ts'
import { bodyOf, droppedBy, type FrameSample, framesOf, HAIKU, parsedBody, plan, SONNET_5 } from './support.ts'

const native = { way: 'native', modelId: HAIKU } as const
const MESSAGES = '"messages": [ {"role":"user","content":"h\\u00e9\\ud800"} ]'
const INPUT = '"tools":[{"name":"f","input_schema":{"const":12345678901234567890.10}}]'

describe('the native body', () => {
  test('has the bytes of the caller, without model and stream, with the version', () => {
    expect(bodyOf(`{ "model" : "claude-x", ${MESSAGES}, "stream": false,\n "max_tokens": 9, ${INPUT} }`, native)).toBe(
      `{ "anthropic_version":"bedrock-2023-05-31", ${MESSAGES},\n "max_tokens": 9, ${INPUT} }`,
    )
  })

  test.each([
    [`{"stream":true,"model":"m",${MESSAGES}}`, `{"anthropic_version":"bedrock-2023-05-31",${MESSAGES}}`],
    [`{${MESSAGES},"model":"m","stream":true}`, `{${MESSAGES},"anthropic_version":"bedrock-2023-05-31"}`],
    [`{"model":"m"}`, `{"anthropic_version":"bedrock-2023-05-31"}`],
    [
      `{"anthropic_version":"bedrock-2023-05-31","model":"m","anthropic_beta":["new-1"],"max_tokens":9}`,
      `{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["new-1"],"max_tokens":9}`,
    ],
  ])('%s becomes %s', (request, expected) => {
    expect(bodyOf(request, native)).toBe(expected)
  })

  test.each([
    [HAIKU, '2026-10-21', 'bedrock-2023-05-31'],
    [SONNET_5, '2026-10-21', '2026-10-21'],
    [SONNET_5, '2023-06-01', 'bedrock-2023-05-31'],
  ])('%s with the version %s has the version %s', (modelId, version, expected) => {
    const headers = { 'anthropic-version': version }
    expect(parsedBody({}, { ...native, modelId, headers }).anthropic_version).toBe(expected)
  })

  test.each(['native', 'bedrock'] as const)('has no byte order mark by the way %s', (way) => {
    expect(bodyOf(`\ufeff{"model":"m","max_tokens":9,${MESSAGES}}`, { ...native, way })).toMatch(/^\{/)
  })

  test('a stream is a call of InvokeModelWithResponseStream', () => {
    expect(plan({ stream: true }, native).operation).toBe('InvokeModelWithResponseStream')
    expect(plan({}, native).operation).toBe('InvokeModel')
  })

  test('headers of Bedrock pass, and the session of Claude Code joins the request metadata', () => {
    const headers = {
      'x-amzn-bedrock-guardrailidentifier': 'g',
      'x-amzn-bedrock-request-metadata': '{"team":"a"}',
      'x-claude-code-session-id': 's-1',
      'x-api-key': 'secret',
    }
    const { headers: sent } = plan({ metadata: { user_id: 'u{1}' } }, { ...native, headers })
    expect(sent).toEqual({
      'content-type': 'application/json',
      'x-amzn-bedrock-guardrailidentifier': 'g',
      'x-amzn-bedrock-request-metadata': JSON.stringify({ user_id: 'u_1_', session_id: 's-1', team: 'a' }),
    })
  })
})

describe('betas', () => {
  test('that the model takes and unknown ones go into the body, others are left out with their members', () => {
    const headers = { 'anthropic-beta': 'interleaved-thinking-2025-05-14, mcp-client-2025-11-20,future-2027-01-01' }
    const request = { mcp_servers: [{ url: 'x' }] }
    const body = parsedBody(request, { ...native, headers })
    expect(body.anthropic_beta).toEqual(['interleaved-thinking-2025-05-14', 'future-2027-01-01'])
    expect(body).not.toHaveProperty('mcp_servers')
    expect(droppedBy(request, { ...native, headers })).toBe('mcp-client-2025-11-20, mcp_servers')
  })

  test('members side by side and tools are removed together, and the inputs of tools keep their members', () => {
    const tool = (members: string) => `{${members}"name":"f","input_schema":{"defer_loading":1}}`
    const members = '"defer_loading":true,"input_examples":[{"defer_loading":2}],"allowed_callers":[],'
    const search = '{"type":"tool_search_tool_regex_20251119","name":"s"}'
    const { root, bytes } = readJsonObject(Buffer.from(`{"tools":[${search},${tool(members)}],"a":1,"b":{"tools":1}}`))
    const parts = [...(BETA_MEMBERS['advanced-tool-use-2025-11-20'] ?? []), 'b', 'b.tools']
    expect(applyEdits(bytes, removeParts(root, parts)).toString()).toBe(`{"tools":[${tool('')}],"a":1}`)
  })

  test("the beta of Anthropic's API becomes those of Bedrock where the model takes them", () => {
    const headers = { 'anthropic-beta': 'advanced-tool-use-2025-11-20' }
    const tools = [{ name: 'f', input_schema: {}, defer_loading: true, allowed_callers: ['direct'] }]
    const body = parsedBody({ tools }, { ...native, modelId: SONNET_5, headers })
    expect(body.anthropic_beta).toEqual(['tool-search-tool-2025-10-19', 'tool-examples-2025-10-29'])
    expect(body.tools).toEqual([{ name: 'f', input_schema: {}, defer_loading: true }])
  })
})

describe('a refusal of Bedrock', () => {
  const refuse = (message: string) => new BedrockError('ValidationException', message)
  const headers = { 'anthropic-beta': 'future-2027-01-01,context-management-2025-06-27' }
  const request = {
    context_management: { edits: [] },
    system: [{ type: 'text', text: 'x', cache_control: { scope: 'a' } }],
  }

  test.each([
    ['invalid beta flag', ['context-management-2025-06-27'], ['context_management', 'system']],
    ['context_management: Extra inputs are not permitted', ['future-2027-01-01'], ['system']],
    [
      'system.0.cache_control.ephemeral.scope: Extra inputs are not permitted',
      ['future-2027-01-01', 'context-management-2025-06-27'],
      ['context_management', 'system'],
    ],
  ])('%s is learnt, and the call is planned again without it', (message, betas, members) => {
    const door = createMessagesDoor(createBetaMemory())
    const again = plan(request, { ...native, headers, door }).replan?.(refuse(message))
    const body = JSON.parse(Buffer.from(again?.body ?? []).toString())
    expect(body.anthropic_beta).toEqual(betas)
    expect(Object.keys(body)).toEqual(expect.arrayContaining(members))
    expect('context_management' in body).toBe(members.includes('context_management'))
    // Later calls leave it out at once, for this model only.
    expect(bodyOf(request, { ...native, headers, door })).toBe(Buffer.from(again?.body ?? []).toString())
    expect(parsedBody(request, { ...native, headers, door, modelId: SONNET_5 }).anthropic_beta).toHaveLength(2)
  })

  test('is not learnt twice by one call', () => {
    const error = refuse('context_management: Extra inputs are not permitted')
    expect(plan(request, native).replan?.(error)?.replan?.(error)).toBeUndefined()
  })

  test('a call that was planned before another one learnt is planned again, too', () => {
    const door = createMessagesDoor(createBetaMemory())
    const [one, other] = [0, 1].map(() => plan(request, { ...native, headers, door }))
    expect(one?.replan?.(refuse('invalid beta flag'))).toBeDefined()
    expect(other?.replan?.(refuse('invalid beta flag'))).toBeDefined()
  })

  test.each([
    ['another problem', refuse('messages: at least one message is required')],
    ['an essential member', refuse('tools.0.bash_20250124.input_schema: Extra inputs are not permitted')],
    ['another status', new RestError('ThrottlingException', 429, 'invalid beta flag')],
  ])('%s changes nothing', (_, error) => {
    expect(plan(request, { ...native, headers }).replan?.(error)).toBeUndefined()
  })
})

describe("Bedrock's own door", () => {
  const own = { way: 'bedrock', modelId: HAIKU } as const

  test('gets the bytes of the caller with the resolved model, and the headers of both', () => {
    const headers = {
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'a, oauth-2025-04-20',
      'x-api-key': 'secret',
    }
    const call = plan(`{ "model" : "x", ${MESSAGES} }`, { ...own, headers })
    expect(Buffer.from(call.body).toString()).toBe(`{ "model" : "${HAIKU}", ${MESSAGES} }`)
    expect(call.headers).toEqual({ 'anthropic-version': '2026-10-21', 'anthropic-beta': 'a' })
    expect(call.replyHeaders).toEqual({ 'x-bedrock-functions-dropped': 'oauth-2025-04-20' })
  })

  test('is called again without what it refused', () => {
    const call = plan(
      { context_management: {} },
      { ...own, headers: { 'anthropic-beta': 'context-management-2025-06-27,a' } },
    )
    const again = call.replan?.(
      new BedrockError('ValidationException', 'context_management: Extra inputs are not permitted'),
    )
    expect(JSON.parse(Buffer.from(again?.body ?? []).toString())).not.toHaveProperty('context_management')
    expect(again?.headers['anthropic-beta']).toBe('a')
    expect(again?.replyHeaders['x-bedrock-functions-dropped']).toBe('context-management-2025-06-27, context_management')
  })
})

describe('the native stream', () => {
  const chunk = (event: string) => ['chunk', { bytes: Buffer.from(event).toString('base64'), p: 'abc' }] as const
  const encode = (...events: FrameSample[]) =>
    plan({ stream: true }, native)
      .createFormat()
      .encode(framesOf(...events))
      .toString()

  test('names each event and copies its bytes, without the metrics of Bedrock', () => {
    const delta = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h\\u00e9 1e400"}}'
    const last = '{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1}}'
    expect(encode(chunk(delta), chunk(last))).toBe(
      `event: content_block_delta\ndata: ${delta}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n`,
    )
  })

  test('the cost of the stack, which stands beside the bytes, is left out', () => {
    const [name, document] = chunk('{"type":"message_stop"}')
    expect(encode([name, { estimatedCost: { usd: 1 }, ...document }])).toBe(
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    )
  })

  test('an event with line breaks stays one event', () => {
    expect(encode(chunk('{\n "type":\r\n "ping" }'))).toBe('event: ping\ndata: {  "type":   "ping" }\n\n')
  })

  test.each([
    ['throttlingException', 'rate_limit_error'],
    ['serviceUnavailableException', 'overloaded_error'],
    ['modelTimeoutException', 'timeout_error'],
    ['modelStreamErrorException', 'api_error'],
    ['internalServerException', 'api_error'],
    ['validationException', 'invalid_request_error'],
  ])('%s is the last event, an error of the type %s', (name, type) => {
    const error = JSON.stringify({ type: 'error', error: { type, message: 'Why' } })
    expect(encode([name, { message: 'Why' }], chunk('{"type":"message_stop"}'))).toBe(
      `event: error\ndata: ${error}\n\n`,
    )
  })

  test('a chunk without an event is an error', () => {
    expect(encode(chunk('[]'), chunk('{"type":"message_stop"}'))).toMatch(/^event: error\ndata: .*api_error.*\n\n$/)
  })
})
