/*
 * Samples of what runs on each processor, added up in the kernel: the number of samples of a process with a stack of the
 * kernel and one of the program. A stack is known by a hash of its addresses.
 *
 * Callers are found by tables that the agent makes of the files of a process (.eh_frame) and of the code that a Java runtime
 * has compiled; without a table by the chain of frame pointers. Functions of interpreters are words with a mark: a method of
 * HotSpot in place of its frame, the functions of CPython after all frames.
 */
#include "types.h"

enum { NATIVE = 127, DEPTH = 200, STACKS = 16384, NO_PREALLOC = 1, NOEXIST = 1, USER_STACK = 256 };
enum { PROCESSES = 1024, MAPPINGS = 256, ROWS = 1 << 21 };

/* Of UnwindTable, and INTERPRETED: a frame of HotSpot's interpreter. */
enum { END = 0, BY_SP = 1, BY_BP = 2, LINKAGE = 3, CHAIN = 4, INTERPRETED = 5, UNKNOWN = 6, STORED = 7 };
enum { AT_FRAME_POINTER = 127 };

#define METHOD (1ULL << 62)
#define CODE (1ULL << 61)
#define ENTRY (1ULL << 60) /* the function was called by C */

static long (*bpf_get_stack)(void *ctx, void *to, u32 size, u64 flags) = (void *)67;

