import type { ListedModel } from '@bedrock-functions/runtime/models'
import { useMemo, useRef, useState } from 'preact/hooks'
import { type Answer, toContent } from './answer.ts'
import { AnswerView } from './answer-view.tsx'
import { urlOf } from './api.ts'
import type { ContentBlock, ConverseRequest, Message } from './bedrock.ts'
import { CodeBlock } from './code-block.tsx'
import { FileButton } from './file-button.tsx'
import { type Attachment, readAttachment } from './files.ts'
import { LiveText } from './live-text.tsx'
import { ModelFacts, ModelPicker } from './model-picker.tsx'
import { toPlainText } from './plain-text.ts'
import { LANGUAGES, type Language, writeSnippet } from './snippets.ts'
import type { Stack } from './stack.ts'
import { useFileDrop } from './use-file-drop.ts'
import { useStream } from './use-stream.ts'
import { WindowList } from './window-list.tsx'

/** Directives of the emulator for the next prompt. Source: docs/emulator.md. */
const DIRECTIVES = [
  'throttle=1',
  'error=ModelErrorException',
  'exception=throttlingException@3',
  'reset@3',
  'end@3',
  'silence=3000@3',
  'badcrc@3',
  'stall=2000',
  'rate=10',
  'tokens=300',
]

const DEFAULT_MODEL = 'global.anthropic.claude-sonnet-4-6'

interface Settings {
  readonly system: string
  readonly maxTokens: string
  readonly temperature: string
  readonly topP: string
  readonly tools: string
  readonly additional: string
}

const NO_SETTINGS: Settings = { system: '', maxTokens: '1024', temperature: '', topP: '', tools: '', additional: '' }

/** Turn of a conversation, as it is shown. */
type Turn = { readonly message: Message; readonly answer?: Answer }

