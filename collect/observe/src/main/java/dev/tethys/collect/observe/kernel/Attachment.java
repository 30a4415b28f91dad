package dev.tethys.collect.observe.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connection of a program to its trigger. The kernel ends it when its descriptor is closed, at the
 * latest with this process.
 */
public final class Attachment implements AutoCloseable {
  private static final int RAW_TRACEPOINT_OPEN = 17;
  private static final int ATTRIBUTES = 152;

  /** Struct perf_event_attr, of its first published size with the second configuration word. */
  private static final int PERF_ATTRIBUTES = 72;

  private static final int PERF_TYPE_SOFTWARE = 1;
  private static final long PERF_COUNT_SW_CPU_CLOCK = 0;

  /** Flag of perf_event_attr: the period is a frequency. */
  private static final long PERF_FREQUENCY = 1 << 10;

  private static final long PERF_EVENT_IOC_ENABLE = 0x2400;
  private static final long PERF_EVENT_IOC_SET_BPF = 0x4004_2408;
  private static final Path UPROBE_TYPE = Path.of("/sys/bus/event_source/devices/uprobe/type");

  private final AtomicInteger descriptor;

  private Attachment(int descriptor) {
    this.descriptor = new AtomicInteger(descriptor);
  }

  static Attachment tracepoint(int program) throws ProgramLoadException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment open = arena.allocate(ATTRIBUTES, 8);
      open.set(JAVA_INT, 8, program);
      return new Attachment(SystemCalls.bpf("BPF_RAW_TRACEPOINT_OPEN", RAW_TRACEPOINT_OPEN, open));
    } catch (LibraryException e) {
      throw new ProgramLoadException("tracepoint: " + e.getMessage());
    }
  }

  static Attachment fileOffset(int program, Path file, long offset) throws ProgramLoadException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(PERF_ATTRIBUTES, 8);
      event.set(JAVA_INT, 0, Integer.parseInt(Files.readString(UPROBE_TYPE).strip()));
      event.set(JAVA_INT, 4, PERF_ATTRIBUTES);
      event.set(JAVA_LONG, 56, arena.allocateFrom(file.toString()).address());
      event.set(JAVA_LONG, 64, offset);
      return enabled(program, SystemCalls.perfEvent("perf_event_open", event, -1, 0));
    } catch (LibraryException e) {
      throw new ProgramLoadException(
          "probe at " + file + " offset " + offset + ": " + e.getMessage() + need(e));
    } catch (IOException e) {
      throw new ProgramLoadException(
          "the kernel has no probes of user programs: " + e.getMessage());
    }
  }

  static Attachment sampling(int program, int frequency, int processor)
      throws ProgramLoadException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(PERF_ATTRIBUTES, 8);
      event.set(JAVA_INT, 0, PERF_TYPE_SOFTWARE);
      event.set(JAVA_INT, 4, PERF_ATTRIBUTES);
      event.set(JAVA_LONG, 8, PERF_COUNT_SW_CPU_CLOCK);
      event.set(JAVA_LONG, 16, frequency);
      event.set(JAVA_LONG, 40, PERF_FREQUENCY);
      return enabled(program, SystemCalls.perfEvent("perf_event_open", event, -1, processor));
    } catch (LibraryException e) {
      throw new ProgramLoadException(
          "samples of processor " + processor + ": " + e.getMessage() + need(e));
    }
  }

  private static Attachment enabled(int program, int event) throws LibraryException {
    try {
      SystemCalls.ioctl("PERF_EVENT_IOC_SET_BPF", event, PERF_EVENT_IOC_SET_BPF, program);
      SystemCalls.ioctl("PERF_EVENT_IOC_ENABLE", event, PERF_EVENT_IOC_ENABLE, 0);
      return new Attachment(event);
    } catch (LibraryException e) {
      SystemCalls.close(event);
      throw e;
    }
  }

  private static String need(LibraryException e) {
    return e.errno() == Errno.EPERM || e.errno() == Errno.EACCES ? "; CAP_PERFMON is needed" : "";
  }

  /** Detaches the program. */
  @Override
  public void close() {
    int fd = descriptor.getAndSet(-1);
    if (fd >= 0) {
      SystemCalls.close(fd);
    }
  }
}
