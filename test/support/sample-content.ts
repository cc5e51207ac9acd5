import type { Card } from '../../src/knowledge/card.ts'
import { cardSchema } from '../../src/knowledge/card.ts'

const source = {
  title: '测试来源',
  issuer: '测试机构',
  kind: 'official',
  date: '2026',
  url: 'https://example.org/source',
  locator: '第1段',
  read: 'issuer',
  readOn: '2026-01-01',
}

/** A card that fits its schema; `change` replaces what a test is about. */
export function buildCard(change: Partial<Card> & { id: string }): Card {
  return cardSchema.parse({
    topic: change.id,
    version: 1,
    title: `题目 ${change.id}`,
    hazard: 'weather',
    hazardClass: 'natural',
    review: 'source-checked',
    checkedOn: '2026-01-01',
    validUntil: '2027-12-31',
    questions: Array.from({ length: 10 }, (_, index) => `${change.id} 第${index}种问法`),
    private: { lead: '先做这件事。', steps: ['再做这件事。'], note: '不要做那件事。' },
    group: { lead: '先做这件事。', steps: ['再做这件事。'] },
    now: ['先做这件事。'],
    sources: [source],
    ...change,
  })
}
