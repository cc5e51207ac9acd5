/** Packages whose forgotten promises must not end the process. */
const PUPPET_CODE =
  /[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?(?:wechaty|wechat4u|padlocal|file-box|memory-card|state-switch|gerror|watchdog|rx-queue|grpc-js)[^\\/]*[\\/]/

/**
 * Puppets leave promises without anybody who hears of their failure, which would end the process. Those are told to
 * `onCaught`; every other one ends the process as it would without this. The returned function takes the guard away.
 */
export function guardRejections(onCaught: () => void): () => void {
  const guard = (reason: unknown) => {
    if (reason instanceof Error && PUPPET_CODE.test(reason.stack ?? '')) onCaught()
    else if (process.listenerCount('unhandledRejection') === 1) throw reason
  }
  process.on('unhandledRejection', guard)
  return () => {
    process.off('unhandledRejection', guard)
  }
}
