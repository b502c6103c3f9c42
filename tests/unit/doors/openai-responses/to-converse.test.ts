import { readJson } from '../../../../layers/runtime/src/json/json-document.ts'
import { bodyOf, CLAUDE_4_5, converse, GPT_OSS, NOVA, plan, sealer } from './support.ts'

const HELLO = { role: 'user', content: 'Hello' }
const THINKING = '{"reasoningContent":{"reasoningText":{"text":"hm","signature":"c2ln"}}}'

test('texts, schemas and arguments are copied byte by byte', () => {
  const request = String.raw`{"model":"m","instructions":"\u00e9 \/","input":[
    {"role":"user","content":[{"type":"input_text","text":"1\u003c2"}]},
    {"type":"function_call","call_id":"c\u002d1","name":"f","arguments":"{\"n\": 12345678901234567890, \"x\": 1.10}"},
    {"type":"function_call_output","call_id":"c\u002d1","output":"ok \u00e9"}],
    "tools":[{"type":"function","name":"f","parameters":{"type":"object","maximum":12345678901234567890}}],
    "temperature":0.10}`
  expect(bodyOf(request)).toBe(
    String.raw`{"system":[{"text":"\u00e9 \/"}],"messages":[{"role":"user","content":[{"text":"1\u003c2"}]},` +
      String.raw`{"role":"assistant","content":[{"toolUse":{"toolUseId":"c\u002d1","name":"f","input":{"n": 12345678901234567890, "x": 1.10}}}]},` +
      String.raw`{"role":"user","content":[{"toolResult":{"toolUseId":"c\u002d1","content":[{"text":"ok \u00e9"}]}}]}],` +
      '"inferenceConfig":{"temperature":0.10},' +
      '"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","maximum":12345678901234567890}}}}]}}',
  )
})

test('instructions come first in system, then messages of system and developer', () => {
  const input = [{ role: 'developer', content: 'two' }, HELLO, { role: 'system', content: 'three' }]
  expect(converse({ instructions: 'one', input }).system).toEqual([{ text: 'one' }, { text: 'two' }, { text: 'three' }])
})

test('parallel calls and their outputs are one turn each', () => {
  const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '' })
  const output = (id: string) => ({
    type: 'function_call_output',
    call_id: id,
    output: [{ type: 'input_text', text: id }],
  })
  const { messages } = converse({ input: [HELLO, call('a'), call('b'), output('a'), output('b'), HELLO] })
  expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(messages[2].content).toEqual([
    { toolResult: { toolUseId: 'a', content: [{ text: 'a' }] } },
    { toolResult: { toolUseId: 'b', content: [{ text: 'b' }] } },
    { text: 'Hello' },
  ])
})

