/*
 * Samples of what runs on each processor, added up in the kernel: the number of samples of a process with a stack of the
 * kernel and one of the program. A stack is known by a hash of its addresses.
 */
#include "types.h"

enum { DEPTH = 127, STACKS = 16384, NO_PREALLOC = 1, NOEXIST = 1, USER_STACK = 256 };

static long (*bpf_get_stack)(void *ctx, void *to, u32 size, u64 flags) = (void *)67;

struct sample_key {
  u32 tgid;
  u32 pad;
  u64 kernel; /* 0 for none */
  u64 user;
};
struct stack {
  u64 count;
  u64 address[DEPTH];
};

struct {
  __uint(type, MAP_HASH);
  __uint(max_entries, STACKS);
  __uint(map_flags, NO_PREALLOC);
  __type(key, struct sample_key);
  __type(value, u64);
} samples SEC(".maps");

struct {
  __uint(type, MAP_HASH);
  __uint(max_entries, STACKS);
  __uint(map_flags, NO_PREALLOC);
  __type(key, u64);
  __type(value, struct stack);
} stacks SEC(".maps");

struct {
  __uint(type, MAP_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct stack);
} scratch SEC(".maps");

INLINE u64 keep(void *ctx, struct stack *s, u64 flags) {
  long bytes = bpf_get_stack(ctx, s->address, sizeof(s->address), flags);
  if (bytes < 8)
    return 0;
  u32 n = bytes / 8;
  u64 hash = 0xcbf29ce484222325ULL;
  for (u32 i = 0; i < DEPTH; i++) {
    if (i >= n)
      break;
    hash = (hash ^ s->address[i]) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  hash |= 1; /* never 0 */
  s->count = n;
  if (!bpf_map_lookup_elem(&stacks, &hash) && bpf_map_update_elem(&stacks, &hash, s, NOEXIST) == -7 /* E2BIG */)
    count_lost();
  return hash;
}

SEC("perf_event")
int sample(void *ctx) {
  u32 tgid = bpf_get_current_pid_tgid() >> 32, zero = 0;
  if (!tgid)
    return 0; /* idle */
  struct stack *s = bpf_map_lookup_elem(&scratch, &zero);
  if (!s)
    return 0;
  struct sample_key key = {};
  key.tgid = tgid;
  key.kernel = keep(ctx, s, 0);
  key.user = keep(ctx, s, USER_STACK);
  u64 *n = bpf_map_lookup_elem(&samples, &key), one = 1;
  if (n)
    __sync_fetch_and_add(n, 1);
  else if (bpf_map_update_elem(&samples, &key, &one, NOEXIST) == -7)
    count_lost();
  return 0;
}
