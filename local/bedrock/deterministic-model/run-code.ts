import type { AnswerBlock, ConversationRequest } from '../conversation/types.ts'
import { evaluate, findExpressions } from './arithmetic.ts'
import { deriveId } from './hash-request.ts'

/** System tool of Nova that runs Python. */
const CODE_INTERPRETER = 'nova_code_interpreter'

/**
 * Runs the code interpreter of Nova, if the request has it and the prompt has a calculation: the use of the tool and its
 * result. Observed: recordings of Bedrock.
 */
export function runCode({ systemTools = [] }: ConversationRequest, prompt: string, hash: Buffer): AnswerBlock[] {
  const [snippet = ''] = findExpressions(prompt)
  const result = evaluate(snippet)
  if (!systemTools.includes(CODE_INTERPRETER) || result === undefined) return []
  const id = deriveId(hash, 'code')
  return [
    { kind: 'toolUse', id, name: CODE_INTERPRETER, input: { snippet }, isServerTool: true },
    {
      kind: 'toolResult',
      id,
      type: `${CODE_INTERPRETER}_result`,
      json: { stdOut: String(result), stdErr: '', exitCode: 0, isError: false },
    },
  ]
}
