import { isDeepStrictEqual } from 'node:util'
import type { LastWords } from '../conversation/read-text.ts'
import type { ContentBlock, ConversationRequest, Tool } from '../conversation/types.ts'
import type { JsonValue } from '../shapes/json.ts'
import { rankTools } from './rank-tools.ts'
import { fillSchema } from './schema/fill-schema.ts'
import { splitWords } from './words.ts'

export interface ChosenTool {
  readonly name: string
  readonly input: JsonValue
}

/** Words in the names and descriptions of tools that take the final answer, as agents declare them for structured output. */
const ANSWER_WORDS: ReadonlySet<string> = new Set(
  'answer complete completion done final finish output reply respond response result submit'.split(' '),
)

/**
 * Chooses a tool and its input: the tool of the tool choice, or the one that fits the prompt best. Where the model may
 * choose, it uses only a tool that the prompt asks for, none once a result is there, and none that it has just used with the
 * same input. Where it must use any, it prefers one that it has not used for this prompt.
 */
export function chooseTool(
  request: ConversationRequest,
  { prompt, prompts, hasResult }: LastWords,
): ChosenTool | undefined {
  const { tools, toolChoice } = request
  const fill = (tool: Tool): ChosenTool => ({ name: tool.name, input: fillInput(tool, prompts) })
  switch (toolChoice.kind) {
    case 'none':
      return undefined
    case 'tool':
      return tools.filter(({ name }) => name === toolChoice.name).map(fill)[0]
    case 'any': {
      const used = findUses(request)
      const chosen = orderForAny(tools, prompt, used, hasResult).map(fill)
      return chosen.find((choice) => !isRepeated(choice, request)) ?? chosen[0]
    }
    case 'auto': {
      if (hasResult) return undefined
      const best = rankTools(tools, prompt).find(({ isMeant }) => isMeant)
      const choice = best && fill(best.tool)
      return choice && !isRepeated(choice, request) ? choice : undefined
    }
  }
}

/** Derives the input of a tool from its schema and what the user said. */
export function fillInput({ inputSchema }: Tool, prompts: LastWords['prompts']): JsonValue {
  return fillSchema({ type: 'object', ...inputSchema }, prompts)
}

/** Orders tools for a choice of any: after a result unused ones first, and those that take the answer; before it, last. */
function orderForAny(tools: readonly Tool[], prompt: string, used: readonly ToolUse[], hasResult: boolean): Tool[] {
  const isUsed = ({ name }: Tool): boolean => used.some((use) => use.name === name)
  const order = (tool: Tool): number => {
    const answers = takesAnswer(tool)
    return hasResult ? Number(isUsed(tool)) * 2 + Number(!answers) : Number(answers)
  }
  return rankTools(tools, prompt)
    .map(({ tool }) => tool)
    .toSorted((one, other) => order(one) - order(other))
}

function takesAnswer({ name, description = '' }: Tool): boolean {
  return splitWords(`${name} ${description.slice(0, 60)}`).some((word) => ANSWER_WORDS.has(word))
}

type ToolUse = Extract<ContentBlock, { kind: 'toolUse' }>

/** Finds the tool uses since the user last wrote without a result. */
function findUses({ turns }: ConversationRequest): ToolUse[] {
  const start = turns.findLastIndex(
    ({ role, blocks }) => role === 'user' && !blocks.some(({ kind }) => kind === 'toolResult'),
  )
  return turns.slice(start + 1).flatMap(({ blocks }) => blocks.filter((block) => block.kind === 'toolUse'))
}

/** Tests whether the last answer with tools used this tool with this input. */
function isRepeated(choice: ChosenTool, { turns }: ConversationRequest): boolean {
  const last = turns.findLast(({ blocks }) => blocks.some(({ kind }) => kind === 'toolUse'))
  return (last?.blocks ?? []).some(
    (block) => block.kind === 'toolUse' && block.name === choice.name && isDeepStrictEqual(block.input, choice.input),
  )
}
