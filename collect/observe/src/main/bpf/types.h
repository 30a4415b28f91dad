/* Kernel types of which the programs read fields, with those fields alone: CO-RE finds the true offsets. */
#ifndef TETHYS_TYPES_H
#define TETHYS_TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

enum {
  MAP_HASH = 1,
  MAP_ARRAY = 2,
  MAP_PERCPU_ARRAY = 6,
  MAP_LRU_HASH = 9,
  MAP_RINGBUF = 27,
};

enum { RB_NO_WAKEUP = 1, RB_FORCE_WAKEUP = 2 };
enum { RB_AVAILABLE = 0, RB_SIZE = 1, RB_READ = 2, RB_WRITTEN = 3 };

/* Helper functions by number (include/uapi/linux/bpf.h). */
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*bpf_probe_read_user)(void *to, u32 size, const void *from) = (void *)112;
static long (*bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*bpf_seq_write)(void *seq, const void *data, u32 len) = (void *)127;
static long (*bpf_ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static void *(*bpf_ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*bpf_ringbuf_submit)(void *data, u64 flags) = (void *)132;
static u64 (*bpf_ringbuf_query)(void *ring, u64 flags) = (void *)134;
static void *(*bpf_skc_to_tcp_sock)(void *sk) = (void *)137;
static void *(*bpf_get_current_task_btf)(void) = (void *)158;
static void *(*bpf_sock_from_file)(void *file) = (void *)162;
static long (*bpf_loop)(u32 times, void *step, void *data, u64 flags) = (void *)181;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  u32 inum;
};
struct net {
  struct ns_common ns;
};
typedef struct {
  struct net *net;
} possible_net_t;
struct in6_addr {
  union {
    u32 u6_addr32[4];
  } in6_u;
};
struct sock_common {
  u32 skc_daddr;
  u32 skc_rcv_saddr;
  u16 skc_dport;
  u16 skc_num;
  u16 skc_family;
  volatile u8 skc_state;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};
struct kernfs_node {
  u64 id;
};
struct cgroup {
  struct kernfs_node *kn;
};
struct sock_cgroup_data {
  struct cgroup *cgroup;
};
struct sock {
  struct sock_common __sk_common;
  u16 sk_type;
  u16 sk_protocol;
  struct sock_cgroup_data sk_cgrp_data;
};
struct tcp_sock {
  u64 bytes_received;
  u64 bytes_sent;
  u64 bytes_retrans;
  u32 srtt_us;
  u32 total_retrans;
  u64 tcp_wstamp_ns;
};
struct socket {
  struct sock *sk;
};
struct inode {
  u16 i_mode;
};
struct file {
  struct inode *f_inode;
  void *private_data;
};
struct fdtable {
  u32 max_fds;
  struct file **fd;
};
struct files_struct {
  struct fdtable *fdt;
};
struct thread_struct {
#ifdef __TARGET_ARCH_x86
  u64 fsbase;
#endif
};
struct task_struct {
  s32 pid;
  s32 tgid;
  s32 exit_code;
  u32 flags;
  struct files_struct *files;
  struct thread_struct thread;
};
struct pt_regs {
#ifdef __TARGET_ARCH_x86
  u64 r14, bp, bx, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, sp;
#endif
};
struct seq_file;
struct bpf_iter_meta {
  struct seq_file *seq;
};
struct bpf_iter__task_file {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
  u32 fd;
  struct file *file;
};

#pragma clang attribute pop

static struct pt_regs *(*bpf_task_pt_regs)(struct task_struct *task) = (void *)175;

/* Reinterprets a pointer as that of a kernel type, for direct loads that cannot fault; Linux 6.2 or newer. */
extern void *bpf_rdonly_cast(const void *object, u32 type) __attribute__((section(".ksyms")));
#define CAST(type, pointer) ((type *)bpf_rdonly_cast((pointer), __builtin_btf_type_id(*(type *)0, 1)))

enum { AF_INET = 2, AF_INET6 = 10 };
enum { IPPROTO_TCP = 6, IPPROTO_UDP = 17 };
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_SYN_RECV = 3, TCP_CLOSE = 7, TCP_LISTEN = 10 };

/* Addresses of a socket and its owner; the same bytes in every kind of event. IPv4 is in the first four. */
struct endpoint {
  u64 sk;
  u64 cgroup;
  u32 netns;
  u16 family;
  u16 local_port;
  u16 remote_port; /* network byte order */
  u8 state;
  u8 protocol;
  u8 local[16];
  u8 remote[16];
};

INLINE void describe(struct endpoint *e, struct sock *sk) {
  struct sock_common *c = &sk->__sk_common;
  u16 family = c->skc_family;
  e->sk = (u64)sk;
  e->cgroup = sk->sk_cgrp_data.cgroup->kn->id;
  e->netns = c->skc_net.net->ns.inum;
  e->family = family;
  e->local_port = c->skc_num;
  e->remote_port = c->skc_dport;
  e->state = c->skc_state;
  e->protocol = sk->sk_protocol;
  if (family == AF_INET) {
    *(u32 *)e->local = c->skc_rcv_saddr;
    *(u32 *)e->remote = c->skc_daddr;
  } else {
    u32 *local = (u32 *)e->local, *remote = (u32 *)e->remote;
    local[0] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[0];
    local[1] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[1];
    local[2] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[2];
    local[3] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[3];
    remote[0] = c->skc_v6_daddr.in6_u.u6_addr32[0];
    remote[1] = c->skc_v6_daddr.in6_u.u6_addr32[1];
    remote[2] = c->skc_v6_daddr.in6_u.u6_addr32[2];
    remote[3] = c->skc_v6_daddr.in6_u.u6_addr32[3];
  }
}

/* What a TCP socket has counted. */
struct tcp_counts {
  u64 sent; /* payload, each byte once */
  u64 received;
  u32 srtt_us;
  u32 retransmits;
};

INLINE void count(struct tcp_counts *t, struct sock *sk) {
  struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
  if (!tp) {
    t->sent = t->received = 0;
    t->srtt_us = t->retransmits = 0;
    return;
  }
  t->sent = tp->bytes_sent - tp->bytes_retrans;
  t->received = tp->bytes_received;
  t->srtt_us = tp->srtt_us >> 3;
  t->retransmits = tp->total_retrans;
}

/* Number of events for which the ring had no room. */
struct {
  __uint(type, MAP_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} lost SEC(".maps");

INLINE void count_lost(void) {
  u32 zero = 0;
  u64 *n = bpf_map_lookup_elem(&lost, &zero);
  if (n)
    __sync_fetch_and_add(n, 1);
}

char _license[] SEC("license") = "Dual MIT/GPL";

#endif