/* struct bpf_perf_event_data on x86-64 */
struct perf_context {
  u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

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

/* Number of the round: the second bit of the key of a stack is that of its round, so that the agent removes only old ones. */
struct {
  __uint(type, MAP_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} rounds SEC(".maps");

/* Rules of all tables. */
struct row {
  u32 address;
  short words;
  signed char saved;
  u8 kind;
};
struct {
  __uint(type, MAP_ARRAY);
  __uint(max_entries, ROWS);
  __type(key, u32);
  __type(value, struct row);
} rows SEC(".maps");

/* Executable memory of a process with the part of the rules for it. */
struct mapping {
  u64 start;
  u64 end;
  u64 base; /* what is taken from an address to find its rule */
  u32 first;
  u32 count;
};
/* Where CPython keeps the functions of a thread; offsets below 0 do not exist. */
struct python {
  u64 root; /* address of the pointer to the first interpreter, or to the running thread */
  s32 threads;
  s32 next;
  s32 id;
  s32 native; /* 1: the id is that of the kernel; 0: the address of the thread's memory; 2: root is the thread */
  s32 frame;
  s32 current;
  s32 code;
  s32 previous;
  s32 entry;
  s32 entry_value; /* 0: any other value is one; else this one is a mark between functions, no function */
};
struct process {
  u32 count;
  u32 complete; /* no mapping was left out */
  struct python python;
  struct mapping mappings[MAPPINGS];
};
struct {
  __uint(type, MAP_HASH);
  __uint(max_entries, PROCESSES);
  __uint(map_flags, NO_PREALLOC);
  __type(key, u64);
  __type(value, struct process);
} processes SEC(".maps");

/* Processes that ran code of which no rules are known, with an address of it. */
struct {
  __uint(type, MAP_HASH);
  __uint(max_entries, PROCESSES);
  __uint(map_flags, NO_PREALLOC);
  __type(key, u64);
  __type(value, u64);
} strangers SEC(".maps");

struct work {
  struct stack s;
  u64 tgid;
  u64 tid;
  u64 ip, sp, bp, fs;
  u64 frame; /* of CPython */
  u64 thread;
  u32 n;
  u32 broken; /* the chain ended where no rule was known */
  u64 lookup; /* address whose mapping is looked for */
};
struct {
  __uint(type, MAP_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct work);
} scratch SEC(".maps");

INLINE u64 keep(struct stack *s, u32 n) {
  u32 zero = 0;
  u64 *number = bpf_map_lookup_elem(&rounds, &zero);
  if (!n || !number)
    return 0;
  u64 hash = 0xcbf29ce484222325ULL;
  for (u32 i = 0; i < DEPTH; i++) {
    if (i >= n)
      break;
    hash = (hash ^ s->address[i]) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  hash = (hash & ~3ULL) | (*number & 1) << 1 | 1; /* never 0 */
  s->count = n;
  if (!bpf_map_lookup_elem(&stacks, &hash) && bpf_map_update_elem(&stacks, &hash, s, NOEXIST) == -7 /* E2BIG */)
    count_lost();
  return hash;
}

INLINE u64 word(u64 at) {
  u64 value = 0;
  bpf_probe_read_user(&value, sizeof(value), (void *)at);
  return value;
}

INLINE u32 half(u64 at) {
  u32 value = 0;
  bpf_probe_read_user(&value, sizeof(value), (void *)at);
  return value;
}

INLINE u8 byte(u64 at) {
  u8 value = 0;
  bpf_probe_read_user(&value, sizeof(value), (void *)at);
  return value;
}

INLINE struct work *work(void) {
  u32 zero = 0;
  return bpf_map_lookup_elem(&scratch, &zero);
}

/* Index of the last mapping that starts at an address or before. */
INLINE struct mapping *mapping_of(struct process *p, u64 address) {
  u32 low = 0, high = p->count;
  for (int i = 0; i < 9; i++) {
    if (low >= high)
      break;
    u32 middle = (low + high) >> 1;
    if (middle >= MAPPINGS)
      return 0;
    if (p->mappings[middle].start <= address)
      low = middle + 1;
    else
      high = middle;
  }
  if (!low || low > MAPPINGS)
    return 0;
  struct mapping *m = &p->mappings[low - 1];
  return address < m->end ? m : 0;
}

INLINE int rule_of(struct mapping *m, u64 address, struct row *out) {
  u64 distance = address - m->base;
  if (distance >> 32)
    return 0;
  u32 wanted = distance, low = m->first, high = m->first + m->count;
  if (low >= high)
    return 0;
  high--; /* the first row holds for all that is before the second */
  for (int i = 0; i < 21; i++) {
    if (low >= high)
      break;
    u32 middle = (low + high + 1) >> 1;
    struct row *r = bpf_map_lookup_elem(&rows, &middle);
    if (!r)
      return 0;
    if (r->address <= wanted)
      low = middle;
    else
      high = middle - 1;
  }
  struct row *r = bpf_map_lookup_elem(&rows, &low);
  if (!r)
    return 0;
  *out = *r;
  return 1;
}

/* Notes a frame and goes to its caller; 1 at the end. */
static long unwind(u32 i, void *data) {
  struct work *w = work();
  if (!w)
    return 1;
  u32 n = w->n;
  if (n >= NATIVE)
    return 1;
  struct process *p = bpf_map_lookup_elem(&processes, &w->tgid);
  if (!p)
    return 1;
  u64 ip = w->ip, sp = w->sp, bp = w->bp;
  u64 at = n ? ip - 1 : ip;
  struct mapping *m = mapping_of(p, at);
  struct row r = {};
  r.kind = CHAIN;
  if (m) {
    if (!rule_of(m, at, &r))
      r.kind = CHAIN;
  } else if (p->complete) {
    w->broken = 1;
    if (n)
      return 1; /* no code */
  }
  w->s.address[n] = ip;
  w->n = n + 1;
  u64 cfa = 0, saved = 0, words = (s64)r.words * 8;
  if (r.kind == BY_SP)
    cfa = sp + words;
  else if (r.kind == BY_BP)
    cfa = bp + words;
  else if (r.kind == LINKAGE)
    cfa = sp + 8 + ((ip & 15) >= 11 ? 8 : 0);
  else if (r.kind == STORED)
    cfa = word(bp + words);
  else if (r.kind == CHAIN || r.kind == INTERPRETED) {
    cfa = bp + 16;
    r.saved = -2;
    if (cfa <= sp)
      return 1;
  } else {
    w->broken = r.kind == UNKNOWN;
    return 1;
  }
  if (cfa <= sp || cfa >> 47)
    return 1;
  u64 back = word(cfa - 8);
  if (!back || back >> 47)
    return 1;
  if (r.kind == INTERPRETED) {
    u64 method = word(bp - 24);
    if (method && !(method >> 47))
      w->s.address[n] = METHOD | method;
    saved = word(bp - 8); /* the stack of the caller, without the arguments that were added to it */
    w->sp = saved > sp && !(saved >> 47) ? saved : cfa;
    w->bp = word(bp);
    w->ip = back;
    return 0;
  }
  if (r.saved == AT_FRAME_POINTER)
    w->bp = word(bp);
  else if (r.saved)
    w->bp = word(cfa + (s64)r.saved * 8);
  w->sp = cfa;
  w->ip = back;
  return 0;
}

/* Looks for the state of this thread in the list of an interpreter; 1 at the end. */
static long find_thread(u32 i, void *data) {
  struct work *w = work();
  if (!w || !w->thread)
    return 1;
  struct process *p = bpf_map_lookup_elem(&processes, &w->tgid);
  if (!p)
    return 1;
  if (word(w->thread + p->python.id) == (p->python.native ? w->tid : w->fs))
    return 1;
  w->thread = word(w->thread + p->python.next);
  return 0;
}

/* Notes a function of CPython; 1 at the end. */
static long python_frame(u32 i, void *data) {
  struct work *w = work();
  if (!w)
    return 1;
  u32 n = w->n;
  u64 frame = w->frame;
  if (n >= DEPTH || !frame)
    return 1;
  struct process *p = bpf_map_lookup_elem(&processes, &w->tgid);
  if (!p)
    return 1;
  u64 code = word(frame + p->python.code) & ~7ULL;
  w->frame = word(frame + p->python.previous);
  u8 entry = p->python.entry < 0 ? 1 : byte(frame + p->python.entry);
  if (p->python.entry_value) {
    if (entry == p->python.entry_value) { /* the caller of the function before is C */
      if (n) {
        u32 before = n - 1;
        if (before < DEPTH && w->s.address[before] & CODE)
          w->s.address[before] |= ENTRY;
      }
      return 0;
    }
    entry = 0;
  }
  if (!code || code >> 47)
    return 1;
  w->s.address[n] = CODE | (entry ? ENTRY : 0) | code;
  w->n = n + 1;
  return 0;
}

INLINE void python_frames(struct work *w, struct process *p) {
  u64 first = word(p->python.root);
  if (p->python.native == 2)
    w->thread = first;
  else {
    w->thread = first ? word(first + p->python.threads) : 0;
    bpf_loop(1024, find_thread, 0, 0);
  }
  if (!w->thread)
    return;
  u64 frame = word(w->thread + p->python.frame);
  if (p->python.current >= 0 && frame)
    frame = word(frame + p->python.current);
  w->frame = frame;
  bpf_loop(DEPTH, python_frame, 0, 0);
}

SEC("perf_event")
int sample(struct perf_context *ctx) {
  u64 id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
  if (!tgid)
    return 0; /* idle */
  struct work *w = work();
  if (!w)
    return 0;
  struct sample_key key = {};
  key.tgid = tgid;
  long bytes = bpf_get_stack(ctx, w->s.address, NATIVE * 8, 0);
  key.kernel = bytes < 8 ? 0 : keep(&w->s, (u32)bytes / 8);
  struct task_struct *task = bpf_get_current_task_btf();
  w->tgid = tgid;
  w->tid = (u32)id;
  w->n = 0;
  w->broken = 0;
  struct process *p = bpf_map_lookup_elem(&processes, &w->tgid);
  /* Volatile, because the verifier refuses an address that the compiler computes from the context. */
  volatile struct perf_context *at = ctx;
  w->ip = at->ip;
  w->sp = at->sp;
  w->bp = at->bp;
  if (p) {
    if ((s64)w->ip < 0) {
      struct pt_regs *regs = bpf_task_pt_regs(task);
      w->ip = regs->ip;
      w->sp = regs->sp;
      w->bp = regs->bp;
    }
    w->fs = task->thread.fsbase;
    if (w->ip && !(w->ip >> 47))
      bpf_loop(NATIVE, unwind, 0, 0);
  }
  if (!p || w->broken)
    bpf_map_update_elem(&strangers, &w->tgid, &w->ip, 0);
  if (!p) {
    bytes = bpf_get_stack(ctx, w->s.address, NATIVE * 8, USER_STACK);
    w->n = bytes < 8 ? 0 : (u32)bytes / 8;
  } else if (p->python.root && w->n)
    python_frames(w, p);
  key.user = keep(&w->s, w->n);
  u64 *n = bpf_map_lookup_elem(&samples, &key), one = 1;
  if (n)
    __sync_fetch_and_add(n, 1);
  else if (bpf_map_update_elem(&samples, &key, &one, NOEXIST) == -7)
    count_lost();
  return 0;
}
