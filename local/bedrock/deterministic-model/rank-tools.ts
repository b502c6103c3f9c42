import type { Tool } from '../conversation/types.ts'
import { readObject } from '../shapes/read-json.ts'
import { findSignificantWords, indexWords, isCommonWord, type SpokenWords, splitWords } from './words.ts'

/** A tool and how well it fits a prompt. */
export interface RankedTool {
  readonly tool: Tool
  /** True if the prompt asks for this tool: it may be used where the model may choose. */
  readonly isMeant: boolean
}

/** Characters of a description that are read: its beginning says what the tool does, the rest explains details. */
const MAX_DESCRIPTION = 300

/** A description of so few words says something about the tool with each of them; in a longer one two must fit. */
const FEW_WORDS = 12

/** Orders tools by how well the words of their names, descriptions and parameters fit the prompt, the best first. */
export function rankTools(tools: readonly Tool[], prompt: string): RankedTool[] {
  const spoken = indexWords(prompt)
  const rated = tools.map((tool) => ({ tool, ...rate(tool, spoken) }))
  return rated.toSorted((one, other) => other.score - one.score)
}

function rate({ name, description = '', inputSchema }: Tool, spoken: SpokenWords): { isMeant: boolean; score: number } {
  const isNamed = spoken.hasPhrase(splitWords(name))
  const nameWords = findSignificantWords(name)
  const named = nameWords.filter(spoken.has)
  const subjects = named.filter((word) => !isCommonWord(word))
  const isWholeName = nameWords.length > 0 && named.length === nameWords.length
  const descriptionWords = findSignificantWords(description.slice(0, MAX_DESCRIPTION)).filter(
    (word) => !isCommonWord(word) && !nameWords.includes(word),
  )
  const described = descriptionWords.filter(spoken.has)
  const parameters = findSignificantWords(Object.keys(readObject(inputSchema.properties) ?? {}).join(' '))
  const parametersSaid = parameters.filter((word) => !nameWords.includes(word) && spoken.has(word))
  return {
    isMeant:
      isNamed ||
      isWholeName ||
      subjects.length > 0 ||
      described.length > 1 ||
      (described.length === 1 && (parametersSaid.length > 0 || descriptionWords.length <= FEW_WORDS)),
    score:
      (isNamed ? 100 : 0) +
      (isWholeName ? 20 : 0) +
      subjects.length * 6 +
      (named.length - subjects.length) * 2 +
      Math.min(described.length, 5) * 2 +
      Math.min(parametersSaid.length, 3),
  }
}
