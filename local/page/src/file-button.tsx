export interface FileButtonProps {
  readonly label: string
  readonly onFiles: (files: readonly File[]) => unknown
  /** Endings that can be chosen; all by default. */
  readonly accept?: string
  readonly multiple?: boolean
}

/** A button that chooses files. The same file can be chosen again. */
export function FileButton({ label, onFiles, ...input }: FileButtonProps) {
  return (
    <label class="button">
      {label}
      <input
        type="file"
        {...input}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])])
          event.currentTarget.value = ''
        }}
      />
    </label>
  )
}
