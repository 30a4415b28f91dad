/*
 * First bytes of what processes write to sockets and read from them, seen when a socket has sent or received for a system
 * call: the memory holds the bytes of a read then, and still those of a write. The arguments are those that the thread
 * called with. Kernels before 6.3 have no tracepoints there: with AT_CALLS the end of every system call is used, which costs
 * a little at all calls of the machine.
 */
#include "types.h"

enum { LONGEST = 16384, LONG = 4096, CAPTURE = 1024, MEDIUM = 256, SMALL = 64, SEGMENTS = 8, MOST_SEGMENTS = 1024, MESSAGES = 4 };
/* With so many bytes in the ring its reader is woken; until then it reads at intervals. */
enum { WAKE_BYTES = 1 << 19 };
enum { LONGEST_SEND_NS = 100000 };
enum { SENT = 0, RECEIVED = 1 };
enum { S_IFMT = 0170000, S_IFSOCK = 0140000 };
enum { MSG_PEEK = 2, MSG_ERRQUEUE = 0x2000, DNS = 53 };
/* Flags of a task that is no thread of a program, or one whose calls another thread made (include/linux/sched.h). */
enum { PF_IO_WORKER = 0x10, PF_USER_WORKER = 0x4000, PF_KTHREAD = 0x200000 };

/* Numbers of the calls on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
enum {
  SYS_READ = 0,
  SYS_WRITE = 1,
  SYS_READV = 19,
  SYS_WRITEV = 20,
  SYS_SENDTO = 44,
  SYS_RECVFROM = 45,
  SYS_SENDMSG = 46,
  SYS_RECVMSG = 47,
  SYS_RECVMMSG = 299,
  SYS_SENDMMSG = 307,
};
#define BIT(n) (1ULL << (n))
#define SENDING (BIT(SYS_WRITE) | BIT(SYS_WRITEV) | BIT(SYS_SENDTO) | BIT(SYS_SENDMSG))
#define RECEIVING (BIT(SYS_READ) | BIT(SYS_READV) | BIT(SYS_RECVFROM) | BIT(SYS_RECVMSG))

struct {
  __uint(type, MAP_RINGBUF);
  __uint(max_entries, 1 << 24);
} events SEC(".maps");

enum { OWN_PROCESS = 0, TLS_ATTACHED = 1, JAVA_ATTACHED = 2, SETTINGS = 3 };

/* Process of the agent, whose own payloads are left out; whether a TLS library has probes, and a Java program an agent. */
struct {
  __uint(type, MAP_ARRAY);
  __uint(max_entries, SETTINGS);
  __type(key, u32);
  __type(value, u64);
} settings SEC(".maps");

/*
 * Sockets whose payloads cannot be measured, with their ports: the memory of a socket is used again. CLEAR_TOO is set when
 * what TLS carries cannot be measured either.
 */
#define CLEAR_TOO (1ULL << 63)
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, u64);
  __type(value, u64);
} ignored SEC(".maps");

/*
 * Ports of servers whose requests come many in one call, and sockets with their ports whose bodies end with what matters: of
 * payloads to and from them more is captured. Elsewhere the start of a message tells enough, and its body costs only time.
 */
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, u64);
} pipelined SEC(".maps");

/*
 * While much waits in the ring, a process gets as much of it in a window as half of what is free then, so that others have room
 * however much it sends. Its window ends when what was written before it has been read.
 */
enum { SHARED_BYTES = 1 << 19 };
struct share {
  u64 start; /* position in the ring */
  u64 bytes;
};
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, struct share);
} shares SEC(".maps");

/* Processes of which payloads were lost: their connections start anew. */
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, u64);
} losers SEC(".maps");

INLINE void count_lost_of(u64 id) {
  u64 process = id >> 32, one = 1;
  count_lost();
  bpf_map_update_elem(&losers, &process, &one, 0);
}

struct payload {
  u64 time;
  u32 tgid;
  u32 tid;
  u32 total;
  u16 captured;
  u8 direction;
  u8 clear; /* 1: taken from a TLS library */
  struct endpoint end;
};
/* Records of few sizes: a reservation needs a constant one. */
#define RECORD(size)                                                                                                    \
  struct {                                                                                                              \
    struct payload head;                                                                                                \
    u8 data[size];                                                                                                      \
  }
