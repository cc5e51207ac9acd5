/**
 * Why a call brought no result. `refused`: Telegram answered with an error. `not-connected`: it never left.
 * `timeout`, `broken`: it may have been carried out. `stopped`: we broke it off.
 */
export class TelegramCallError extends Error {
  readonly reason: 'refused' | 'not-connected' | 'timeout' | 'broken' | 'stopped'
  readonly errorCode: number | undefined
  readonly description: string
  readonly retryAfterSeconds: number | undefined
  readonly migratedTo: number | undefined

  /** Holds nothing of the SDK's errors: their texts quote the address with the token. */
  constructor(
    reason: TelegramCallError['reason'],
    answer: { errorCode?: number; description?: string; retryAfterSeconds?: number; migratedTo?: number } = {},
  ) {
    super(`the call to Telegram failed: ${reason}${answer.errorCode === undefined ? '' : ` ${answer.errorCode}`}`)
    this.name = 'TelegramCallError'
    this.reason = reason
    this.errorCode = answer.errorCode
    this.description = answer.description ?? ''
    this.retryAfterSeconds = answer.retryAfterSeconds
    this.migratedTo = answer.migratedTo
  }
}