test('images, files and cache points become blocks', () => {
  const content = [
    { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
    { type: 'input_file', file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' },
    { type: 'input_file', file_url: 's3://bucket/b.csv' },
    { type: 'input_text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit' } },
  ]
  expect(converse({ input: [{ role: 'user', content }] }, { modelId: CLAUDE_4_5 }).messages[0].content).toEqual([
    { image: { format: 'png', source: { bytes: 'AAAA' } } },
    { document: { format: 'pdf', name: 'a', source: { bytes: 'AAAA' } } },
    { document: { format: 'csv', name: 'document', source: { s3Location: { uri: 's3://bucket/b.csv' } } } },
    { text: 'x' },
    { cachePoint: { type: 'default' } },
  ])
})

test('items of all kinds of tools become tool uses and results', () => {
  const input = [
    HELLO,
    { type: 'custom_tool_call', call_id: '1', name: 'patch', input: 'a\nb', namespace: 'n' },
    {
      type: 'local_shell_call',
      id: 'l',
      call_id: '2',
      status: 'completed',
      action: { type: 'exec', command: ['ls'], env: {}, user: null },
    },
    { type: 'shell_call', call_id: '3', action: { commands: ['ls'], timeout_ms: null } },
    { type: 'apply_patch_call', call_id: '4', status: 'completed', operation: { type: 'delete_file', path: 'a' } },
    { type: 'tool_search_call', call_id: '5', execution: 'client', arguments: { query: 'q' } },
    { type: 'custom_tool_call_output', call_id: '1', output: 'done' },
    { type: 'local_shell_call_output', id: '2', output: 'a.ts' },
    {
      type: 'shell_call_output',
      call_id: '3',
      output: [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
    },
    { type: 'apply_patch_call_output', call_id: '4', status: 'failed', output: 'no file' },
    { type: 'tool_search_output', call_id: '5', execution: 'client', tools: [{ type: 'function', name: 'found' }] },
  ]
  const { messages, toolConfig } = converse({ input, tools: [{ type: 'shell', environment: { type: 'local' } }] })
  expect(messages[1].content).toEqual([
    { toolUse: { toolUseId: '1', name: 'n__patch', input: { input: 'a\nb' } } },
    { toolUse: { toolUseId: '2', name: 'local_shell', input: { command: ['ls'], env: {} } } },
    { toolUse: { toolUseId: '3', name: 'shell', input: { commands: ['ls'] } } },
    { toolUse: { toolUseId: '4', name: 'apply_patch', input: { type: 'delete_file', path: 'a' } } },
    { toolUse: { toolUseId: '5', name: 'tool_search', input: { query: 'q' } } },
  ])
  expect(messages[2].content).toEqual([
    { toolResult: { toolUseId: '1', content: [{ text: 'done' }] } },
    { toolResult: { toolUseId: '2', content: [{ text: 'a.ts' }] } },
    {
      toolResult: {
        toolUseId: '3',
        content: [{ json: { output: [{ stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } }] } }],
      },
    },
    { toolResult: { toolUseId: '4', content: [{ text: 'no file' }], status: 'error' } },
    { toolResult: { toolUseId: '5', content: [{ json: { tools: ['found'] } }] } },
  ])
  const names = toolConfig.tools.map(({ toolSpec }: { toolSpec: { name: string } }) => toolSpec.name)
  expect(names).toEqual(['shell', 'found'])
})

test('a custom tool has one text as its input, and its grammar is told to the model', () => {
  const format = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' }
  const [{ toolSpec }] = converse({ tools: [{ type: 'custom', name: 'p', description: 'Patches.', format }] })
    .toolConfig.tools
  expect(toolSpec.description).toBe('Patches.\n\nThe input must follow this lark grammar:\nstart: "x"')
  expect(toolSpec.inputSchema.json).toMatchObject({ type: 'object', required: ['input'] })
})

test('tools of a namespace and of an item additional_tools can be called', () => {
  const space = {
    type: 'namespace',
    name: 'mcp',
    description: 'Files.',
    tools: [
      { type: 'function', name: 'read', description: 'Reads.', strict: true },
      { type: 'custom', name: 'note', description: 'Notes.' },
    ],
  }
  const added = { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'more' }] }
  const { tools } = converse({ tools: [space], input: [added, HELLO] }, { modelId: CLAUDE_4_5 }).toolConfig
  expect(tools).toMatchObject([
    { toolSpec: { name: 'mcp__read', description: 'Files.\nReads.', strict: true } },
    { toolSpec: { name: 'mcp__note', description: 'Files.\nNotes.' } },
    { toolSpec: { name: 'more' } },
  ])
})

test.each([
  ['required', { any: {} }],
  [{ type: 'function', name: 'f' }, { tool: { name: 'f' } }],
  [{ type: 'custom', name: 'g' }, { tool: { name: 'g' } }],
  [{ type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] }, { any: {} }],
])('the choice %j becomes %j', (tool_choice, expected) => {
  const tools = [
    { type: 'function', name: 'f' },
    { type: 'custom', name: 'g' },
  ]
  expect(converse({ tools, tool_choice }).toolConfig.toolChoice).toEqual(expected)
})

test('sealed reasoning comes back unchanged', () => {
  const encrypted_content = sealer.seal({ family: 'Claude', block: THINKING })
  const input = [
    HELLO,
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content },
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'a', output: 'x' },
  ]
  expect(bodyOf({ input }, { modelId: CLAUDE_4_5 })).toContain(`[${THINKING},{"toolUse"`)
})

test('a model of another family gets no sealed reasoning', () => {
  const encrypted_content = sealer.seal({ family: 'Claude', block: THINKING })
  const planned = plan({ input: [HELLO, { type: 'reasoning', summary: [], encrypted_content }] }, { modelId: NOVA })
  expect(Buffer.from(planned.body).toString()).not.toContain('reasoning')
  expect(planned.replyHeaders['x-bedrock-functions-dropped']).toBe('input[1].encrypted_content')
})

test('reasoning that is not sealed is left to the model', () => {
  const input = [HELLO, { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] }, HELLO]
  expect(converse({ input }, { modelId: GPT_OSS }).messages).toEqual([
    { role: 'user', content: [{ text: 'Hello' }, { text: 'Hello' }] },
  ])
})

test('the history of a previous response comes before the input', () => {
  const history = readJson(Buffer.from('[{"role":"user","content":"One"},{"role":"assistant","content":"Two"}]')).root
    .items
  const { body } = plan({ previous_response_id: 'resp_1' }, { stored: { history, references: new Map() } })
  expect(JSON.parse(Buffer.from(body).toString()).messages).toEqual([
    { role: 'user', content: [{ text: 'One' }] },
    { role: 'assistant', content: [{ text: 'Two' }] },
    { role: 'user', content: [{ text: 'Hello' }] },
  ])
})
