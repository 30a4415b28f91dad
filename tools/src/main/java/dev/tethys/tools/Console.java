package dev.tethys.tools;

import java.io.InputStream;
import java.io.PrintStream;

/**
 * Where a command reads and writes: results go to one stream, what is for people alone to another.
 *
 * @param terminal whether the second is a terminal, on which lines may be drawn over
 */
public record Console(InputStream in, PrintStream out, PrintStream err, boolean terminal) {
  /** Reading what the process is given. */
  public Console(PrintStream out, PrintStream err, boolean terminal) {
    this(System.in, out, err, terminal);
  }

  /** A bar on a terminal, a line a step elsewhere. */
  ProgressLine progress(String unit) {
    return new ProgressLine(err, terminal, unit, System::nanoTime);
  }
}
