/*
 * What TLS libraries encrypt and decrypt, in clear: probes at the first instruction of their functions and at their returns
 * (no return probes: they change the stack of the program).
 *
 * The socket of a TLS object is the one that a thread uses while it is in a function of the library. Programs that move the
 * bytes between socket and library themselves (Node, asyncio) read the socket just before they call the library.
 */
enum { CALLERS = 32768 };
enum { OUTSIDE = 0, READING = 1, WRITING = 2, SHAKING_HANDS = 3, WRITTEN = 4 };

/* A thread (goroutine 0), or a goroutine with the process alone as thread: it may move to another thread. */
struct caller {
  u64 thread;
  u64 goroutine;
};
struct call {
  u64 tls;
  u64 buffer;
  u64 length; /* address of the number of bytes read or written; 0 when the function returns it */
  u64 entered;
  u64 stack; /* address and value of the return address: the call has ended when it is no longer there */
  u64 back;
  u32 kind;
  u32 fresh; /* the thread has read a TLS record of "last" since its last call */
  struct endpoint last;
};
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, CALLERS);
  __type(key, struct caller);
  __type(value, struct call);
} calls SEC(".maps");

/* Socket of a TLS object of a process. */
struct object {
  u64 tgid;
  u64 tls;
};
struct carrier {
  struct endpoint end;
  u32 direct; /* used within a call, not before it */
  u32 confirmed; /* bytes in clear were read after those of the socket */
};
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, CALLERS);
  __type(key, struct object);
  __type(value, struct carrier);
} carriers SEC(".maps");

/* Processes that have called TLS of a library, of Go: the calls of all others are not searched for. */
enum { CALLS_LIBRARY = 1, CALLS_GO = 2 };
struct {
  __uint(type, MAP_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, u32);
  __type(value, u32);
} tls_processes SEC(".maps");

/* Java programs with an agent that writes what TLS carries to /dev/null. */
struct {
  __uint(type, MAP_HASH);
  __uint(max_entries, 1024);
  __type(key, u64);
  __type(value, u64);
} java_processes SEC(".maps");

