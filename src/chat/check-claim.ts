import type { AnsweringParts } from '../answering/answer-question.ts'
import { citeSource, type Citation } from '../answering/answer.ts'
import { renderRebuttal } from '../answering/render.ts'
import type { Verdict } from '../knowledge/rebuttal.ts'
import type { Reason } from '../retrieval/search-index.ts'
import type { ClaimMatch } from '../rumors/match-claim.ts'

export interface ClaimCheck {
  outcome: ClaimMatch['outcome']
  rebuttal?: {
    id: string
    number: string
    claim: string
    verdict: Verdict
    text: string
    group: string
    citations: Citation[]
  }
  candidates: ClaimMatch['candidates']
  reasons: Reason[]
}

export type CheckClaim = (text: { quote: string; cut: boolean }) => Promise<ClaimCheck>

/** Holds a forwarded text against the published rebuttals: no conversation, no ticket. */
export function createClaimCheck(answering: () => AnsweringParts): CheckClaim {
  return async ({ quote, cut }) => {
    const parts = answering()
    const hits = await parts.index.search({ text: quote, kinds: ['rebuttal'], on: parts.today, limit: 8 })
    const match = parts.matchRumor(quote, hits)
    const rebuttal = match.best && parts.knowledge.items.rebuttal.get(match.best.id)
    return {
      outcome: match.outcome,
      ...(rebuttal && {
        rebuttal: {
          id: rebuttal.slug,
          number: rebuttal.number,
          claim: rebuttal.content.claim,
          verdict: rebuttal.content.verdict,
          ...renderRebuttal(rebuttal, 'resident'),
          citations: rebuttal.content.sources.map(citeSource),
        },
      }),
      candidates: match.candidates,
      reasons: cut ? [...match.reasons, { code: 'quote-cut', text: '内容太长，只看了前5000字。' }] : match.reasons,
    }
  }
}
