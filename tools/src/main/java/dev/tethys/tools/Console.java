package dev.tethys.tools;

import java.io.InputStream;
import java.io.PrintStream;

/**
 * Input and output of a command: results are written to one stream, messages for users to another.
 *
 * @param terminal whether the second stream is a terminal, on which lines may be overwritten
 */
public record Console(InputStream in, PrintStream out, PrintStream err, boolean terminal) {
  /** Creates a console that reads standard input. */
  public Console(PrintStream out, PrintStream err, boolean terminal) {
    this(System.in, out, err, terminal);
  }

  /** A bar on a terminal, a line a step elsewhere. */
  ProgressLine progress(String unit) {
    return new ProgressLine(err, terminal, unit, System::nanoTime);
  }
}
