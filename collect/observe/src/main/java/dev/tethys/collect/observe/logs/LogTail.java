package dev.tethys.collect.observe.logs;

import dev.tethys.collect.observe.kernel.ForeignFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a file that grows, from a position on, across rotation by renaming and truncation. A
 * line longer than the bound is cut; its rest is skipped. Not thread-safe.
 */
final class LogTail implements AutoCloseable {
  static final int LONGEST_LINE = 64 << 10;

  /** Receives lines. */
  @FunctionalInterface
  interface Lines {
    void line(String line) throws InterruptedException;
  }

  /**
   * Position in a file.
   *
   * @param file identity of the file
   * @param offset offset of the first unread byte
   */
  record Position(String file, long offset) {}

  private final Path path;
  private final @Nullable String target;
  private final ByteBuffer buffer;
  private @Nullable FileChannel channel;
  private String file = "";
  private long offset; // of the first byte after the buffer's
  private final byte[] partial = new byte[LONGEST_LINE];
  private int partialLength;
  private boolean skipping;
  private boolean opened;

  /**
   * @param path file, or a link in the fd folder of a process
   * @param target required target of the link; null for a file
   * @param from position at which an earlier reader stopped; null to start at the current end
   * @param buffer shared by the tails of a thread
   */
  LogTail(Path path, @Nullable String target, @Nullable Position from, ByteBuffer buffer) {
    this.path = path;
    this.target = target;
    this.buffer = buffer;
    if (from != null) {
      file = from.file();
      offset = from.offset();
      opened = true;
    }
  }

  /**
   * Reads appended data.
   *
   * @param most approximate maximum number of bytes
   * @return bytes read
   */
  int read(int most, Lines to) throws IOException, InterruptedException {
    int total = 0;
    if (channel == null && !open()) {
      return 0;
    }
    while (total < most) {
      FileChannel c = channel;
      if (c == null) {
        break;
      }
      if (c.size() < offset) {
        offset = 0; // truncated
        partialLength = 0;
        skipping = false;
      }
      buffer.clear();
      int n = c.read(buffer, offset);
      if (n <= 0) {
        if (!isReplaced()) {
          break;
        }
        close();
        offset = 0;
        partialLength = 0;
        skipping = false;
        if (!open()) {
          break;
        }
        continue;
      }
      offset += n;
      total += n;
      split(n, to);
    }
    return total;
  }

  private boolean open() throws IOException {
    try (ForeignFile found = find()) {
      String now = found.inode();
      channel = found.channel();
      if (!opened) {
        offset = channel.size(); // the first time: what was there before is not read
      } else if (!now.equals(file)) {
        offset = 0;
        partialLength = 0;
      }
      file = now;
      opened = true;
      return true;
    } catch (NoSuchFileException e) {
      // A file that appears later is read from its start; the file of a descriptor existed before.
      opened |= target == null;
      return false;
    }
  }

  private boolean isReplaced() throws IOException {
    try (ForeignFile found = find()) {
      return !found.inode().equals(file);
    } catch (NoSuchFileException e) {
      return false; // removed; its successor is not there yet
    }
  }

  /** Opens the target of the path, then verifies it: a descriptor may lead elsewhere afterwards. */
  private ForeignFile find() throws IOException {
    ForeignFile found = ForeignFile.open(path);
    boolean done = false;
    try {
      if (target != null && !found.target().equals(target)) {
        throw new NoSuchFileException(path.toString()); // the descriptor is another file's now
      }
      done = true;
      return found;
    } finally {
      if (!done) {
        found.close();
      }
    }
  }

  private void split(int n, Lines to) throws InterruptedException {
    byte[] bytes = buffer.array();
    int from = 0;
    for (int i = 0; i < n; i++) {
      if (bytes[i] == '\n') {
        append(bytes, from, i);
        if (!skipping || partialLength > 0) {
          emit(to);
        }
        skipping = false;
        from = i + 1;
      }
    }
    append(bytes, from, n);
    if (partialLength == LONGEST_LINE && !skipping) {
      emit(to);
      skipping = true;
    }
  }

  private void append(byte[] bytes, int from, int to) {
    if (skipping) {
      return;
    }
    int length = Math.min(to - from, LONGEST_LINE - partialLength);
    System.arraycopy(bytes, from, partial, partialLength, length);
    partialLength += length;
  }

  private void emit(Lines to) throws InterruptedException {
    int length = partialLength;
    partialLength = 0;
    if (length > 0 && partial[length - 1] == '\r') {
      length--;
    }
    to.line(new String(partial, 0, length, StandardCharsets.UTF_8));
  }

  /** Position after the last complete line; null before the file existed. */
  @Nullable Position position() {
    return file.isEmpty() ? null : new Position(file, Math.max(0, offset - partialLength));
  }

  @Override
  public void close() throws IOException {
    FileChannel c = channel;
    channel = null;
    if (c != null) {
      c.close();
    }
  }
}
