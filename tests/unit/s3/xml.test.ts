import { childrenOf, parseXml, textOf } from '../../../local/s3/http/parse-xml.ts'
import { renderDocument } from '../../../local/s3/http/render-xml.ts'

test('namespaces, entities, CDATA, comments and empty elements are read as SDKs send them', () => {
  const root = parseXml(
    `<?xml version="1.0" encoding="UTF-8"?>
    <!-- comment --><s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">
      <Object a='1'><Key>a &amp; b&lt;&#x1F600;&#10;</Key></Object><Object><Key><![CDATA[<raw>&amp;]]></Key></Object><Quiet/>
    </s3:Delete>`,
    'Delete',
  )
  expect(childrenOf(root, 'Object').map((element) => textOf(element, 'Key'))).toEqual(['a & b<😀\n', '<raw>&amp;'])
  expect(textOf(root, 'Quiet')).toBe('')
  expect(textOf(root, 'Nothing')).toBeUndefined()
})

test.each([
  [' ', ' '],
  [' a  b ', ' a  b '],
  ['1.0', '1.0'],
  ['true', 'true'],
  ['__proto__', '__proto__'],
  ['a<!-- c -->b', 'ab'],
  ['&amp;lt;', '&lt;'],
  ['&#13;&#xd;', '\r\r'],
  ['&#1;\u0001', '\u0001\u0001'],
])('the key %j is read as %j', (key, expected) => {
  const [object = ''] = childrenOf(parseXml(`<Delete><Object><Key>${key}</Key></Object></Delete>`, 'Delete'), 'Object')
  expect(textOf(object, 'Key')).toBe(expected)
})

test.each([
  '',
  'text',
  '<a>',
  '<a></b>',
  '</a>',
  '<a/><b/>',
  '<a/><a/>',
  '<b/>',
  'text<a/>',
  '<a>&unknown;</a>',
  '<a>& b</a>',
  '<a>&#x110000;</a>',
  '<a><</a>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '<!doctype a SYSTEM "file:///etc/passwd"><a/>',
  '<a><__proto__>b</__proto__></a>',
  `${'<a>'.repeat(10)}${'</a>'.repeat(10)}`,
])('%j is refused with MalformedXML', (document) => {
  expect(() => parseXml(document, 'a')).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})

test('100,000 open elements are refused with MalformedXML', () => {
  expect(() => parseXml('<a>'.repeat(100_000), 'a')).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})

test('a rendered key is read back as it was', () => {
  const key = 'a<b>&"c"\n\r\u0001'
  const document = renderDocument('Result', [['Key', key], undefined, ['Size', 1]])
  expect(textOf(parseXml(document, 'Result'), 'Key')).toBe(key)
})
