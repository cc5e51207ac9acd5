import { AppError } from '../base/errors.ts'
import { runStoreCommand } from './store-command.ts'

interface StaffList {
  staff: { id: string; name: string; disabled: boolean; bindings: { id: string; channel: string; boundAt: string }[] }[]
}

/** Who works here, and which chat accounts are theirs. */
export async function runStaff(args: string[]): Promise<number> {
  const [act = 'list', subject = '', ...more] = args
  if (more.length > 0) throw new AppError('bad-usage', 'a name with spaces stands in quotes')
  if (act === 'add') {
    const { id } = (await runStoreCommand('staff', { act, name: subject })) as { id: string }
    console.log(`已登记 ${subject}，编号 ${id}\n发绑定码：npm run anxiao -- staff code ${id}`)
  } else if (act === 'code') {
    const { code } = (await runStoreCommand('staff', { act, id: subject })) as { code: string }
    console.log(`绑定码 ${code}，10分钟内用一次。让本人私聊机器人发：绑定 ${code}`)
  } else if (act === 'revoke' || act === 'disable') {
    await runStoreCommand('staff', { act, id: subject })
    console.log(act === 'revoke' ? '已解除绑定。' : '已停用，名下账号都不再算工作人员。')
  } else if (act === 'list') {
    const { staff } = (await runStoreCommand('staff', { act })) as StaffList
    if (staff.length === 0) console.log('还没有登记工作人员。登记：npm run anxiao -- staff add 姓名')
    for (const { id, name, disabled, bindings } of staff) {
      console.log(`${name}${disabled ? '（已停用）' : ''}  ${id}`)
      for (const { id: binding, channel, boundAt } of bindings) {
        console.log(`  ${channel} 账号，${boundAt.slice(0, 10)} 绑定；解除：staff revoke ${binding}`)
      }
    }
  } else throw new AppError('bad-usage', 'what to do is one of list, add, code, revoke, disable')
  return 0
}
