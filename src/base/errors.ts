/** The error and what caused it, outermost first. */
export function listCauses(error: unknown): unknown[] {
  const causes: unknown[] = []
  for (let current = error; current !== undefined && current !== null && causes.length < 8;) {
    causes.push(current)
    current = current instanceof Error ? current.cause : undefined
  }
  return causes
}

/**
 * A refusal that a caller may show or act on; bugs stay plain `Error`.
 * `code` belongs to the module that throws it; it is turned into words once, at the edge.
 */
export class AppError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}
