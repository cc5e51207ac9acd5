/// <reference lib="dom" />

/** Filled in by the server: changes whenever the page below does, and then the worker installs itself anew. */
declare const OFFLINE_PAGE: { cache: string; path: string; files: string[] }

// The library of worker types cannot stand beside that of pages; this is the part used here.
interface WorkerEvent extends Event {
  request: Request
  respondWith(response: Promise<Response>): void
  waitUntil(work: Promise<unknown>): void
}
const listen = (name: string, handle: (event: WorkerEvent) => void) =>
  globalThis.addEventListener(name, handle as EventListener)

listen('install', (event) => {
  event.waitUntil(
    caches.open(OFFLINE_PAGE.cache).then((cache) => cache.addAll([OFFLINE_PAGE.path, ...OFFLINE_PAGE.files])),
  )
})

listen('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name !== OFFLINE_PAGE.cache))
      .then((old) => Promise.all(old.map((name) => caches.delete(name)))),
  )
})

listen('fetch', (event) => {
  const { pathname } = new URL(event.request.url)
  if (event.request.mode === 'navigate') event.respondWith(openPage(event.request))
  else if (OFFLINE_PAGE.files.includes(pathname)) event.respondWith(readFile(event.request))
})

/** The network first; the kept page where nobody answers or only the proxy does. */
async function openPage(request: Request): Promise<Response> {
  const kept = () => caches.match(OFFLINE_PAGE.path)
  try {
    const response = await fetch(request)
    return response.status === 502 || response.status === 504 ? ((await kept()) ?? response) : response
  } catch (error) {
    const page = await kept()
    if (page) return page
    throw error
  }
}

async function readFile(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request)
}
