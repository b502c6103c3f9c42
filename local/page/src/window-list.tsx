import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

export interface WindowListProps<Item> {
  readonly label: string
  readonly items: readonly Item[]
  /** Height of each row in CSS pixels. */
  readonly rowHeight: number
  readonly height: number
  readonly keyOf: (item: Item) => string | number
  readonly renderRow: (item: Item) => ComponentChildren
}

/** Rows beyond the visible ones, above and below. */
const SPARE_ROWS = 6

/** A list that only renders the rows in view, so that 10,000 of them scroll smoothly. */
export function WindowList<Item>({ label, items, rowHeight, height, keyOf, renderRow }: WindowListProps<Item>) {
  const [scrollTop, setScrollTop] = useState(0)
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - SPARE_ROWS)
  const count = Math.ceil(height / rowHeight) + 2 * SPARE_ROWS
  return (
    <section
      class="window"
      aria-label={label}
      tabIndex={0}
      style={`height:${height}px`}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      <ul style={`height:${items.length * rowHeight}px`}>
        {items.slice(first, first + count).map((item, index) => (
          <li key={keyOf(item)} style={`top:${(first + index) * rowHeight}px;height:${rowHeight}px`}>
            {renderRow(item)}
          </li>
        ))}
      </ul>
    </section>
  )
}
