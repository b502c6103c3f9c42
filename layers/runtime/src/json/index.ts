export {
  appendItem,
  applyEdits,
  insertMember,
  type JsonEdit,
  prependMember,
  removeMembers,
  replaceMember,
  replaceValue,
  setMember,
} from './edit-json.ts'
export { hashJson, sortedMembers } from './hash-json.ts'
export {
  type JsonDocument,
  type JsonKind,
  type JsonMember,
  type JsonValue,
  MAX_JSON_LEVELS,
  malformed,
  readJson,
  readJsonIfAny,
  readJsonObject,
  toBuffer,
} from './json-document.ts'
export { asObject, isObject, type PlainObject, parseObject } from './plain-object.ts'
