package dev.tethys.tools;

import dev.tethys.store.archive.Progress;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Progress display. On a terminal, one line redrawn ten times per second; otherwise a line at the
 * end of each step, and one every ten seconds in a long one.
 */
final class ProgressLine implements Progress {
  private static final int WIDTH = 30;
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long PLAIN_NANOS = 10_000_000_000L;

  private final PrintStream to;
  private final boolean terminal;
  private final String unit;
  private final LongSupplier clock;
  private String name = "";
  private long total;
  private long done;
  private long shownAt;
  private int shownLength;

  ProgressLine(PrintStream to, boolean terminal, String unit, LongSupplier clock) {
    this.to = to;
    this.terminal = terminal;
    this.unit = unit;
    this.clock = clock;
  }

  @Override
  public void step(String step, long expected) {
    name = step;
    total = expected;
    done = 0;
    shownAt = clock.getAsLong();
    if (terminal) {
      draw();
    }
  }

  @Override
  public void advance(long by) {
    done += by;
    long now = clock.getAsLong();
    if (now - shownAt >= (terminal ? REDRAW_NANOS : PLAIN_NANOS)) {
      shownAt = now;
      draw();
    }
  }

  /** Clears the bar, so that a line can be written. */
  void clear() {
    if (terminal && shownLength > 0) {
      to.print("\r" + " ".repeat(shownLength) + "\r");
      to.flush();
      shownLength = 0;
    }
  }

  private void draw() {
    String line;
    if (total > 0) {
      double part = Math.min(1, (double) done / total);
      int full = (int) (part * WIDTH);
      line =
          String.format(
              Locale.ROOT,
              "%s [%s%s] %3d%% %s",
              name,
              "#".repeat(full),
              ".".repeat(WIDTH - full),
              (int) (part * 100),
              unit);
    } else {
      line = String.format(Locale.ROOT, "%s %,d %s", name, done, unit);
    }
    if (!terminal) {
      to.println(line);
      return;
    }
    int blank = Math.max(0, shownLength - line.length());
    to.print("\r" + line + " ".repeat(blank));
    to.flush();
    shownLength = line.length();
  }
}
