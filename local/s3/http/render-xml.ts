/** Content of an element: text, or elements in order. Undefined ones are skipped. */
export type XmlContent = string | number | boolean | readonly (XmlElement | undefined)[]
export type XmlElement = readonly [name: string, content: XmlContent]

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** Renders an answer document. */
export function renderDocument(name: string, content: XmlContent): string {
  return `${DECLARATION}<${name} xmlns="${NAMESPACE}">${renderContent(content)}</${name}>`
}

/** Renders an error document, which has no namespace. */
export function renderErrorDocument(content: XmlContent): string {
  return DECLARATION + renderElement(['Error', content])
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

function renderElement([name, content]: XmlElement): string {
  return `<${name}>${renderContent(content)}</${name}>`
}

function renderContent(content: XmlContent): string {
  if (!Array.isArray(content)) return escapeText(String(content))
  return content.map((element) => (element ? renderElement(element) : '')).join('')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Writes control characters as references, as S3 does, although XML 1.0 forbids them too. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may have them
  return text.replace(/[&<>"\u0000-\u001f]/g, (character) => {
    return ENTITIES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`
  })
}
