package dev.tethys.collect.observe.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tethys.collect.observe.kernel.LoadedPrograms;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.collect.observe.kernel.RingBuffer;
import java.util.Map;

/**
 * Process start and exit events from tracepoints, used if {@link ProcessConnector} is not
 * permitted; forks are not included. Not thread-safe.
 */
public final class ProcessEvents implements AutoCloseable {
  private static final int RING_BYTES = 1 << 18;

  /** Offsets in struct process_event (process.c). */
  private static final int TGID = 8;

  private static final int KIND = 12;
  private static final int SIGNAL = 14;

  private static final int EXECUTED = 0;

  private final LoadedPrograms programs;
  private final RingBuffer ring;

  private ProcessEvents(LoadedPrograms programs, RingBuffer ring) {
    this.programs = programs;
    this.ring = ring;
  }

  /**
   * Loads and attaches the programs.
   *
   * @throws ProgramLoadException with the reason; nothing stays loaded
   */
  public static ProcessEvents open() throws ProgramLoadException {
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

  /** Reads the events so far. */
  public void read(ProcessHandler to) {
    ring.read(
        (m, at, _) -> {
          int process = m.get(JAVA_INT, at + TGID);
          if (m.get(JAVA_SHORT, at + KIND) == EXECUTED) {
            to.executed(process);
          } else {
            to.ended(process, m.get(JAVA_SHORT, at + SIGNAL));
          }
        });
  }

  @Override
  public void close() {
    ring.close();
    programs.close();
  }
}
