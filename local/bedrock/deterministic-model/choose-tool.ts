import type { ConversationRequest, Tool } from '../conversation/types.ts'

/**
 * Chooses a tool: the one in the tool choice, one named in the prompt (`get_weather` also as "get weather"), or the first
 * when any must be used. None after a tool result, unless the tool choice forces one.
 */
export function chooseTool(
  { tools, toolChoice }: ConversationRequest,
  prompt: string,
  hasResult: boolean,
): Tool | undefined {
  switch (toolChoice.kind) {
    case 'none':
      return undefined
    case 'tool':
      return tools.find(({ name }) => name === toolChoice.name)
    case 'any':
      return findNamed(tools, prompt) ?? tools[0]
    case 'auto':
      return hasResult ? undefined : findNamed(tools, prompt)
  }
}

function findNamed(tools: readonly Tool[], prompt: string): Tool | undefined {
  const spoken = ` ${spell(prompt)} `
  return (
    tools.find(({ name }) => spoken.includes(` ${spell(name)} `)) ??
    tools.find(({ name }) => spoken.includes(spell(name)))
  )
}

/** Converts to lower case, with one space for every run of other characters than letters and digits. */
function spell(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
