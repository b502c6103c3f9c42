import { findDirectives, removeDirectives } from '../../../local/bedrock/directives/find-directives.ts'

test.each([
  ['a [emulator:say=x=y\nz] b', [{ name: 'say', value: 'x=y\nz' }], 'a  b'],
  ['[emulator:say=]', [{ name: 'say', value: '' }], ''],
  ['[emulator:stall]', [{ name: 'stall' }], ''],
  [
    '[emulator:stall=1][emulator:rate=2] go',
    [
      { name: 'stall', value: '1' },
      { name: 'rate', value: '2' },
    ],
    'go',
  ],
  ['[emulator:reset@3] go', [{ name: 'reset', value: '@3' }], 'go'],
  ['[emulator:silence=5@3]', [{ name: 'silence', value: '5@3' }], ''],
  ['[emulator:say=a@b=c]', [{ name: 'say', value: 'a@b=c' }], ''],
  [
    'Go [emulator:tool=look_up {"a":["]}",[1]],"b":{}}] on [emulator:stall=1]',
    [
      { name: 'tool', value: 'look_up {"a":["]}",[1]],"b":{}}' },
      { name: 'stall', value: '1' },
    ],
    'Go  on',
  ],
  ['[emulator:tool=look_up]{"a":1}', [{ name: 'tool', value: 'look_up' }], '{"a":1}'],
  [
    '[emulator:tool=a {"b":] [emulator:tool=c {"d":]',
    [
      { name: 'tool', value: 'a {"b":' },
      { name: 'tool', value: 'c {"d":' },
    ],
    '',
  ],
  ['[emulator:say=never closed', [], '[emulator:say=never closed'],
  ['[Emulator:say=x] [emulate]', [], '[Emulator:say=x] [emulate]'],
])('the directives of %j are found and removed', (text, directives, rest) => {
  expect(findDirectives(text).map(({ start: _start, end: _end, ...directive }) => directive)).toEqual(directives)
  expect(removeDirectives(text)).toBe(rest)
})

test('a megabyte of opening brackets is read in one pass', () => {
  expect(findDirectives('[emulator:'.repeat(100_000))).toEqual([])
  expect(findDirectives('[emulator:tool=a {"]'.repeat(50_000))).toHaveLength(50_000)
})
