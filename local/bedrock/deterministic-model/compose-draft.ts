import { findLastUserTurn, type LastWords, readLastWords, readText } from '../conversation/read-text.ts'
import type { AnswerBlock, ConversationRequest, ToolResultBlock, Turn } from '../conversation/types.ts'
import type { Directives } from '../directives/parse-directives.ts'
import { validationError } from '../messages.ts'
import { chooseTool, fillInput } from './choose-tool.ts'
import { citeSources } from './cite-sources.ts'
import { describeMedia } from './describe-media.ts'
import { composeFiller } from './filler.ts'
import { deriveId, pick } from './hash-request.ts'
import { findKnownAnswer } from './known-answers.ts'
import { choosePhrases, type Phrases, quote } from './phrases.ts'
import { runCode } from './run-code.ts'
import { fillSchema } from './schema/fill-schema.ts'

/** A request and what its last turn says. */
interface Question {
  readonly request: ConversationRequest
  /** Last turn of the user. */
  readonly turn: Turn | undefined
  /** All texts of that turn. */
  readonly prompt: string
  readonly last: LastWords
  readonly phrases: Phrases
  readonly hash: Buffer
}

/** Composes the whole answer, before maxTokens and stop sequences. */
export function composeDraft(request: ConversationRequest, directives: Directives, hash: Buffer): AnswerBlock[] {
  const turn = findLastUserTurn(request)
  const prompt = readText(turn?.blocks ?? [])
  const phrases = choosePhrases(prompt)
  if (directives.tool) {
    // Claude demands the thinking back with the result of the tool.
    const thinking = request.parameters.thinking ? reason(request, phrases, prompt) : []
    return [...thinking, ...useTool(directives.tool, request, directives.say, hash)]
  }
  if (directives.say !== undefined) return [{ kind: 'text', text: directives.say }]
  if (directives.tokens !== undefined) return [{ kind: 'text', text: composeFiller(directives.tokens) }]
  const last = readLastWords(request)
  return [
    ...reason(request, phrases, prompt),
    ...runCode(request, last.prompt, hash),
    ...answer({ request, turn, prompt, last, phrases, hash }),
  ]
}

/** Uses a tool of the request, or answers with a document or a text. */
function answer(question: Question): AnswerBlock[] {
  const { request, last, phrases, hash } = question
  const tool = chooseTool(request, last)
  if (tool) {
    const use: AnswerBlock = { kind: 'toolUse', id: deriveId(hash, 'tool'), ...tool }
    // A model explains its tool use only when it may choose.
    return request.toolChoice.kind === 'auto' ? [{ kind: 'text', text: phrases.callingTool(tool.name) }, use] : [use]
  }
  const { outputSchema } = request.parameters
  if (outputSchema) return [{ kind: 'text', text: JSON.stringify(fillSchema(outputSchema, last.prompts)) }]
  return [{ kind: 'text', text: composeText(question) }, ...citeSources(request, last.prompt)]
}

/** Uses the tool of a directive, after the text of another. ValidationException for one that the request does not have. */
function useTool(
  { name, input }: NonNullable<Directives['tool']>,
  request: ConversationRequest,
  text: string | undefined,
  hash: Buffer,
): AnswerBlock[] {
  const tool = request.tools.find((one) => one.name === name)
  if (!tool) {
    const names = request.tools.map((one) => one.name).join(', ') || 'none'
    throw validationError(`The directive [emulator:tool=${name}] names no tool of the request. Its tools: ${names}.`)
  }
  const { prompts } = readLastWords(request)
  return [
    ...(text === undefined ? [] : [{ kind: 'text', text } as const]),
    { kind: 'toolUse', id: deriveId(hash, 'tool'), name, input: input ?? fillInput(tool, prompts) },
  ]
}

function composeText({ request, turn, prompt, phrases, hash }: Question): string {
  const results = turn?.blocks.filter((block) => block.kind === 'toolResult') ?? []
  const known = findKnownAnswer(prompt)
  if (known && /one word|single word|一言で|一語で/i.test(`${request.system} ${prompt}`)) return known.short
  const sentences = [
    ...results.map((result) => describeResult(result, request, phrases)),
    ...(known ? [known.full] : compose(prompt, results, phrases, hash)),
    ...describeMedia([...(turn?.blocks ?? []), ...results.flatMap(({ blocks }) => blocks)]),
    ...mentionEarlierTurns(request, phrases),
    ...(request.system === '' ? [] : [phrases.system(quote(request.system))]),
  ]
  return sentences.join(' ')
}

function compose(prompt: string, results: readonly ToolResultBlock[], phrases: Phrases, hash: Buffer): string[] {
  if (results.length > 0 && prompt === '') return [pick(phrases.bodies, hash)]
  return [pick(phrases.openings, hash)(quote(prompt) || phrases.wordless), pick(phrases.bodies, hash)]
}

/** Mentions earlier turns, to show that they arrived. */
function mentionEarlierTurns({ turns }: ConversationRequest, phrases: Phrases): string[] {
  const [earlier] = turns.filter(({ role }) => role === 'user').slice(0, -1)
  const text = earlier ? readText(earlier.blocks) : ''
  return text === '' ? [] : [phrases.earlier(quote(text))]
}

function describeResult(result: ToolResultBlock, { turns }: ConversationRequest, phrases: Phrases): string {
  const uses = turns.flatMap(({ blocks }) => blocks)
  const use = uses.find((block) => block.kind === 'toolUse' && block.id === result.id)
  const name = use?.kind === 'toolUse' ? use.name : result.id
  const text = quote(readText(result.blocks), 400) || phrases.wordless
  return result.isError ? phrases.toolError(name, text) : phrases.toolResult(name, text)
}

function reason({ parameters }: ConversationRequest, phrases: Phrases, prompt: string): AnswerBlock[] {
  if (!parameters.reasoning) return []
  return [{ kind: 'reasoning', text: phrases.reasoning(quote(prompt) || phrases.wordless) }]
}