struct segment {
  u64 base;
  u64 length;
};
struct message { /* struct user_msghdr, and struct mmsghdr with the length */
  u64 name;
  u64 name_length;
  u64 segments;
  u64 segment_count;
  u64 control;
  u64 control_length;
  u64 flags;
  u32 length;
  u32 pad;
};

/* Keeps the compiler from moving a comparison away from the number that the verifier follows. */
#define FOLLOW(n) asm volatile("" : "+r"(n))

INLINE u64 bounded(u64 n, u64 most) {
  if (n > most)
    n = most;
  FOLLOW(n);
  n &= 2 * most - 1; /* no change, but a bound that the verifier sees */
  FOLLOW(n);
  if (n > most)
    n = most;
  return n;
}

/* Whether payloads of a socket are captured: of TCP all, of UDP requests to and answers from name servers. */
INLINE int is_measured(struct sock *sk) {
  u16 family = sk->__sk_common.skc_family;
  if (family != AF_INET && family != AF_INET6)
    return 0;
  u16 protocol = sk->sk_protocol;
  return protocol == IPPROTO_TCP || (protocol == IPPROTO_UDP && sk->__sk_common.skc_dport == __builtin_bswap16(DNS));
}

INLINE struct sock *socket_of(u32 fd) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct fdtable *table = task->files->fdt;
  if (fd >= table->max_fds)
    return 0;
  void *file = 0;
  if (bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd) || !file)
    return 0;
  struct file *f = CAST(struct file, file);
  if ((f->f_inode->i_mode & S_IFMT) != S_IFSOCK)
    return 0;
  struct sock *sk = CAST(struct socket, f->private_data)->sk;
  return sk && is_measured(sk) ? sk : 0;
}

INLINE int is_own(u64 id) {
  u32 own = OWN_PROCESS;
  u64 *self = bpf_map_lookup_elem(&settings, &own);
  return !self || *self == id >> 32;
}

INLINE u64 ports_of_socket(struct sock *sk) {
  return (u64)sk->__sk_common.skc_num << 16 | sk->__sk_common.skc_dport;
}

INLINE int is_ignored(struct sock *sk) {
  u64 key = (u64)sk;
  u64 *ports = bpf_map_lookup_elem(&ignored, &key);
  return ports && (*ports & ~CLEAR_TOO) == ports_of_socket(sk);
}

/* Both ports are asked for: which end is the server is known to the reader alone. */
INLINE int is_pipelined(u64 socket, u64 ports, u16 local, u16 remote) {
  u64 *of = bpf_map_lookup_elem(&pipelined, &socket);
  if (of && *of == ports)
    return 1;
  u64 port = local;
  if (bpf_map_lookup_elem(&pipelined, &port))
    return 1;
  port = __builtin_bswap16(remote);
  return bpf_map_lookup_elem(&pipelined, &port) != 0;
}

INLINE int is_pipelined_socket(struct sock *sk) {
  return is_pipelined((u64)sk, ports_of_socket(sk), sk->__sk_common.skc_num, sk->__sk_common.skc_dport);
}

/*
 * Time of a payload. What is sent on loopback has been taken by the other end, and may be answered, before the call that sends
 * it ends: its time is that at which the last segment left, unless none left in this call, as far as that can be told.
 */
INLINE u64 time_of(struct sock *sk, u8 direction) {
  u64 now = bpf_ktime_get_ns();
  if (direction != SENT || sk->sk_protocol != IPPROTO_TCP)
    return now;
  u64 left = CAST(struct tcp_sock, sk)->tcp_wstamp_ns;
  return now - left < LONGEST_SEND_NS ? left : now; /* pacing has it in the future */
}

INLINE void fill(struct payload *p, struct sock *sk, u64 id, u32 total, u32 captured, u8 direction) {
  p->time = time_of(sk, direction);
  p->tgid = id >> 32;
  p->tid = id;
  p->total = total;
  p->captured = captured;
  p->direction = direction;
  p->clear = 0;
  describe(&p->end, sk);
}

