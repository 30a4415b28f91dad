package dev.tethys.collect.observe.kernel;

import static dev.tethys.model.libc.LibraryFunction.call;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.LibraryFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Linux system calls that the kernel's programs, maps and events need; on 64-bit systems. */
final class SystemCalls {
  private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");
  private static final long BPF = ARM ? 280 : 321;
  private static final long SCHED_SETATTR = ARM ? 274 : 314;
  private static final long PERF_EVENT_OPEN = ARM ? 241 : 298;
  private static final long PERF_FLAG_FD_CLOEXEC = 8;
  private static final int O_CLOEXEC = 0x80000;

  /** Flags of open(2): only the path of a file, non-blocking, no link as the last component. */
  static final int O_PATH = 0x20_0000;

  static final int O_NONBLOCK = 0x800;
  static final int O_NOFOLLOW = ARM ? 0x8000 : 0x2_0000;
  private static final int EPOLL_CTL_ADD = 1;
  private static final int CLONE_NEWNET = 0x4000_0000;
  private static final int MAP_SHARED = 1;
  private static final long MAP_FAILED = -1;

  static final int PROT_READ = 1;
  static final int PROT_WRITE = 2;

  /** A number and arguments of bpf(2) and sched_setattr(2): an integer, a structure, an integer. */
  private static final MethodHandle STRUCTURE_CALL =
      LibraryFunction.variadic(
          "syscall", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG), 1);

  private static final MethodHandle PERF_CALL =
      LibraryFunction.variadic(
          "syscall",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
          1);
  private static final MethodHandle IOCTL =
      LibraryFunction.variadic(
          "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG), 2);
  private static final MethodHandle MMAP =
      LibraryFunction.of(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      LibraryFunction.plain("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle READ =
      LibraryFunction.of("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle OPEN =
      LibraryFunction.variadic("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle SETNS =
      LibraryFunction.of("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle EPOLL_CREATE =
      LibraryFunction.of("epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle EPOLL_CTL =
      LibraryFunction.of(
          "epoll_ctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle EPOLL_WAIT =
      LibraryFunction.of(
          "epoll_wait", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final int CLOCK_THREAD_CPUTIME_ID = 3;
  private static final MethodHandle CLOCK_GETTIME =
      LibraryFunction.plain("clock_gettime", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle CLOSE =
      LibraryFunction.plain("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private SystemCalls() {}

  /**
   * Calls bpf(2).
   *
   * @param what name of the command in messages
   * @param attributes its union bpf_attr
   */
  static int bpf(String what, int command, MemorySegment attributes) throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      long result =
          call(
              () ->
                  (long)
                      STRUCTURE_CALL.invokeExact(
                          state, BPF, (long) command, attributes, attributes.byteSize()));
      return (int) check(what, result, state);
    }
  }

  /**
   * Sets how a thread is scheduled.
   *
   * @param thread its id, 0 for the calling one
   * @param attributes a struct sched_attr
   */
  static void schedule(int thread, MemorySegment attributes) throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      long result =
          call(
              () ->
                  (long)
                      STRUCTURE_CALL.invokeExact(
                          state, SCHED_SETATTR, (long) thread, attributes, 0L));
      check("sched_setattr", result, state);
    }
  }

  /** Opens an event of perf_event_open(2), which is closed on exec. */
  static int perfEvent(String what, MemorySegment attributes, int pid, int cpu)
      throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      long result =
          call(
              () ->
                  (long)
                      PERF_CALL.invokeExact(
                          state,
                          PERF_EVENT_OPEN,
                          attributes,
                          (long) pid,
                          (long) cpu,
                          -1L,
                          PERF_FLAG_FD_CLOEXEC));
      return (int) check(what, result, state);
    }
  }

  static void ioctl(String what, int fd, long request, long argument) throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      check(what, call(() -> (int) IOCTL.invokeExact(state, fd, request, argument)), state);
    }
  }

  /** Maps shared pages of a descriptor; they stay until {@link #unmap}. */
  @SuppressWarnings("restricted") // the kernel maps as many bytes as requested
  static MemorySegment map(int fd, long offset, long bytes, int protection)
      throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      long address =
          call(
              () ->
                  ((MemorySegment)
                          MMAP.invokeExact(
                              state, MemorySegment.NULL, bytes, protection, MAP_SHARED, fd, offset))
                      .address());
      if (address == MAP_FAILED) {
        throw new LibraryException("mmap", LibraryFunction.errno(state));
      }
      return MemorySegment.ofAddress(address).reinterpret(bytes);
    }
  }

  static void unmap(MemorySegment pages) {
    call(() -> (int) MUNMAP.invokeExact(pages, pages.byteSize()));
  }

  /** Reads until the buffer is full or the end; returns the number of bytes, 0 at the end. */
  static long read(int fd, MemorySegment to) throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      long done = 0;
      while (done < to.byteSize()) {
        MemorySegment rest = to.asSlice(done);
        long n = call(() -> (long) READ.invokeExact(state, fd, rest, rest.byteSize()));
        if (n == 0) {
          break;
        }
        if (n < 0) {
          int errno = LibraryFunction.errno(state);
          if (errno == Errno.EINTR || errno == Errno.EAGAIN) {
            continue; // an iterator returns EAGAIN after many objects without output
          }
          throw new LibraryException("read", errno);
        }
        done += n;
      }
      return done;
    }
  }

  /** Opens a file for reading, which is closed on exec. */
  static int open(String file, int flags) throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      MemorySegment path = arena.allocateFrom(file);
      return (int)
          check(
              "open " + file,
              call(() -> (int) OPEN.invokeExact(state, path, flags | O_CLOEXEC)),
              state);
    }
  }

  /** Moves this thread into the network namespace of a /proc file (setns(2)). */
  static void enterNetwork(String file) throws LibraryException {
    int fd = open(file, 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      try {
        check("setns", call(() -> (int) SETNS.invokeExact(state, fd, CLONE_NEWNET)), state);
      } finally {
        close(fd);
      }
    }
  }

  /** Opens an epoll instance, which is closed on exec. */
  static int epoll() throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      return (int)
          check(
              "epoll_create1", call(() -> (int) EPOLL_CREATE.invokeExact(state, O_CLOEXEC)), state);
    }
  }

  /** Adds a descriptor to an epoll instance (struct epoll_event begins with the events). */
  static void epollAdd(int epoll, int fd, int events) throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      MemorySegment event = arena.allocate(16, 8);
      event.set(JAVA_INT, 0, events);
      check(
          "epoll_ctl",
          call(() -> (int) EPOLL_CTL.invokeExact(state, epoll, EPOLL_CTL_ADD, fd, event)),
          state);
    }
  }

  /** Waits for an event of an epoll instance, or a signal; returns the number of events. */
  static int epollWait(int epoll, int millis) throws LibraryException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibraryFunction.errnoState(arena);
      MemorySegment event = arena.allocate(16, 8);
      int n = (int) call(() -> (int) EPOLL_WAIT.invokeExact(state, epoll, event, 1, millis));
      if (n < 0 && LibraryFunction.errno(state) != Errno.EINTR) {
        throw new LibraryException("epoll_wait", LibraryFunction.errno(state));
      }
      return Math.max(0, n);
    }
  }

  /** Processor time of the calling thread in nanoseconds. */
  static long threadTime() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(16, 8); // struct timespec
      call(() -> (int) CLOCK_GETTIME.invokeExact(CLOCK_THREAD_CPUTIME_ID, time));
      return time.get(JAVA_LONG, 0) * 1_000_000_000L + time.get(JAVA_LONG, 8);
    }
  }

  static void close(int fd) {
    call(() -> (int) CLOSE.invokeExact(fd));
  }

  private static long check(String what, long result, MemorySegment state) throws LibraryException {
    if (result < 0) {
      throw new LibraryException(what, LibraryFunction.errno(state));
    }
    return result;
  }
}
