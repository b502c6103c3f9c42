import { useEffect, useRef } from 'preact/hooks'

/** Ref of an element onto which files can be dropped. */
export function useFileDrop(onFiles: (files: readonly File[]) => unknown) {
  const element = useRef<HTMLDivElement>(null)
  const latest = useRef(onFiles)
  latest.current = onFiles
  useEffect(() => {
    const target = element.current
    if (!target) return
    // Without this the browser would open the file instead of the page.
    const allow = (event: DragEvent) => event.preventDefault()
    const drop = (event: DragEvent) => {
      event.preventDefault()
      latest.current([...(event.dataTransfer?.files ?? [])])
    }
    target.addEventListener('dragover', allow)
    target.addEventListener('drop', drop)
    return () => {
      target.removeEventListener('dragover', allow)
      target.removeEventListener('drop', drop)
    }
  }, [])
  return element
}
