import type { ConversationRequest, Tool } from '../conversation/types.ts'

/**
 * The tool that this request leads to: the one its tool choice names, one that the prompt names (`get_weather` also as
 * "get weather"), the first when any must be used. None after a tool's result, unless a choice forces one.
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

/** Lower case, with every run of anything that is not a letter or digit as one space. */
function spell(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
