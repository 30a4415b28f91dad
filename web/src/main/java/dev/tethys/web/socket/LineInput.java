package dev.tethys.web.socket;

import dev.tethys.model.guard.ByteBudget;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Arrays;

/**
 * Reads complete lines from a stream, as many per call as are available. A line longer than the
 * limit is skipped and counted. Long lines take memory of the budget of received requests.
 *
 * <p>Invariant: {@code buf[from, to)} was read and not returned yet.
 */
public final class LineInput implements AutoCloseable {
  private static final int FIRST = 8 << 10;
  private static final int MAX_AT_ONCE = 256 << 10;

  private final InputStream in;
  private final int maxLine;
  private final ByteBudget.Reservation held;
  private byte[] buf = new byte[FIRST];
  private int from;
  private int to;
  private int end;
  private long tooLong;
  private boolean skipping;
  private boolean over;

  /**
   * Creates a reader of lines from a stream.
   *
   * @param maxLine longest line in bytes, with its end
   */
  public LineInput(InputStream in, int maxLine) {
    this(in, maxLine, ByteBudget.process());
  }

  /** Copy with another budget. */
  LineInput(InputStream in, int maxLine, ByteBudget budget) {
    this.maxLine = maxLine;
    this.held = budget.open();
    this.in = held.watched(in, in);
  }

  /**
   * Waits for lines. They are in {@link #buffer} from {@link #offset}, {@link #length} bytes, until
   * the next call; the last ends with a line end, unless the stream ended without.
   *
   * @return false at the end of the stream
   */
  public boolean next() throws IOException {
    from = end;
    while (!over) {
      int line = lastEnd();
      if (line > 0) {
        end = line;
        return true;
      }
      if (to - from >= maxLine) {
        if (!skipping) {
          tooLong++;
          skipping = true;
        }
        from = to;
      }
      read();
    }
    end = to;
    return !skipping && from < to;
  }

  /** Position after the last line end received; 0 if there is none. */
  private int lastEnd() {
    if (skipping) {
      int i = from;
      while (i < to && buf[i] != '\n') {
        i++;
      }
      if (i == to) {
        from = to;
        return 0;
      }
      from = i + 1;
      skipping = false;
    }
    for (int i = to; i > from; i--) {
      if (buf[i - 1] == '\n') {
        return i;
      }
    }
    return 0;
  }

  private void read() throws IOException {
    if (from > 0) {
      System.arraycopy(buf, from, buf, 0, to - from);
      to -= from;
      from = 0;
    }
    end = 0;
    if (to == buf.length) {
      grow();
    }
    int n = in.read(buf, to, buf.length - to);
    if (n < 0) {
      over = true;
    } else {
      to += n;
    }
  }

  private void grow() throws IOException {
    int next = Math.min(Math.max(maxLine, MAX_AT_ONCE), 2 * buf.length);
    try {
      held.await(next - (buf.length == FIRST ? 0 : buf.length));
    } catch (ByteBudget.OverBudgetException e) {
      throw new IOException("a line is not read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for memory");
    }
    buf = Arrays.copyOf(buf, next);
  }

  /** Gives the memory of long lines back; the stream stays open. */
  @Override
  public void close() {
    held.close();
    buf = new byte[0];
    from = 0;
    to = 0;
    end = 0;
    over = true;
  }

  public byte[] buffer() {
    return buf;
  }

  public int offset() {
    return from;
  }

  public int length() {
    return end - from;
  }

  /** Number of lines skipped because of their length. */
  public long tooLong() {
    return tooLong;
  }
}
