/** Text in a frame that scrolls, also by keys. */
export function CodeBlock({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <section class="code" aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  )
}
