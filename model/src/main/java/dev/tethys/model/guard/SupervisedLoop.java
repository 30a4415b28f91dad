package dev.tethys.model.guard;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Loop of a thread that the process cannot work without: accepting connections, scraping,
 * evaluating rules, sending. After any failure (memory may run out anywhere) the loop is restarted
 * after a pause; repeated errors end the process, so that a supervisor can restart it. A failed
 * loop must therefore leave its object in a state in which it can run again; a loop that returns is
 * not restarted.
 */
public final class SupervisedLoop implements Runnable {
  /** Exit code of the process, as with {@code -XX:+ExitOnOutOfMemoryError}. */
  public static final int EXIT_CODE = 3;

  /** Errors within {@link #TOGETHER_NANOS} of each other after which the process ends. */
  static final int MAX_ERRORS = 20;

  private static final long TOGETHER_NANOS = 60_000_000_000L;
  private static final long FIRST_PAUSE_NANOS = 100_000_000L;
  private static final long LONGEST_PAUSE_NANOS = 5_000_000_000L;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.threads");
  private static final LimitedLog LINES = new LimitedLog(LOG);

  // Allocated in advance: memory may be exhausted when it is needed.
  private static final byte[] NO_MEMORY_TO_LOG =
      "tethys: essential thread failed and is restarted; out of memory, no details available\n"
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EXIT_MESSAGE =
      ("tethys: a thread that must live failed "
              + MAX_ERRORS
              + " times in a row; the process ends with exit code "
              + EXIT_CODE
              + "; give it more memory (-Xmx in TETHYS_JAVA_OPTS)\n")
          .getBytes(StandardCharsets.US_ASCII);

  private static final byte[] STATE_MESSAGE =
      ("tethys: memory ended in work that cannot be left half done; the process ends"
              + " with exit code "
              + EXIT_CODE
              + " and can be started again; give it more memory (-Xmx in TETHYS_JAVA_OPTS)\n")
          .getBytes(StandardCharsets.US_ASCII);

  private static final Registry.Vector<Registry.Counter> RESTARTS =
      Registry.process()
          .counters(
              "tethys_essential_thread_restarts_total",
              "Loops of essential threads that were restarted after a failure.",
              "thread");

  /** Ends the process; exchanged in tests. */
  interface Ending {
    void end(int code);
  }

  /** Pauses a thread; exchanged in tests. */
  interface Pause {
    void nanos(long n);
  }

  private final String name;
  private final Runnable loop;
  private final boolean errorsAlone;
  private final LongSupplier nanos;
  private final Pause pause;
  private final Ending ending;
  private int errors;
  private int failures;
  private long failedAt;

  SupervisedLoop(
      String name,
      Runnable loop,
      boolean errorsAlone,
      LongSupplier nanos,
      Pause pause,
      Ending ending) {
    this.name = name;
    this.loop = loop;
    this.errorsAlone = errorsAlone;
    this.nanos = nanos;
    this.pause = pause;
    this.ending = ending;
  }

  /**
   * Returns a loop that restarts after any failure.
   *
   * @param name kind of the thread, a metric label with few values
   */
  public static Runnable of(String name, Runnable loop) {
    return of(name, loop, false);
  }

  /**
   * Returns a task that is rescheduled after an error, such as an OutOfMemoryError, but not after
   * an exception.
   */
  public static Runnable task(String name, Runnable task) {
    return of(name, task, true);
  }

  private static Runnable of(String name, Runnable loop, boolean errorsAlone) {
    return new SupervisedLoop(
        name,
        loop,
        errorsAlone,
        System::nanoTime,
        LockSupport::parkNanos,
        Runtime.getRuntime()::halt);
  }

  @Override
  public void run() {
    while (true) {
      try {
        loop.run();
        return;
      } catch (RuntimeException e) {
        if (errorsAlone) {
          throw e;
        }
        failed(e);
      } catch (Error e) {
        failed(e);
      }
    }
  }

  private void failed(Throwable cause) {
    long now = nanos.getAsLong();
    if (now - failedAt > TOGETHER_NANOS) {
      errors = 0;
      failures = 0;
    }
    failedAt = now;
    failures++;
    if (cause instanceof Error && ++errors >= MAX_ERRORS) {
      printLine(EXIT_MESSAGE);
      ending.end(EXIT_CODE);
    }
    try {
      RESTARTS.with(name).inc();
      LINES.failure(Level.ERROR, "Thread failed, restarting its loop, thread", name, cause);
    } catch (Error noMemory) {
      printLine(NO_MEMORY_TO_LOG);
    }
    // An interrupted thread does not pause; the interrupting code must have ended its loop.
    pause.nanos(Math.min(LONGEST_PAUSE_NANOS, FIRST_PAUSE_NANOS << Math.min(failures - 1, 10)));
  }

  /**
   * Ends the process because of an error in a thread that must live and whose state cannot be
   * restored in this process.
   */
  public static void endProcess(String name, VirtualMachineError cause) {
    try {
      printLine(STATE_MESSAGE);
      LOG.log(
          Level.ERROR, "Thread failed, the process ends with exit code 3 thread=" + name, cause);
    } finally {
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  /**
   * Ends the process because there is no memory left for its work.
   *
   * @param reason a line for standard error, made when there was memory
   */
  public static void endProcess(byte[] reason) {
    printLine(reason);
    Runtime.getRuntime().halt(EXIT_CODE);
  }

  private static void printLine(byte[] line) {
    System.err.write(line, 0, line.length);
    System.err.flush();
  }
}
