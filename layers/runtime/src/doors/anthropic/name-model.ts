import { applyEdits, setMember } from '../../json/edit-json.ts'
import { readJsonIfAny } from '../../json/json-document.ts'

/**
 * Gives an answer of Claude, or its event `message_start`, the model as the caller named it. Claude writes its id at Anthropic, which
 * is another name. Claude Code compares the names, and it leaves out the thinking of a model that seems to be another one: Claude
 * refuses the results of tools without it.
 */
export function nameModel(bytes: Buffer, model: string): Buffer {
  const document = readJsonIfAny(bytes, "the model's answer")
  const message = document?.root.get('message') ?? document?.root
  if (!document || !message || message.get('model')?.kind !== 'string') return bytes
  return applyEdits(document.bytes, setMember(message, 'model', JSON.stringify(model)))
}
