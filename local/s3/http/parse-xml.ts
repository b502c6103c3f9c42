import { S3Error } from './s3-error.ts'

/** An element with its child elements, or its text. Namespaces and attributes are left aside. */
export interface ParsedElement {
  readonly name: string
  readonly children: readonly ParsedElement[]
  readonly text: string
}

/** S3's own documents have four levels. */
const MAXIMUM_DEPTH = 8

const TOKEN = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w:.-]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)/gy

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

interface OpenElement {
  readonly name: string
  readonly children: ParsedElement[]
  text: string
}

/**
 * The root element of a small document. MalformedXML for anything that is not well-formed, and for a DOCTYPE: whoever
 * sends one means harm.
 */
export function parseXml(document: string): ParsedElement {
  const top: OpenElement = { name: '', children: [], text: '' }
  const open = [top]
  let position = 0
  for (const token of document.matchAll(TOKEN)) {
    position = token.index + token[0].length
    const [, cdata, slash, tag, selfClosing, raw] = token
    const parent = open.at(-1) ?? top
    if (tag === undefined) {
      parent.text += cdata ?? decodeEntities(raw ?? '')
      continue
    }
    const name = tag.slice(tag.indexOf(':') + 1)
    if (slash) {
      if (open.length === 1 || open.pop()?.name !== name) throw new S3Error('MalformedXML')
      continue
    }
    const element = { name, children: [], text: '' }
    parent.children.push(element)
    if (!selfClosing && open.push(element) > MAXIMUM_DEPTH) throw new S3Error('MalformedXML')
  }
  const [root, other] = top.children
  const isWhole = position === document.length && open.length === 1 && top.text.trim() === ''
  if (!isWhole || !root || other) throw new S3Error('MalformedXML')
  return root
}

export function childrenOf({ children }: ParsedElement, name: string): readonly ParsedElement[] {
  return children.filter((child) => child.name === name)
}

export function textOf(element: ParsedElement, name: string): string | undefined {
  return childrenOf(element, name)[0]?.text
}

function decodeEntities(text: string): string {
  return text.replace(/&([^;&]{0,10};?)/g, (_match, reference: string) => {
    const [, hexadecimal, decimal, name = ''] = /^(?:#x([\da-f]+)|#(\d+)|(\w+));$/i.exec(reference) ?? []
    const point = hexadecimal ? Number.parseInt(hexadecimal, 16) : Number(decimal)
    const character = point <= 0x10ffff ? String.fromCodePoint(point) : ENTITIES[name]
    if (character === undefined) throw new S3Error('MalformedXML')
    return character
  })
}