/* Whether there is room for a payload of a process; else it is counted as lost. */
INLINE int has_room(u64 id, u32 total, int more) {
  u64 read = bpf_ringbuf_query(&events, RB_READ), written = bpf_ringbuf_query(&events, RB_WRITTEN);
  u64 waiting = written - read;
  if (waiting < SHARED_BYTES)
    return 1;
  u64 process = id >> 32, size = bpf_ringbuf_query(&events, RB_SIZE), free = size > waiting ? size - waiting : 0;
  u64 most = more ? LONGEST : CAPTURE, bytes = sizeof(struct payload) + (total < most ? total : most);
  struct share *s = bpf_map_lookup_elem(&shares, &process);
  if (!s) {
    struct share first = {written, bytes};
    bpf_map_update_elem(&shares, &process, &first, 0);
    return 1;
  }
  if (read >= s->start) {
    s->start = written;
    s->bytes = 0;
  }
  if (s->bytes + bytes > free / 2) {
    count_lost_of(id);
    return 0;
  }
  __sync_fetch_and_add(&s->bytes, bytes);
  return 1;
}

INLINE void submit(void *record) {
  bpf_ringbuf_submit(record, bpf_ringbuf_query(&events, RB_AVAILABLE) > WAKE_BYTES ? RB_FORCE_WAKEUP : RB_NO_WAKEUP);
}

#define EMIT(size)                                                                                                      \
  do {                                                                                                                  \
    RECORD(size) *p = bpf_ringbuf_reserve(&events, sizeof(*p), 0);                                                      \
    if (!p) {                                                                                                           \
      count_lost_of(id);                                                                                                \
      return;                                                                                                           \
    }                                                                                                                   \
    u64 n = bounded(total, size);                                                                                       \
    fill(&p->head, sk, id, total, bpf_probe_read_user(p->data, n, (void *)base) ? 0 : n, direction);                    \
    submit(p);                                                                                                          \
  } while (0)

INLINE void emit(struct sock *sk, u64 id, u64 base, u32 total, u8 direction) {
  int more = total > CAPTURE && is_pipelined_socket(sk);
  if (!has_room(id, total, more))
    return;
  if (total <= SMALL)
    EMIT(SMALL);
  else if (total <= MEDIUM)
    EMIT(MEDIUM);
  else if (!more)
    EMIT(CAPTURE);
  else if (total <= LONG)
    EMIT(LONG);
  else
    EMIT(LONGEST);
}

/* Segments are appended at an offset below the size, each at most as long as the size: the record has twice the room. */
#define EMIT_VECTOR(size)                                                                                               \
  do {                                                                                                                  \
    RECORD(2 * size) *p = bpf_ringbuf_reserve(&events, sizeof(*p), 0);                                                  \
    if (!p) {                                                                                                           \
      count_lost_of(id);                                                                                                \
      return;                                                                                                           \
    }                                                                                                                   \
    u32 done = 0;                                                                                                       \
    for (int i = 0; i < SEGMENTS; i++) {                                                                                \
      if (i >= count || done >= size || done >= total)                                                                  \
        break;                                                                                                          \
      if (bpf_probe_read_user(&s, sizeof(s), (void *)(segments + i * sizeof(s))))                                       \
        break;                                                                                                          \
      u64 n = s.length;                                                                                                 \
      if (n > total - done)                                                                                             \
        n = total - done;                                                                                               \
      n = bounded(n, size);                                                                                             \
      u32 at = done;                                                                                                    \
      FOLLOW(at);                                                                                                       \
      at &= size - 1;                                                                                                   \
      if (bpf_probe_read_user(p->data + at, n, (void *)s.base))                                                         \
        break;                                                                                                          \
      done += n;                                                                                                        \
      if (s.length > n)                                                                                                 \
        break; /* the rest of this segment is missing, so the next one does not follow */                               \
    }                                                                                                                   \
    fill(&p->head, sk, id, total, done, direction);                                                                     \
    submit(p);                                                                                                          \
  } while (0)

/*
 * Payload of many segments, of a socket of which more is captured: an answer that is written as it comes into being has three
 * for each of its parts. It is gathered in memory of the processor, one for each direction; the kernel has 32 KB there.
 */
enum { LONGEST_SEGMENT = 8192 };
struct gathered {
  struct payload head;
  u8 data[LONGEST + LONGEST_SEGMENT];
};
struct {
  __uint(type, MAP_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, u32);
  __type(value, struct gathered);
} gathered SEC(".maps");

