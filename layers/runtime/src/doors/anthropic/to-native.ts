import { applyEdits, type JsonEdit, removeMembers } from '../../json/edit-json.ts'
import type { JsonDocument, JsonMember } from '../../json/json-document.ts'
import { type ChosenBetas, removeBetaMembers } from './betas.ts'

/** Versions of the contract that a native body of Bedrock names in the same way. */
const SAME_VERSIONS = new Set(['2026-10-21'])
const NATIVE_VERSION = 'bedrock-2023-05-31'

/** Members of the contract, or of the native body, that are not the caller's to write here. */
const REPLACED = ['stream', 'anthropic_version', 'anthropic_beta']

/**
 * Turns the body of a Messages request into Claude's native body: without `model` and `stream`, with the version and the
 * betas. All other bytes stay, except members of betas that the model does not take.
 */
export function toNative({ root, bytes }: JsonDocument, version: string | undefined, betas: ChosenBetas): Buffer {
  const [model, ...others] = root.members.filter(({ name }) => name === 'model')
  const below = removeBetaMembers(root, betas.members)
  const names = new Set([...REPLACED, ...below.names])
  const removed = root.members.filter((member) => names.has(member.name))
  const isRemoved = (edit: JsonEdit) => removed.some(({ start, value }) => edit.start >= start && edit.end <= value.end)
  const edits = [
    ...removeMembers(root, [...names]),
    ...others.map(renameRepeated),
    ...below.edits.filter((edit) => !isRemoved(edit)),
    ...(model ? [replaceModel(model, version, betas.sent)] : []),
  ]
  return applyEdits(bytes, edits)
}

function replaceModel({ start, value }: JsonMember, version: string | undefined, betas: readonly string[]): JsonEdit {
  const native = version !== undefined && SAME_VERSIONS.has(version) ? version : NATIVE_VERSION
  const beta = betas.length > 0 ? `,"anthropic_beta":${JSON.stringify(betas)}` : ''
  return { start, end: value.end, text: `"anthropic_version":"${native}"${beta}` }
}

/** A model that is named twice is ambiguous. Bedrock refuses the second by its name. */
function renameRepeated({ start, value }: JsonMember): JsonEdit {
  return { start, end: value.start, text: '"model":' }
}
