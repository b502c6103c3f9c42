import { applyEdits, type JsonEdit } from '../../json/edit-json.ts'
import { type JsonDocument, type JsonMember, withoutByteOrderMark } from '../../json/json-document.ts'
import { samplingRule } from '../../models/model-rules.ts'
import { type ChosenBetas, removeParts } from './betas.ts'

/** Version of the contract without sampling. A native body names it in the same way, if the model has no sampling. */
const NEW_VERSION = '2026-10-21'
const NATIVE_VERSION = 'bedrock-2023-05-31'

/** Chooses the version of the native body. Older models know only Bedrock's own, which accepts the same members and more. */
export function chooseVersion(version: string | undefined, modelId: string): string {
  return version === NEW_VERSION && samplingRule(modelId) === 'none' ? version : NATIVE_VERSION
}

/** Members of the contract, or of the native body, that are not the caller's to write here. */
const REPLACED = ['stream', 'anthropic_version', 'anthropic_beta']

/**
 * Turns the body of a Messages request into Claude's native body: without `model` and `stream`, with the version and the
 * betas. All other bytes stay, except members of betas that the model does not take.
 */
export function toNative({ root, bytes }: JsonDocument, version: string, betas: ChosenBetas): Buffer {
  const [model, ...others] = root.members.filter(({ name }) => name === 'model')
  const edits = [
    ...removeParts(root, [...REPLACED, ...betas.members]),
    ...others.map(renameRepeated),
    ...(model ? [replaceModel(model, version, betas.sent)] : []),
  ]
  return withoutByteOrderMark(applyEdits(bytes, edits))
}

function replaceModel({ start, value }: JsonMember, version: string, betas: readonly string[]): JsonEdit {
  const beta = betas.length > 0 ? `,"anthropic_beta":${JSON.stringify(betas)}` : ''
  return { start, end: value.end, text: `"anthropic_version":"${version}"${beta}` }
}

/** A model that is named twice is ambiguous. Bedrock refuses the second by its name. */
function renameRepeated({ start, value }: JsonMember): JsonEdit {
  return { start, end: value.start, text: '"model":' }
}
