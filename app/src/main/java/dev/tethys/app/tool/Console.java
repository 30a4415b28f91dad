package dev.tethys.app.tool;

import java.io.PrintStream;

/**
 * Where a command writes: results to one stream, what is for people alone to another.
 *
 * @param terminal whether the second is a terminal, on which lines may be drawn over
 */
public record Console(PrintStream out, PrintStream err, boolean terminal) {
  /** A bar on a terminal, a line a step elsewhere. */
  ProgressLine progress(String unit) {
    return new ProgressLine(err, terminal, unit, System::nanoTime);
  }
}