export function Chat({ models, stack }: { readonly models: readonly ListedModel[]; readonly stack: Stack }) {
  const [settings, setSettings] = useState(NO_SETTINGS)
  const [prompt, setPrompt] = useState('')
  const [files, setFiles] = useState<readonly Attachment[]>([])
  const [problem, setProblem] = useState<string>()
  const [isComparing, setComparing] = useState(false)
  const first = useConversation(DEFAULT_MODEL, settings)
  const second = useConversation('us.amazon.nova-pro-v1:0', settings)
  const conversations = isComparing ? [first, second] : [first]
  const isRunning = conversations.some(({ stream }) => stream?.isRunning)
  const promptBox = useRef<HTMLTextAreaElement>(null)

  async function addFiles(list: readonly File[]) {
    for (const file of list) {
      try {
        const attachment = await readAttachment(file)
        setFiles((known) => [...known, attachment])
      } catch (error) {
        setProblem((error as Error).message)
      }
    }
  }

  function send() {
    const content = [...files.map(({ block }) => block), ...(prompt.trim() === '' ? [] : [{ text: prompt }])]
    if (content.length === 0 || isRunning) return
    try {
      for (const conversation of conversations) conversation.check()
    } catch (error) {
      return setProblem((error as Error).message)
    }
    setProblem(undefined)
    setPrompt('')
    setFiles([])
    for (const conversation of conversations) void conversation.send(content)
  }

  const dropTarget = useFileDrop(addFiles)

  return (
    <div class="chat" ref={dropTarget}>
      <div class={isComparing ? 'columns two' : 'columns'}>
        {conversations.map((conversation, index) => (
          <Conversation
            key={index === 0 ? 'first' : 'second'}
            label={index === 0 ? 'Model' : 'Second model'}
            conversation={conversation}
            models={models}
            stack={stack}
          />
        ))}
      </div>
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <label for="prompt">Prompt</label>
        <textarea
          id="prompt"
          ref={promptBox}
          rows={3}
          value={prompt}
          onInput={(event) => setPrompt(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
            event.preventDefault()
            send()
          }}
        />
        {files.length > 0 && (
          <ul class="chips" aria-label="Files">
            {files.map((file) => (
              <li key={file.name}>
                {toPlainText(file.name)}{' '}
                <button type="button" onClick={() => setFiles(files.filter((other) => other !== file))}>
                  Remove {toPlainText(file.name)}
                </button>
              </li>
            ))}
          </ul>
        )}
        {problem && (
          <p class="error" role="alert">
            {toPlainText(problem)}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={isRunning}>
            Send
          </button>
          <button
            type="button"
            disabled={!isRunning}
            onClick={() => {
              for (const { stop } of conversations) stop()
            }}
          >
            Stop
          </button>
          <FileButton label="Add files" multiple onFiles={addFiles} />
          <button
            type="button"
            disabled={isRunning}
            onClick={() => {
              for (const { clear } of conversations) clear()
            }}
          >
            New chat
          </button>
          <label class="check">
            <input type="checkbox" checked={isComparing} onChange={() => setComparing(!isComparing)} /> Compare two
            models
          </label>
        </div>
        {stack.isEmulated && (
          <details>
            <summary>Faults of the emulator</summary>
            <div class="buttons">
              {DIRECTIVES.map((directive) => (
                <button
                  type="button"
                  key={directive}
                  onClick={() => {
                    setPrompt(`${prompt === '' ? 'Hello' : prompt} [emulator:${directive}]`)
                    promptBox.current?.focus()
                  }}
                >
                  {directive}
                </button>
              ))}
            </div>
          </details>
        )}
        <SettingsForm settings={settings} onChange={setSettings} />
      </form>
    </div>
  )
}

/** State of one conversation with one model. */
function useConversation(initialModel: string, settings: Settings) {
  const [modelId, setModelId] = useState(initialModel)
  const [turns, setTurns] = useState<readonly Turn[]>([])
  const { stream, start, stop, clear } = useStream()

  async function send(content: readonly ContentBlock[]) {
    const asked: readonly Turn[] = [...turns, { message: { role: 'user', content } }]
    setTurns(asked)
    const answer = await start(modelId, toRequest(asked, settings))
    setTurns([...asked, { message: { role: 'assistant', content: toContent(answer) }, answer }])
  }

  return {
    modelId,
    setModelId,
    turns,
    stream,
    stop,
    send,
    request: () => toRequest(turns, settings),
    /** @throws Error for settings that are not JSON */
    check: () => void toRequest(turns, settings),
    clear() {
      setTurns([])
      clear()
    },
  }
}

/** @throws Error that names the setting */
function toRequest(turns: readonly Turn[], settings: Settings): ConverseRequest {
  const { system, maxTokens, temperature, topP, tools, additional } = settings
  const inferenceConfig = Object.fromEntries(
    Object.entries({ maxTokens, temperature, topP }).flatMap(([name, text]) =>
      text.trim() === '' ? [] : [[name, readNumber(name, text)]],
    ),
  )
  // A turn that failed without an answer would be an empty message, which Bedrock refuses.
  const messages = turns.map(({ message }) => message).filter(({ content }) => content.length > 0)
  return {
    messages: mergeSameRole(messages),
    ...(system.trim() !== '' && { system: [{ text: system }] }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(tools.trim() !== '' && { toolConfig: { tools: readJson('Tools', tools) as unknown[] } }),
    ...(additional.trim() !== '' && { additionalModelRequestFields: readJson('Additional fields', additional) }),
  }
}

/** After a failed turn two questions follow each other; Bedrock wants roles in turns. */
function mergeSameRole(messages: readonly Message[]): Message[] {
  const merged: Message[] = []
  for (const message of messages) {
    const last = merged.at(-1)
    if (last?.role === message.role)
      merged[merged.length - 1] = { ...last, content: [...last.content, ...message.content] }
    else merged.push(message)
  }
  return merged
}

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw new Error(`${name} is "${text}", which is no number.`)
}

function readJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${name} must be JSON: ${(error as Error).message}`)
  }
}

interface ConversationProps {
  readonly label: string
  readonly conversation: ReturnType<typeof useConversation>
  readonly models: readonly ListedModel[]
  readonly stack: Stack
}

function Conversation({ label, conversation, models, stack }: ConversationProps) {
  const { modelId, setModelId, turns, stream, send } = conversation
  const isRunning = stream?.isRunning ?? false
  // The running answer is not among the turns yet.
  const shown = turns.at(-1)?.answer === stream?.answer ? undefined : stream
  return (
    <section class="conversation" aria-label={`Conversation with ${modelId}`}>
      <ModelPicker label={label} models={models} value={modelId} onChange={setModelId} />
      <ModelFacts models={models} modelId={modelId} />
      <div class="turns">
        {turns.map((turn, index) => (
          <TurnView key={index} turn={turn} />
        ))}
        {shown && (
          <article class="assistant" aria-label="Answer">
            <AnswerView answer={shown.answer} isRunning={shown.isRunning} />
          </article>
        )}
      </div>
      <p class="status" role="status">
        {isRunning ? 'Answering …' : stream ? describeEnd(stream.answer) : ''}
      </p>
      {!isRunning && <ToolResults turns={turns} onSend={send} />}
      <RequestView conversation={conversation} stack={stack} />
      {stream && !isRunning && (
        <details>
          <summary>Raw events ({stream.rawEvents.length})</summary>
          <WindowList
            label="Raw events"
            items={stream.rawEvents}
            rowHeight={24}
            height={240}
            keyOf={({ id }) => id}
            renderRow={({ atMs, name, data }) => (
              <code>
                {atMs.toFixed(0)} ms {toPlainText(`${name} ${data.slice(0, 400)}`)}
              </code>
            )}
          />
        </details>
      )}
    </section>
  )
}

function describeEnd({ error, usage }: Answer): string {
  if (error) return `The answer ended with ${toPlainText(error.type)}.`
  return `The answer is complete${usage?.outputTokens === undefined ? '' : `, ${usage.outputTokens} tokens`}.`
}

function TurnView({ turn: { message, answer } }: { readonly turn: Turn }) {
  if (answer) {
    return (
      <article class="assistant" aria-label="Answer">
        <AnswerView answer={answer} isRunning={false} />
      </article>
    )
  }
  return (
    <article class="user" aria-label="Prompt">
      {message.content.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </article>
  )
}

function BlockView({ block }: { readonly block: ContentBlock }) {
  const pieces = useMemo(() => [block.text ?? describeBlock(block)], [block])
  return <LiveText pieces={pieces} isLive={false} />
}

function describeBlock({ image, document, toolResult }: ContentBlock): string {
  if (image) return `[image: ${image.format}]`
  if (document) return `[document: ${document.name}]`
  return toolResult ? `[result: ${JSON.stringify(toolResult.content)}]` : '[file]'
}

/** A form for the results of the tools that the last answer uses. */
function ToolResults({
  turns,
  onSend,
}: {
  turns: readonly Turn[]
  onSend: (content: readonly ContentBlock[]) => unknown
}) {
  const last = turns.at(-1)?.message
  const uses = last?.role === 'assistant' ? last.content.flatMap(({ toolUse }) => toolUse ?? []) : []
  if (uses.length === 0) return null
  return (
    <form
      class="results"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        onSend(
          uses.map(({ toolUseId }) => ({
            toolResult: { toolUseId, content: [{ text: String(form.get(toolUseId) ?? '') }] },
          })),
        )
      }}
    >
      {uses.map(({ toolUseId, name }) => (
        <label key={toolUseId}>
          Result of {toPlainText(name)}
          <textarea name={toolUseId} rows={2} required />
        </label>
      ))}
      <button type="submit">Send results</button>
    </form>
  )
}

function RequestView({ conversation, stack }: Pick<ConversationProps, 'conversation' | 'stack'>) {
  const [language, setLanguage] = useState<Language>('curl')
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Show request</summary>
      {isOpen && (
        <>
          <label>
            Language{' '}
            <select value={language} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
              {LANGUAGES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <Snippet language={language} conversation={conversation} stack={stack} />
        </>
      )}
    </details>
  )
}

function Snippet({
  language,
  conversation,
  stack,
}: Pick<ConversationProps, 'conversation' | 'stack'> & { language: Language }) {
  const [isCopied, setCopied] = useState(false)
  let text: string
  try {
    const { modelId, request, turns } = conversation
    const asked = turns.length > 0 ? request() : { ...request(), messages: EXAMPLE }
    // The last answer is not part of the request that gave it.
    const messages = asked.messages.at(-1)?.role === 'assistant' ? asked.messages.slice(0, -1) : asked.messages
    text = writeSnippet(language, {
      modelId,
      request: { ...asked, messages },
      baseUrl: urlOf('').replace(/\/$/, ''),
      region: stack.region,
      needsKey: stack.auth !== 'open',
    })
  } catch (error) {
    return (
      <p class="error" role="alert">
        {toPlainText((error as Error).message)}
      </p>
    )
  }
  return (
    <>
      <button
        type="button"
        onClick={() => {
          void navigator.clipboard.writeText(text).then(() => setCopied(true))
        }}
      >
        {isCopied ? 'Copied' : 'Copy'}
      </button>
      <CodeBlock label={`Request in ${language}`} text={text} />
    </>
  )
}

const EXAMPLE: readonly Message[] = [{ role: 'user', content: [{ text: 'What is the capital of France?' }] }]

function SettingsForm({ settings, onChange }: { settings: Settings; onChange: (settings: Settings) => void }) {
  const field = (name: keyof Settings) => ({
    value: settings[name],
    onInput: (event: { currentTarget: { value: string } }) =>
      onChange({ ...settings, [name]: event.currentTarget.value }),
  })
  return (
    <details>
      <summary>System text, parameters and tools</summary>
      <div class="settings">
        <label class="wide">
          System text
          <textarea rows={2} {...field('system')} />
        </label>
        <label>
          Max tokens
          <input inputMode="numeric" {...field('maxTokens')} />
        </label>
        <label>
          Temperature
          <input inputMode="decimal" {...field('temperature')} />
        </label>
        <label>
          Top p
          <input inputMode="decimal" {...field('topP')} />
        </label>
        <label class="wide">
          Tools (a JSON list as in toolConfig.tools)
          <textarea
            rows={3}
            spellcheck={false}
            placeholder='[{"toolSpec":{"name":"weather","inputSchema":{"json":{"type":"object","properties":{"city":{"type":"string"}}}}}}]'
            {...field('tools')}
          />
        </label>
        <label class="wide">
          Additional fields (JSON, such as {'{"thinking":{"type":"enabled","budget_tokens":1024}}'})
          <textarea rows={2} spellcheck={false} {...field('additional')} />
        </label>
      </div>
    </details>
  )
}
