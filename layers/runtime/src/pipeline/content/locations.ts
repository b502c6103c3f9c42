import { BedrockError } from '../../core/errors.ts'
import { ANONYMOUS, ownerOf, uploadsPrefix } from '../../core/identity.ts'
import { parseS3Uri } from '../../core/s3-uri.ts'
import type { JsonDocument, JsonMember, JsonValue } from '../../json/json-document.ts'
import { refuse } from './conversation.ts'

/** Allowed locations of inputs. */
export interface InputLocations {
  /** Resource ARNs as in an IAM policy: `arn:aws:s3:::bucket/prefix/*`, or the ARN of one object. */
  readonly inputLocations: readonly string[]
  /** Bucket of the stack, with the uploads of each caller. */
  readonly uploadsBucket?: string | undefined
}

/** An `s3Location` of a request. */
export interface InputLocation {
  /** Path in the request. */
  readonly path: string
  readonly uri: string
  readonly bucketOwner?: string
  /** Format of the medium, if it is a medium's source. */
  readonly format?: string
  /** Member to replace, with its name. */
  readonly member: JsonMember
}

const NAME = 's3Location'
/** Most locations of a request, more than any model accepts. All are read at once. */
const MAX_LOCATIONS = 100

/** Members with free data of callers or models, under any names. */
const FREE_FORM = new Set(['toolUse', 'inputSchema', 'json'])

/**
 * Finds the S3 locations of a document, which Bedrock reads with the permissions of the stack. Refuses locations that the
 * caller may not name.
 *
 * @throws BedrockError AccessDeniedException; ValidationException for a location that does not have Bedrock's form
 */
export function assertLocationsAllowed(
  document: JsonDocument,
  caller: string | undefined,
  allowed: InputLocations,
  root: JsonValue = document.root,
): InputLocation[] {
  const locations = document.mayHaveMember(NAME) ? findLocations(root) : []
  for (const location of locations) assertInputAllowed(location, caller, allowed)
  return locations
}

/**
 * Finds all S3 locations of a value, for every operation: also in unknown members, and in each of several members of one
 * name, because a service may read any of them.
 */
function findLocations(root: JsonValue): InputLocation[] {
  const found: InputLocation[] = []
  const visit = (value: JsonValue, path: string, parent?: JsonValue): void => {
    for (const [index, item] of value.items.entries()) visit(item, `${path}${index}.`)
    for (const member of value.members) {
      if (FREE_FORM.has(member.name)) continue
      if (member.name === NAME && found.length === MAX_LOCATIONS)
        refuse(`${path}${NAME} is one too many. A request can have at most ${MAX_LOCATIONS} objects.`)
      if (member.name === NAME) found.push(readLocation(member, `${path}${NAME}`, parent?.get('format')?.text))
      else visit(member.value, `${path}${member.name}.`, value)
    }
  }
  visit(root, '')
  return found
}

function readLocation(member: JsonMember, path: string, format: string | undefined): InputLocation {
  const { value } = member
  const names = value.members.map(({ name }) => name)
  if (names.filter((name) => name === 'uri').length !== 1 || new Set(names).size < names.length) {
    refuse(`${path} must be of the form {"uri": "s3://bucket/key"}, each member once.`)
  }
  const bucketOwner = value.get('bucketOwner')?.text ?? ''
  const uri = value.get('uri')?.text ?? ''
  return { path, uri, member, ...(bucketOwner !== '' && { bucketOwner }), ...(format !== undefined && { format }) }
}

/**
 * Refuses a location that is neither an upload of the caller nor below a prefix of the operator. Bedrock and the stack read
 * it with the permissions of the stack, not with those of the caller.
 *
 * @throws BedrockError AccessDeniedException; ValidationException for an invalid S3 URI
 */
export function assertInputAllowed(
  { uri, path }: Pick<InputLocation, 'uri' | 'path'>,
  caller: string | undefined,
  { inputLocations, uploadsBucket }: InputLocations,
): void {
  const { bucket, key } = parseS3Uri(uri, `${path}.uri`)
  const own = uploadsBucket && `${uploadsBucket}/${uploadsPrefix(ownerOf(caller ?? ANONYMOUS))}`
  const granted = [...inputLocations.map((arn) => arn.replace(/^arn:[^:]+:s3:::/, '')), ...(own ? [`${own}*`] : [])]
  const object = `${bucket}/${key}`
  if (granted.some((grant) => (grant.endsWith('*') ? object.startsWith(grant.slice(0, -1)) : object === grant))) return
  const uploads = own ? 'your own uploads (POST /uploads) and ' : ''
  throw new BedrockError(
    'AccessDeniedException',
    `${path}.uri ${uri} is not among the locations that this stack may read: ${uploads}those of its parameter InputLocations.`,
  )
}
