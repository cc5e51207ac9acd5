import http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'

/** Code of an error that came before the connection stood: nothing was sent. */
export const NOT_CONNECTED = 'NOT_CONNECTED'

const MAX_IDLE_MS = 30_000

/**
 * Keeps connections open between calls, through an HTTP proxy if one is named. Whatever goes wrong before a connection
 * stands (TLS and the proxy's tunnel included) carries the code NOT_CONNECTED, so that a caller can tell a message
 * that never left from one that may have arrived.
 */
export function createConnectAgent(url: string, proxyUrl: string | undefined, connectTimeoutMs: number): http.Agent {
  const options: http.AgentOptions = {
    keepAlive: true,
    // Of idle connections only. One that was cut unseen would leave a message whose fate nobody knows.
    timeout: MAX_IDLE_MS,
    ...(proxyUrl === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } }),
  }
  const secure = url.startsWith('https:')
  const agent = secure ? new https.Agent(options) : new http.Agent(options)
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (request, callback) => {
    let stands = false
    let socket: Duplex | null | undefined
    const timer = setTimeout(
      () => socket?.destroy(markNotConnected(new Error('no connection in time'))),
      connectTimeoutMs,
    )
    timer.unref()
    const settle = () => {
      stands = true
      clearTimeout(timer)
    }
    const tellAgent = (error: Error | null, stream: Duplex) => {
      if (error && !stands) markNotConnected(error)
      settle()
      callback?.(error, stream)
    }
    socket = connect(request, tellAgent)
    socket?.prependListener('error', (error: Error) => {
      if (!stands) markNotConnected(error)
    })
    socket?.once('close', () => clearTimeout(timer))
    // Through a tunnel the callback says when it stands.
    if (!(secure && proxyUrl !== undefined)) socket?.once(secure ? 'secureConnect' : 'connect', settle)
    return socket
  }
  return agent
}

function markNotConnected(error: Error): Error {
  return Object.assign(error, { code: NOT_CONNECTED })
}
