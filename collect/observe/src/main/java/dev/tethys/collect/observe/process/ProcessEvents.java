package dev.tethys.collect.observe.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tethys.collect.observe.kernel.LoadedPrograms;
import dev.tethys.collect.observe.kernel.RefusedException;
import dev.tethys.collect.observe.kernel.RingBuffer;
import java.util.Map;

/** Starts and ends of processes as events of the kernel. For one thread at a time. */
public final class ProcessEvents implements AutoCloseable {
  private static final int RING_BYTES = 1 << 18;

  /** Offsets in struct process_event (process.c). */
  private static final int TGID = 8;

  private static final int KIND = 12;
  private static final int SIGNAL = 14;

  /** Kind of an event. */
  public enum Kind {
    /** The process runs another program now. */
    EXECUTED,
    ENDED
  }

  /** Receives an event. */
  @FunctionalInterface
  public interface Handler {
    /**
     * @param signal that ended the process, 0 for none
     */
    void accept(int pid, Kind kind, int signal);
  }

  private final LoadedPrograms programs;
  private final RingBuffer ring;

  private ProcessEvents(LoadedPrograms programs, RingBuffer ring) {
    this.programs = programs;
    this.ring = ring;
  }

  /**
   * Loads and attaches the programs.
   *
   * @throws RefusedException with the reason; nothing stays loaded
   */
  public static ProcessEvents open() throws RefusedException {
    LoadedPrograms programs = LoadedPrograms.load("process", Map.of("events", RING_BYTES));
    boolean done = false;
    try {
      RingBuffer ring = programs.map("events").ringBuffer(RING_BYTES);
      programs.attachTracepoint("process_executed");
      programs.attachTracepoint("process_ended");
      done = true;
      return new ProcessEvents(programs, ring);
    } finally {
      if (!done) {
        programs.close();
      }
    }
  }

  /** True for signals by which the kernel ends a process that did something impossible. */
  public static boolean isFault(int signal) {
    return switch (signal) {
      case 4, 5, 7, 11 -> true; // SIGILL, SIGTRAP, SIGBUS, SIGSEGV
      default -> false;
    };
  }

  /** Reads the events so far. */
  public void read(Handler to) {
    ring.read(
        (m, at, _) ->
            to.accept(
                m.get(JAVA_INT, at + TGID),
                m.get(JAVA_SHORT, at + KIND) == 0 ? Kind.EXECUTED : Kind.ENDED,
                m.get(JAVA_SHORT, at + SIGNAL)));
  }

  @Override
  public void close() {
    ring.close();
    programs.close();
  }
}
