const JSON_TYPE = 'application/json'
const NO_TYPE = new Set(['', 'application/octet-stream'])

/**
 * The headers with a content type by which Bedrock reads the bytes as we do. A guardrail is taken with JSON alone; the
 * JavaScript SDK says octet-stream where InvokeModel's caller says nothing, and a charset could give the bytes another
 * sense. Anything else that is not JSON is Bedrock's to refuse.
 */
export function asJson(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  const name = type.trim().toLowerCase()
  if (headers['content-type'] === JSON_TYPE || (name !== JSON_TYPE && !NO_TYPE.has(name))) return headers
  return { ...headers, 'content-type': JSON_TYPE }
}
