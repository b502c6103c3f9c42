import { CLAUDE, post, useEmulator } from './support.ts'

const emulator = useEmulator()

const MAX_REQUESTS = 20

const text = { type: 'string' }
const spec = (name: string, description: string, properties: object, required: string[]) => ({
  name,
  description,
  input_schema: { type: 'object', properties, required },
})

/** Tools as a coding agent declares them. */
const TOOLS = [
  spec(
    'Bash',
    'Executes a bash command in a shell. Use Read, Grep and Glob to read and search files.',
    { command: text },
    ['command'],
  ),
  spec('Read', 'Reads a file from the local filesystem. The file_path must be absolute.', { file_path: text }, [
    'file_path',
  ]),
  spec(
    'Edit',
    'Performs exact string replacements in files. Read the file first.',
    { file_path: text, old_string: text, new_string: text },
    ['file_path', 'old_string', 'new_string'],
  ),
  spec('Grep', 'A search tool for the content of files, with regular expressions.', { pattern: text }, ['pattern']),
  spec(
    'TodoWrite',
    'Creates and manages a task list for the coding session.',
    {
      todos: {
        type: 'array',
        items: {
          type: 'object',
          properties: { content: text, status: { enum: ['pending', 'completed'] } },
          required: ['content', 'status'],
        },
      },
    },
    ['todos'],
  ),
  spec('Task', 'Launches a new agent for a complex task.', { prompt: text }, ['prompt']),
]
const SYSTEM = `You are a coding agent. Always use TodoWrite to plan and Task to delegate. Use Bash, Read, Edit and Grep. Call TodoWrite now.`
const REMINDER =
  '<system-reminder>Your todo list is empty. Use the TodoWrite tool, and Task, Bash, Read, Edit and Grep. Call TodoWrite often.</system-reminder>'

interface Block {
  readonly type: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
}

/** Runs an agent until the model uses no tool. Returns the requests, and the tools it used. */
async function runAgent(content: object[], remind: (result: object) => object[], tool_choice: object | undefined) {
  const messages: object[] = [{ role: 'user', content }]
  const used: string[] = []
  for (let requests = 1; requests <= MAX_REQUESTS; requests++) {
    const { body } = await post(emulator.url, `/model/${CLAUDE}/invoke`, {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 4_096,
      system: SYSTEM,
      tools: TOOLS,
      messages,
      ...(tool_choice && { tool_choice }),
    })
    const uses: Block[] = body.content.filter(({ type }: Block) => type === 'tool_use')
    if (uses.length === 0) return { requests, used }
    used.push(...uses.map(({ name, input }) => `${name} ${JSON.stringify(input)}`))
    messages.push({ role: 'assistant', content: body.content })
    const results = uses.map(({ id }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: 'Done. Use TodoWrite next.',
    }))
    messages.push({ role: 'user', content: results.flatMap(remind) })
  }
  return { requests: MAX_REQUESTS, used }
}

const said = (words: string) => ({ type: 'text', text: words })

test.each<[string, object[], (result: object) => object[]]>([
  [
    'reminders beside the prompt',
    [said(REMINDER), said('Fix the bug in /src/main.py'), said(REMINDER)],
    (result) => [result],
  ],
  ['reminders in the prompt', [said(`${REMINDER}\nFix the bug in /src/main.py`)], (result) => [result]],
  ['reminders behind each result', [said('Read the file /src/main.py')], (result) => [result, said(REMINDER)]],
  [
    'a plain text behind each result',
    [said('Read the file /src/main.py')],
    (result) => [result, said('Read the next file.')],
  ],
])("a coding agent's loop ends: %s", async (_title, content, remind) => {
  const { requests, used } = await runAgent(content, remind, undefined)

  expect(requests).toBeLessThanOrEqual(2)
  expect(used.join()).not.toMatch(/TodoWrite|Task/)
})

test('a reminder alone and a system prompt call nothing', async () => {
  expect(await runAgent([said(REMINDER)], (result) => [result], undefined)).toEqual({ requests: 1, used: [] })
  expect(await runAgent([said('Hello')], (result) => [result], undefined)).toEqual({ requests: 1, used: [] })
})

test('an agent that must use a tool uses none twice in a row with the same input', async () => {
  const { requests, used } = await runAgent([said('Read the file /src/main.py')], (result) => [result], { type: 'any' })

  expect(requests).toBe(MAX_REQUESTS)
  expect(used.every((use, index) => use !== used[index - 1])).toBe(true)
})

test('a user who says the same again gets an answer in text', async () => {
  const messages: object[] = [{ role: 'user', content: 'Read the file /src/main.py' }]
  const stops: string[] = []
  for (let turn = 0; turn < 4; turn++) {
    const { body } = await post(emulator.url, `/model/${CLAUDE}/invoke`, {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 4_096,
      tools: TOOLS,
      messages,
    })
    stops.push(body.stop_reason)
    const use = body.content.find(({ type }: Block) => type === 'tool_use')
    messages.push({ role: 'assistant', content: body.content })
    messages.push({
      role: 'user',
      content: use ? [{ type: 'tool_result', tool_use_id: use.id, content: 'text' }] : 'Read the file /src/main.py',
    })
  }

  expect(stops).toEqual(['tool_use', 'end_turn', 'end_turn', 'end_turn'])
})
