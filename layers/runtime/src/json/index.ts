import '../core/index.ts'

export {
  appendItem,
  applyEdits,
  insertMember,
  type JsonEdit,
  prependMember,
  removeMembers,
  renameMember,
  replaceValue,
  setMember,
} from './edit-json.ts'
export {
  assertExactMembers,
  assertExactNumbers,
  mayBeRounded,
  parseExactly,
  parseWithSources,
} from './exact-numbers.ts'
export { hashJson, sortedMembers } from './hash-json.ts'
export {
  asObject,
  isObject,
  type JsonDocument,
  type JsonKind,
  type JsonMember,
  type JsonValue,
  MAX_JSON_LEVELS,
  malformed,
  type PlainObject,
  parseObject,
  readJson,
  readJsonIfAny,
  readJsonObject,
  toBuffer,
} from './json-document.ts'
