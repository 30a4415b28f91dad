/* All TCP sockets that processes have open, in every network namespace: one record each, read from an iterator. */
#include "types.h"

struct socket_record {
  u32 tgid;
  u32 fd;
  struct endpoint end;
  struct tcp_counts counts;
};

SEC("iter/task_file")
int list_sockets(struct bpf_iter__task_file *ctx) {
  struct task_struct *task = ctx->task;
  struct file *file = ctx->file;
  if (!task || !file)
    return 0;
  struct socket *socket = bpf_sock_from_file(file);
  if (!socket)
    return 0;
  struct sock *sk = socket->sk;
  if (!sk)
    return 0;
  u16 family = sk->__sk_common.skc_family;
  if ((family != AF_INET && family != AF_INET6) || sk->sk_protocol != IPPROTO_TCP)
    return 0;
  struct socket_record r = {};
  r.tgid = task->tgid;
  r.fd = ctx->fd;
  describe(&r.end, sk);
  count(&r.counts, sk);
  bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
  return 0;
}
