/* Life of processes: one event when a process runs another program, and one when it ends. */
#include "types.h"

enum { EXECUTED = 0, ENDED = 1 };

struct {
  __uint(type, MAP_RINGBUF);
  __uint(max_entries, 1 << 18);
} events SEC(".maps");

struct process_event {
  u64 time;
  u32 tgid;
  u16 kind;
  u16 signal; /* that ended it, 0 for none */
};

INLINE int send(u32 tgid, u16 kind, u16 signal) {
  struct process_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
  if (!e) {
    count_lost();
    return 0;
  }
  e->time = bpf_ktime_get_ns();
  e->tgid = tgid;
  e->kind = kind;
  e->signal = signal;
  bpf_ringbuf_submit(e, RB_NO_WAKEUP);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int process_executed(u64 *ctx) { return send(((struct task_struct *)ctx[0])->tgid, EXECUTED, 0); }

SEC("tp_btf/sched_process_exit")
int process_ended(u64 *ctx) {
  struct task_struct *task = (struct task_struct *)ctx[0];
  return task->pid == task->tgid ? send(task->tgid, ENDED, task->exit_code & 0x7f) : 0;
}