struct gathering {
  u64 segments;
  u32 done;
  u32 total;
  u32 direction;
};

/* Appends a segment; 1 at the end. */
static long gather(u32 i, void *data) {
  struct gathering *g = data;
  u32 direction = g->direction, done = g->done, total = g->total;
  struct gathered *to = bpf_map_lookup_elem(&gathered, &direction);
  struct segment s;
  if (!to || done >= LONGEST || done >= total || bpf_probe_read_user(&s, sizeof(s), (void *)(g->segments + i * sizeof(s))))
    return 1;
  u64 n = s.length;
  if (n > total - done)
    n = total - done;
  n = bounded(n, LONGEST_SEGMENT);
  u32 at = done;
  FOLLOW(at);
  at &= LONGEST - 1;
  if (bpf_probe_read_user(to->data + at, n, (void *)s.base))
    return 1;
  g->done = done + n;
  return s.length > n; /* the rest of this segment is missing, so the next one does not follow */
}

INLINE void emit_gathered(struct sock *sk, u64 id, u64 segments, u64 count, u32 total, u8 direction) {
  struct gathering g = {segments, 0, total, direction};
  u32 key = direction;
  bpf_loop(count < MOST_SEGMENTS ? count : MOST_SEGMENTS, gather, &g, 0);
  struct gathered *p = bpf_map_lookup_elem(&gathered, &key);
  if (!p)
    return;
  u64 done = bounded(g.done, LONGEST);
  fill(&p->head, sk, id, total, done, direction);
  u64 wake = bpf_ringbuf_query(&events, RB_AVAILABLE) > WAKE_BYTES ? RB_FORCE_WAKEUP : RB_NO_WAKEUP;
  if (bpf_ringbuf_output(&events, p, sizeof(p->head) + done, wake))
    count_lost_of(id);
}

INLINE void emit_vector(struct sock *sk, u64 id, u64 segments, u64 count, u32 total, u8 direction) {
  struct segment s;
  if (bpf_probe_read_user(&s, sizeof(s), (void *)segments))
    return;
  int more = total > CAPTURE && is_pipelined_socket(sk);
  if (s.length >= total || (s.length >= CAPTURE && !more) || s.length >= LONGEST || count == 1) {
    if (s.length >= total || s.length >= CAPTURE)
      emit(sk, id, s.base, total, direction);
    return;
  }
  if (!has_room(id, total, more))
    return;
  if (total <= MEDIUM)
    EMIT_VECTOR(MEDIUM);
  else if (!more)
    EMIT_VECTOR(CAPTURE);
  else
    emit_gathered(sk, id, segments, count, total, direction);
}

#ifdef WITH_TLS
#include "tls.h"
#endif

/* Whether bytes are not captured: those of a TLS library, which are captured in clear, and those of an ignored socket. */
INLINE int is_left_out(struct pt_regs *regs, struct sock *sk, u64 id, u8 direction) {
#ifdef WITH_TLS
  if (is_encrypted(regs, sk, id, direction))
    return 1;
#endif
  return is_ignored(sk);
}

/* Captures what one call of a thread sent or received, n bytes in all. */
INLINE void capture(struct pt_regs *regs, u64 call, struct sock *sk, u64 id, u32 n, u8 direction) {
  if (is_left_out(regs, sk, id, direction))
    return;
  if (call == SYS_SENDMSG || call == SYS_RECVMSG) {
    struct message m;
    if (!bpf_probe_read_user(&m, 32, (void *)regs->si))
      emit_vector(sk, id, m.segments, m.segment_count, n, direction);
  } else if (call == SYS_READV || call == SYS_WRITEV)
    emit_vector(sk, id, regs->si, regs->dx, n, direction);
  else
    emit(sk, id, regs->si, n, direction);
}

#ifdef AT_CALLS

/* Captures the messages of one call. */
INLINE void capture_many(struct pt_regs *regs, struct sock *sk, u64 id, s64 count, u8 direction) {
  if (is_left_out(regs, sk, id, direction))
    return;
  for (int i = 0; i < MESSAGES && i < count; i++) {
    struct message m;
    if (bpf_probe_read_user(&m, sizeof(m), (void *)(regs->si + i * sizeof(m))))
      break;
    emit_vector(sk, id, m.segments, m.segment_count, m.length, direction);
  }
}

