/* Life cycle of TCP sockets: one event when a socket starts to connect or to listen, when it is established, and when it is closed. */
#include "types.h"

struct {
  __uint(type, MAP_RINGBUF);
  __uint(max_entries, 1 << 20);
} events SEC(".maps");

struct tcp_event {
  u64 time;
  u32 tgid; /* of the current task: the owner only when a socket leaves CLOSE */
  u8 old_state;
  u8 new_state;
  u16 pad;
  struct endpoint end;
  struct tcp_counts counts;
};

SEC("tp_btf/inet_sock_set_state")
int set_state(u64 *ctx) {
  struct sock *sk = (struct sock *)ctx[0];
  u32 old = ctx[1], new = ctx[2];
  if (new != TCP_CLOSE && new != TCP_ESTABLISHED && new != TCP_SYN_SENT && new != TCP_LISTEN)
    return 0;
  if (sk->sk_protocol != IPPROTO_TCP)
    return 0;
  struct tcp_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
  if (!e) {
    count_lost();
    return 0;
  }
  e->time = bpf_ktime_get_ns();
  e->tgid = bpf_get_current_pid_tgid() >> 32;
  e->old_state = old;
  e->new_state = new;
  e->pad = 0;
  describe(&e->end, sk);
  count(&e->counts, sk);
  bpf_ringbuf_submit(e, RB_NO_WAKEUP);
  return 0;
}
