package dev.tethys.store.metrics.internal.head;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Read-ahead around small pieces of files, for a reader that reads all pieces series by series.
 * Columns of neighbouring series are adjacent in the file and mostly short, but are read one after
 * another only once the same series of all other hosts have been read. So each system call reads a
 * window of the file, and many windows are kept for a while.
 *
 * <p>Not thread-safe.
 */
final class ReadAhead {
  /** Size of a window in bytes, and number of windows kept. */
  private static final int WINDOW = 512;

  private static final int WINDOWS = 1024;

  private final @Nullable PageBytes[] files = new PageBytes[WINDOWS];
  private final int[] starts = new int[WINDOWS];
  private byte[] held = {}; // made when something is read

  /** The same bytes, read through this. */
  PageBytes of(PageBytes file) {
    return file.isFile() ? new ReadAheadBytes(file, this) : file;
  }

  private record ReadAheadBytes(PageBytes file, ReadAhead ahead) implements PageBytes {
    @Override
    public MemorySegment memory() {
      return file.memory();
    }

    @Override
    public boolean isFile() {
      return true;
    }

    @Override
    public void read(int at, byte[] into, int offset, int n) {
      if (n >= WINDOW) {
        file.read(at, into, offset, n);
      } else {
        ahead.read(file, at, into, offset, n);
      }
    }
  }

  private void read(PageBytes file, int from, byte[] into, int to, int length) {
    int at = from;
    int offset = to;
    int n = length;
    while (n > 0) {
      int start = at - at % WINDOW;
      int some = Math.min(n, start + WINDOW - at);
      int window = window(file, start); // makes what is held
      System.arraycopy(held, window + at - start, into, offset, some);
      at += some;
      offset += some;
      n -= some;
    }
  }

  /** Returns the position of a window in the buffer; reads the window if it is absent. */
  @SuppressWarnings("ReferenceEquality") // equal files would be compared by their content
  private int window(PageBytes file, int start) {
    int i = start / WINDOW + System.identityHashCode(file) & WINDOWS - 1;
    if (files[i] != file || starts[i] != start) {
      if (held.length == 0) {
        held = new byte[WINDOW * WINDOWS];
      }
      files[i] = null; // while it is overwritten
      int n = (int) Math.min(WINDOW, file.memory().byteSize() - start);
      file.read(start, held, i * WINDOW, n);
      files[i] = file;
      starts[i] = start;
    }
    return i * WINDOW;
  }
}