SEC("tp_btf/sys_exit")
int call_ended(u64 *ctx) {
  struct pt_regs *regs = (struct pt_regs *)ctx[0];
  s64 result = ctx[1];
  u64 call = regs->orig_ax;
  if (result <= 0)
    return 0;
  int many = call == SYS_SENDMMSG || call == SYS_RECVMMSG;
  if (!many && (call > 63 || !((SENDING | RECEIVING) >> call & 1)))
    return 0;
  u64 id = bpf_get_current_pid_tgid();
  if (is_own(id))
    return 0;
  struct sock *sk = socket_of(regs->di);
  if (!sk) {
#ifdef WITH_TLS
    if (call == SYS_WRITE)
      java_message(id, regs->si, result);
#endif
    return 0;
  }
  if (many) {
    capture_many(regs, sk, id, result, call == SYS_SENDMMSG ? SENT : RECEIVED);
    return 0;
  }
  if (call == SYS_RECVMSG && regs->dx & (MSG_PEEK | MSG_ERRQUEUE))
    return 0;
  if (call == SYS_RECVFROM && regs->r10 & (MSG_PEEK | MSG_ERRQUEUE))
    return 0;
  capture(regs, call, sk, id, result, SENDING >> call & 1 ? SENT : RECEIVED);
  return 0;
}

#else

/* Messages of a call of a thread that were sent or received so far: the socket does not know which of them it has. */
struct batch {
  u64 messages;
  u64 next;
};
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, struct batch);
} batches SEC(".maps");

INLINE void capture_next(struct pt_regs *regs, struct sock *sk, u64 id, u32 n, u8 direction) {
  struct batch first = {regs->si, 0};
  struct batch *b = bpf_map_lookup_elem(&batches, &id);
  if (!b || b->messages != regs->si || b->next >= (u32)regs->dx) {
    bpf_map_update_elem(&batches, &id, &first, 0);
    b = bpf_map_lookup_elem(&batches, &id);
    if (!b)
      return;
  }
  u64 i = b->next++;
  if (is_left_out(regs, sk, id, direction) || i >= MESSAGES)
    return;
  struct message m;
  if (!bpf_probe_read_user(&m, sizeof(m), (void *)(regs->si + i * sizeof(m))))
    emit_vector(sk, id, m.segments, m.segment_count, n, direction);
}

INLINE int socket_used(struct sock *sk, s32 n, u64 calls, u64 many, u8 direction) {
  if (!is_measured(sk))
    return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER))
    return 0;
  struct pt_regs *regs = bpf_task_pt_regs(task);
  u64 call = regs->orig_ax;
  if (call != many && (n <= 0 || call > 63 || !(calls >> call & 1)))
    return 0;
  u64 id = bpf_get_current_pid_tgid();
  if (is_own(id))
    return 0;
  if (call != many)
    capture(regs, call, sk, id, n, direction);
  else if (n > 0)
    capture_next(regs, sk, id, n, direction);
  else
    bpf_map_delete_elem(&batches, &id); /* the call ends here */
  return 0;
}

SEC("tp_btf/sock_send_length")
int sent(u64 *ctx) {
  return socket_used((struct sock *)ctx[0], ctx[1], SENDING, SYS_SENDMMSG, SENT);
}

SEC("tp_btf/sock_recv_length")
int received(u64 *ctx) {
  return ctx[2] & (MSG_PEEK | MSG_ERRQUEUE) ? 0 : socket_used((struct sock *)ctx[0], ctx[1], RECEIVING, SYS_RECVMMSG, RECEIVED);
}

#ifdef WITH_TLS
/* What an agent in a Java program writes to /dev/null, which no socket sees. Attached with the first such program. */
SEC("tp_btf/sys_exit")
int java_call_ended(u64 *ctx) {
  struct pt_regs *regs = (struct pt_regs *)ctx[0];
  if (regs->orig_ax == SYS_WRITE && (s64)ctx[1] > 0)
    java_message(bpf_get_current_pid_tgid(), regs->si, ctx[1]);
  return 0;
}
#endif
#endif
