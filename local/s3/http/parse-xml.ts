import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { S3Error } from './s3-error.ts'

/** Text, or child elements by name. Namespaces and attributes are dropped. */
export type ParsedElement = string | { readonly [name: string]: readonly ParsedElement[] }

/** Levels below the root. S3 documents have three. */
const MAX_DEPTH = 8

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const parser = new XMLParser({
  isArray: () => true,
  // Keys keep their spaces, and `1.0` stays text.
  trimValues: false,
  parseTagValue: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: MAX_DEPTH,
  // Only XML's own entities: a document defines none, because parseXml refuses a DOCTYPE.
  entityDecoder: {
    decode: decodeEntities,
    setExternalEntities: () => {},
    addInputEntities: () => {},
    setXmlVersion: () => {},
    reset: () => {},
  },
})

/** Parses a small document into its root element. MalformedXML for bad XML, another root, or a DOCTYPE. */
export function parseXml(document: string, rootName: string): ParsedElement {
  try {
    if (/<!DOCTYPE/i.test(document) || XMLValidator.validate(document) !== true) throw new S3Error('MalformedXML')
    const { [rootName]: roots = [], ...others } = parser.parse(document)
    if (roots.length !== 1 || Object.keys(others).length > 0) throw new S3Error('MalformedXML')
    return roots[0]
  } catch (cause) {
    throw new S3Error('MalformedXML', { cause })
  }
}

export function childrenOf(element: ParsedElement, name: string): readonly ParsedElement[] {
  return typeof element === 'string' ? [] : (element[name] ?? [])
}

export function textOf(element: ParsedElement, name: string): string | undefined {
  const [child] = childrenOf(element, name)
  return typeof child === 'string' ? child : undefined
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
