package dev.tethys.control.state;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * File of lines that are only appended. A line is on disk when {@link #append} returns. A last line
 * without an end, which a crash leaves, was not acknowledged and is cut off when the file is
 * opened.
 */
public final class AppendOnlyFile implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(AppendOnlyFile.class.getName());

  private final Path path;
  private final RandomAccessFile file;

  /** Opens a file, which is created when it does not exist. */
  public AppendOnlyFile(Path path) throws IOException {
    this.path = path;
    this.file = new RandomAccessFile(path.toFile(), "rw");
    try {
      cutUnfinishedLine();
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private void cutUnfinishedLine() throws IOException {
    long length = file.length();
    long end = length;
    byte[] block = new byte[8192];
    boolean found = false;
    while (end > 0 && !found) {
      int n = (int) Math.min(block.length, end);
      file.seek(end - n);
      file.readFully(block, 0, n);
      int at = n;
      while (at > 0 && block[at - 1] != '\n') {
        at--;
      }
      found = at > 0;
      end -= n - at;
    }
    if (end < length) {
      LOG.log(
          Level.WARNING,
          "Unfinished last line removed file={0} bytes={1}",
          path,
          Long.toString(length - end));
      file.setLength(end);
    }
    file.seek(end);
  }

  /**
   * Appends a line.
   *
   * @throws IOException if it is not on disk; the file ends as before
   */
  public void append(String line) throws IOException {
    append(List.of(line));
  }

  /**
   * Appends lines, all or none.
   *
   * @throws IOException if they are not on disk; the file ends as before
   */
  public void append(List<String> lines) throws IOException {
    append(lines, true);
  }

  /**
   * Appends a line that outlives the process, and may be lost with the machine.
   *
   * @throws IOException if it is not written; the file ends as before
   */
  public void appendUnsynced(String line) throws IOException {
    append(List.of(line), false);
  }

  private void append(List<String> lines, boolean sync) throws IOException {
    if (lines.isEmpty()) {
      return;
    }
    long start = file.getFilePointer();
    try {
      file.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
      if (sync) {
        file.getFD().sync();
      }
    } catch (IOException e) {
      file.setLength(start); // or the next line would follow a part of this one
      file.seek(start);
      throw new IOException(path + ": the line was not written: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
