import { BedrockError } from '../../core/errors.ts'
import { ANONYMOUS } from '../../core/identity.ts'
import { ownerOf, PREFIXES } from '../../jobs/layout.ts'
import { parseS3Uri } from '../../jobs/output-location.ts'
import { type JsonMember, type JsonNode, memberOf, textOf } from '../../json/json-tree.ts'
import { type JsonDocument, refuse } from './conversation.ts'

/** Where inputs may be. */
export interface InputPlaces {
  /** Resource ARNs as in an IAM policy: `arn:aws:s3:::bucket/prefix/*`, or one object's own. */
  readonly inputLocations: readonly string[]
  /** The stack's bucket, in which every caller has uploads of their own. */
  readonly uploadsBucket?: string | undefined
}

/** An `s3Location` of a request. */
export interface InputLocation {
  /** Its place in the request. */
  readonly path: string
  readonly uri: string
  readonly bucketOwner?: string
  /** The member with its name, to be replaced. */
  readonly member: JsonMember
}

const NAME = 's3Location'
/** More than any model takes; each may be read at once with the others. */
const MOST_LOCATIONS = 100

/** Values in which a caller's or a model's own data stand, under any names. */
const FREE_FORM = new Set(['toolUse', 'inputSchema', 'json'])

/**
 * All S3 locations of a request, of whatever operation, wherever they stand: also in members that nobody knows yet, and in
 * each of several of one name, since which of them a service reads is not ours to guess.
 *
 * @throws BedrockError ValidationException for one that has not Bedrock's form
 */
export function findLocations({ bytes, root }: JsonDocument): InputLocation[] {
  const found: InputLocation[] = []
  const visit = (node: JsonNode, path: string): void => {
    if (node.kind === 'array') for (const [index, item] of node.items.entries()) visit(item, `${path}${index}.`)
    if (node.kind !== 'object') return
    for (const member of node.members) {
      if (FREE_FORM.has(member.name)) continue
      if (member.name === NAME && found.length === MOST_LOCATIONS)
        refuse(`${path}${NAME} is one too many: a request names at most ${MOST_LOCATIONS} objects.`)
      if (member.name === NAME) found.push(readLocation(bytes, member, `${path}${NAME}`))
      else visit(member.value, `${path}${member.name}.`)
    }
  }
  visit(root, '')
  return found
}

function readLocation(bytes: Buffer, member: JsonMember, path: string): InputLocation {
  const { value } = member
  const names = value.kind === 'object' ? value.members.map(({ name }) => name) : []
  if (names.filter((name) => name === 'uri').length !== 1 || new Set(names).size < names.length) {
    refuse(`${path} must be of the form {"uri": "s3://bucket/key"}, each member once.`)
  }
  const bucketOwner = textOf(bytes, memberOf(bytes, value, 'bucketOwner'))
  const uri = textOf(bytes, memberOf(bytes, value, 'uri'))
  return { path, uri, member, ...(bucketOwner !== '' && { bucketOwner }) }
}

/**
 * Refuses what is neither the caller's own upload nor below a prefix that the operator grants: Bedrock and we would read it
 * with the stack's permissions, not with the caller's.
 *
 * @throws BedrockError AccessDeniedException; ValidationException for what is no S3 URI
 */
export function admitInput(
  { uri, path }: Pick<InputLocation, 'uri' | 'path'>,
  caller: string | undefined,
  { inputLocations, uploadsBucket }: InputPlaces,
): void {
  const { bucket, key } = parseS3Uri(uri, `${path}.uri`)
  const own = uploadsBucket && `${uploadsBucket}/${PREFIXES.uploads}${ownerOf(caller ?? ANONYMOUS)}/`
  const granted = [...inputLocations.map((arn) => arn.replace(/^arn:[^:]+:s3:::/, '')), ...(own ? [`${own}*`] : [])]
  const place = `${bucket}/${key}`
  if (granted.some((grant) => (grant.endsWith('*') ? place.startsWith(grant.slice(0, -1)) : place === grant))) return
  const uploads = own ? 'your own uploads (POST /uploads) and ' : ''
  throw new BedrockError(
    'AccessDeniedException',
    `${path}.uri ${uri} is not among the locations that this stack may read: ${uploads}those of its parameter InputLocations.`,
  )
}
