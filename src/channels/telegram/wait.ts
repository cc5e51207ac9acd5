/** Resolves after `milliseconds`, or at once when `stop` is aborted. */
export type Wait = (milliseconds: number, stop: AbortSignal) => Promise<void>

export const waitOnTimer: Wait = (milliseconds, stop) =>
  new Promise((resolve) => {
    if (stop.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    timer.unref()
    stop.addEventListener('abort', end)
  })
