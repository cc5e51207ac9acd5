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
