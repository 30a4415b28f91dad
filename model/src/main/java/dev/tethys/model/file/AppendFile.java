package dev.tethys.model.file;

import dev.tethys.model.file.FileAccess.WritableFile;
import java.io.Closeable;
import java.io.IOException;

/**
 * File of appended records. The remainder of a failed write is truncated immediately, or before the
 * next record if that fails as well, so that a rejected record cannot reappear or hide later ones.
 *
 * <p>One thread appends at a time; any thread may {@link #force}.
 */
public final class AppendFile implements Closeable {
  /** Writes one record, or several atomically. */
  @FunctionalInterface
  public interface Record {
    void writeTo(WritableFile file) throws IOException;
  }

  /** Work left to do after an error. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  private final WritableFile file;
  private long size; // bytes of whole records
  private boolean broken; // bytes behind size may be in the file

  AppendFile(WritableFile file) {
    this.file = file;
    this.size = file.position();
  }

  /**
   * Appends a record.
   *
   * @throws IOException if it could not be written: then, as after any error, it is not read back
   */
  public void append(Record record) throws IOException {
    repair();
    try {
      record.writeTo(file);
    } catch (IOException | RuntimeException | Error e) { // memory may end behind the first bytes
      broken = true;
      cleanUp(e, this::repair);
      throw e;
    }
    size = file.position();
  }

  /** Appends bytes as a record. */
  public void append(byte[] bytes, int offset, int length) throws IOException {
    append(f -> f.write(bytes, offset, length));
  }

  /** Cuts the file to a size that it had between two records. */
  public void cut(long to) throws IOException {
    size = to;
    broken = true;
    repair();
  }

  /** Truncates the remains of a failed write. */
  public void repair() throws IOException {
    if (broken) {
      file.truncate(size);
      broken = false;
    }
  }

  /** Whether bytes of a failed write may still be in the file. */
  public boolean isBroken() {
    return broken;
  }

  /** Bytes of whole records, the header included. */
  public long size() {
    return size;
  }

  /** Makes the content durable. */
  public void force() throws IOException {
    file.force();
  }

  /** Runs a step after an error, which stays the one to report. */
  @SuppressWarnings("ReferenceEquality") // an error cannot suppress itself
  static void cleanUp(Throwable error, Step step) {
    try {
      step.run();
    } catch (IOException | RuntimeException | Error also) {
      if (also != error) {
        error.addSuppressed(also);
      }
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