/* Reads and writes in clear whose socket is not known. */
struct {
  __uint(type, MAP_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} unattributed SEC(".maps");

INLINE u64 ports_of(struct endpoint *e) { return (u64)e->local_port << 16 | e->remote_port; }

INLINE void carry(u64 tgid, u64 tls, struct sock *sk) {
  struct object key = {tgid, tls};
  struct carrier *known = bpf_map_lookup_elem(&carriers, &key);
  if (known && known->direct && known->end.sk == (u64)sk &&
      ports_of(&known->end) == ((u64)sk->__sk_common.skc_num << 16 | sk->__sk_common.skc_dport))
    return;
  struct carrier c;
  describe(&c.end, sk);
  c.direct = 1;
  c.confirmed = 1;
  bpf_map_update_elem(&carriers, &key, &c, 0);
}

INLINE int looks_encrypted(u64 bytes) {
  u8 head[2];
  return !bpf_probe_read_user(head, sizeof(head), (void *)bytes) && head[0] >= 0x14 && head[0] <= 0x17 && head[1] == 3;
}

INLINE void calls_tls(u64 id, u32 kind) {
  u32 tgid = id >> 32;
  u32 *known = bpf_map_lookup_elem(&tls_processes, &tgid);
  if (known && *known & kind)
    return;
  u32 kinds = known ? *known | kind : kind;
  bpf_map_update_elem(&tls_processes, &tgid, &kinds, 0);
}

INLINE int has_agent(u64 process) {
  u32 java = JAVA_ATTACHED;
  u64 *attached = bpf_map_lookup_elem(&settings, &java);
  return attached && *attached && bpf_map_lookup_elem(&java_processes, &process);
}

/* The call of a TLS library that a thread is in, or was in before. */
INLINE struct call *call_of(struct pt_regs *regs, u64 id) {
  u32 tgid = id >> 32;
  u32 *kinds = bpf_map_lookup_elem(&tls_processes, &tgid);
  if (!kinds)
    return 0;
  struct caller key = {id, 0};
  if (*kinds & CALLS_LIBRARY) {
    struct call *c = bpf_map_lookup_elem(&calls, &key);
    if (c)
      return c;
  }
  if (!(*kinds & CALLS_GO))
    return 0;
  key.thread = (u64)tgid << 32;
  key.goroutine = regs->r14;
  return bpf_map_lookup_elem(&calls, &key);
}

/* Notes what a thread does with a socket; true for the encrypted bytes of a call of a TLS library. */
INLINE int is_encrypted(struct pt_regs *regs, struct sock *sk, u64 id, u8 direction) {
  u32 attached = TLS_ATTACHED;
  u64 *active = bpf_map_lookup_elem(&settings, &attached);
  if (!active || !*active || sk->sk_protocol != IPPROTO_TCP)
    return 0;
  struct call *c = call_of(regs, id);
  if (!c) {
    if (direction == RECEIVED && has_agent(id >> 32) && looks_encrypted(regs->si)) {
      struct caller key = {id, 0};
      struct call first = {};
      describe(&first.last, sk);
      first.fresh = 1;
      bpf_map_update_elem(&calls, &key, &first, 0);
      calls_tls(id, CALLS_LIBRARY);
    }
    return 0;
  }
  if (c->kind != OUTSIDE && c->stack) {
    u64 back = 0;
    if (regs->sp >= c->stack || bpf_probe_read_user(&back, sizeof(back), (void *)c->stack) || back != c->back)
      c->kind = OUTSIDE;
  }
  if (c->kind == OUTSIDE) {
    if (direction == RECEIVED && looks_encrypted(regs->si)) {
      describe(&c->last, sk);
      c->fresh = 1;
    }
    return 0;
  }
  if (c->kind != SHAKING_HANDS || looks_encrypted(regs->si))
    carry(id >> 32, c->tls, sk);
  return 1;
}

INLINE void fill_clear(struct payload *p, struct carrier *from, u64 id, u64 time, u32 total, u8 direction) {
  p->time = time;
  p->tgid = id >> 32;
  p->tid = id;
  p->total = total;
  p->captured = 0;
  p->direction = direction;
  p->clear = 1;
  p->end = from->end;
}

#define EMIT_CLEAR(size)                                                                                                \
  do {                                                                                                                  \
    RECORD(size) *p = bpf_ringbuf_reserve(&events, sizeof(*p), 0);                                                      \
    if (!p) {                                                                                                           \
      count_lost_of(id);                                                                                                     \
      return;                                                                                                           \
    }                                                                                                                   \
    fill_clear(&p->head, from, id, time, total, direction);                                                             \
    u64 n = bounded(total, size);                                                                                       \
    if (!bpf_probe_read_user(p->data, n, (void *)base))                                                                 \
      p->head.captured = n;                                                                                             \
    submit(p);                                                                                                          \
  } while (0)

INLINE void emit_clear(struct carrier *from, u64 id, u64 time, u64 base, u32 total, u8 direction) {
  u64 socket = from->end.sk;
  u64 *ports = bpf_map_lookup_elem(&ignored, &socket);
  if (ports && *ports == (ports_of(&from->end) | CLEAR_TOO))
    return;
  int more = total > CAPTURE && is_pipelined(from->end.sk, ports_of(&from->end), from->end.local_port, from->end.remote_port);
  if (!has_room(id, total, more))
    return;
  if (total <= SMALL)
    EMIT_CLEAR(SMALL);
  else if (total <= MEDIUM)
    EMIT_CLEAR(MEDIUM);
  else if (!more)
    EMIT_CLEAR(CAPTURE);
  else if (total <= LONG)
    EMIT_CLEAR(LONG);
  else
    EMIT_CLEAR(LONGEST);
}

/* Passes the bytes of a call on; false when its socket is not known. */
INLINE int pass_on(struct call *c, u64 id, s64 n) {
  if (n <= 0 || n > 1 << 30 || c->kind == WRITTEN)
    return 1;
  struct object key = {id >> 32, c->tls};
  struct carrier *from = bpf_map_lookup_elem(&carriers, &key);
  if (!from)
    return 0;
  if (c->kind == READING)
    from->confirmed = 1;
  u64 time = c->kind == WRITING ? c->entered : bpf_ktime_get_ns();
  emit_clear(from, id, time, c->buffer, n, c->kind == WRITING ? SENT : RECEIVED);
  return 1;
}

INLINE void finish(struct call *c, u64 id, s64 n) {
  if (pass_on(c, id, n))
    return;
  u32 zero = 0;
  u64 *count = bpf_map_lookup_elem(&unattributed, &zero);
  if (count)
    __sync_fetch_and_add(count, 1);
}

INLINE int enter(struct pt_regs *ctx, u32 kind, u64 length) {
  u64 id = bpf_get_current_pid_tgid();
  if (is_own(id))
    return 0;
  calls_tls(id, CALLS_LIBRARY);
  struct caller key = {id, 0};
  struct call *c = bpf_map_lookup_elem(&calls, &key);
  if (!c) {
    struct call first = {};
    bpf_map_update_elem(&calls, &key, &first, 0);
    c = bpf_map_lookup_elem(&calls, &key);
    if (!c)
      return 0;
  }
  c->tls = ctx->di;
  c->buffer = ctx->si;
  c->length = length;
  c->entered = bpf_ktime_get_ns();
  c->stack = ctx->sp;
  c->kind = bpf_probe_read_user(&c->back, sizeof(c->back), (void *)ctx->sp) ? OUTSIDE : kind;
  if (c->fresh) {
    struct object object = {id >> 32, c->tls};
    struct carrier *known = bpf_map_lookup_elem(&carriers, &object);
    if (!known || (!known->direct && (kind != WRITING || !known->confirmed))) {
      struct carrier before;
      before.end = c->last;
      before.direct = 0;
      before.confirmed = 0;
      bpf_map_update_elem(&carriers, &object, &before, 0);
    }
    c->fresh = kind == WRITING; /* that it was read by this object is certain for a read alone */
  }
  return 0;
}

SEC("uprobe")
int tls_read(struct pt_regs *ctx) { return enter(ctx, READING, 0); }
SEC("uprobe")
int tls_write(struct pt_regs *ctx) { return enter(ctx, WRITING, 0); }
SEC("uprobe")
int tls_read_ex(struct pt_regs *ctx) { return enter(ctx, READING, ctx->cx); }
SEC("uprobe")
int tls_write_ex(struct pt_regs *ctx) { return enter(ctx, WRITING, ctx->cx); }
SEC("uprobe")
int tls_handshake(struct pt_regs *ctx) { return enter(ctx, SHAKING_HANDS, 0); }

SEC("uprobe")
int tls_returned(struct pt_regs *ctx) {
  u64 id = bpf_get_current_pid_tgid();
  struct caller key = {id, 0};
  struct call *c = bpf_map_lookup_elem(&calls, &key);
  if (!c || c->kind == OUTSIDE)
    return 0;
  s64 n = (s32)ctx->ax;
  if (c->length) {
    u64 length = 0;
    if (n != 1 || bpf_probe_read_user(&length, sizeof(length), (void *)c->length))
      length = 0;
    n = length;
  }
  finish(c, id, n);
  c->kind = OUTSIDE;
  return 0;
}

SEC("uprobe")
int tls_freed(struct pt_regs *ctx) {
  struct object key = {bpf_get_current_pid_tgid() >> 32, ctx->di};
  bpf_map_delete_elem(&carriers, &key);
  return 0;
}

/*
 * Go's crypto/tls.(*Conn).Read and .Write, by the register convention of Go 1.17: receiver in AX, slice in BX and CX, result
 * in AX, goroutine in R14. The connection below is in the second word; for a net.TCPConn its first word leads to the
 * descriptor. For others the system calls of the goroutine show the socket.
 */
INLINE int go_enter(struct pt_regs *ctx, u32 kind) {
  u64 id = bpf_get_current_pid_tgid();
  if (is_own(id))
    return 0;
  u32 tgid = id >> 32;
  calls_tls(id, CALLS_GO);
  struct caller key = {(u64)tgid << 32, ctx->r14};
  struct call c = {};
  c.tls = ctx->ax;
  c.buffer = ctx->bx;
  c.entered = bpf_ktime_get_ns();
  c.kind = kind;
  u64 below = 0, descriptor = 0;
  s32 fd = -1;
  struct sock *sk = 0;
  if (!bpf_probe_read_user(&below, sizeof(below), (void *)(c.tls + 8)) &&
      !bpf_probe_read_user(&descriptor, sizeof(descriptor), (void *)below) &&
      !bpf_probe_read_user(&fd, sizeof(fd), (void *)(descriptor + 16)) && fd >= 0)
    sk = socket_of(fd);
  if (sk && sk->sk_protocol == IPPROTO_TCP)
    carry(tgid, c.tls, sk);
  /* Another goroutine may read the answer before this one returns, so the bytes are passed on now if that is possible. */
  if (kind == WRITING && pass_on(&c, id, ctx->cx))
    c.kind = WRITTEN;
  bpf_map_update_elem(&calls, &key, &c, 0);
  return 0;
}

SEC("uprobe")
int go_tls_read(struct pt_regs *ctx) { return go_enter(ctx, READING); }
SEC("uprobe")
int go_tls_write(struct pt_regs *ctx) { return go_enter(ctx, WRITING); }

SEC("uprobe")
int go_tls_returned(struct pt_regs *ctx) {
  u64 id = bpf_get_current_pid_tgid();
  struct caller key = {id >> 32 << 32, ctx->r14};
  struct call *c = bpf_map_lookup_elem(&calls, &key);
  if (!c)
    return 0;
  finish(c, id, ctx->ax);
  bpf_map_delete_elem(&calls, &key);
  return 0;
}

/* Message of TlsTap, which the agent loads into Java programs. */
#define TAP_MAGIC 0x7061745f736c7454ULL
struct tap {
  u64 magic;
  u32 object;
  s32 fd; /* -1: the socket is the one that the thread read before */
  u32 total;
  u32 kind;
};

/* Takes a message of a Java program; the thread is between two calls of it, so there is nothing to end. */
INLINE void java_message(u64 id, u64 bytes, u64 length) {
  u64 process = id >> 32;
  struct tap t;
  if (length < sizeof(t) || !bpf_map_lookup_elem(&java_processes, &process))
    return;
  if (bpf_probe_read_user(&t, sizeof(t), (void *)bytes) || t.magic != TAP_MAGIC)
    return;
  if (t.kind != READING && t.kind != WRITING)
    return;
  struct caller key = {id, 0};
  struct object object = {process, t.object};
  struct call *c = bpf_map_lookup_elem(&calls, &key);
  if (t.fd >= 0) {
    struct sock *sk = socket_of(t.fd);
    if (sk && sk->sk_protocol == IPPROTO_TCP)
      carry(process, t.object, sk);
  } else if (c && c->fresh) {
    struct carrier *known = bpf_map_lookup_elem(&carriers, &object);
    if (!known || (t.kind != WRITING || !known->confirmed)) {
      struct carrier before;
      before.end = c->last;
      before.direct = 0;
      before.confirmed = 0;
      bpf_map_update_elem(&carriers, &object, &before, 0);
    }
    c->fresh = t.kind == WRITING;
  }
  struct call now = {};
  now.tls = t.object;
  now.buffer = bytes + sizeof(t);
  now.entered = bpf_ktime_get_ns();
  now.kind = t.kind;
  finish(&now, id, (s32)t.total);
}
