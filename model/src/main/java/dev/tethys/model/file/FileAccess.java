package dev.tethys.model.file;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * All file operations of code that stores data on disk, so that tests can simulate a power failure,
 * a full disk and torn writes. Content is durable after {@link WritableFile#force()}; a name
 * (created, renamed or deleted) is durable after {@link #syncDirectory} of its folder.
 */
public interface FileAccess {
  /** Creates a file, or empties it. */
  WritableFile create(Path path) throws IOException;

  /** The complete content. */
  byte[] read(Path path) throws IOException;

  /** Maps a file for reading until the arena closes. */
  MemorySegment map(Path path, Arena arena) throws IOException;

  /** Opens a file for reading here and there, be it still written to. */
  ReadableFile open(Path path) throws IOException;

  /** Renames {@code from} to {@code to}, replacing a file there, atomically. */
  void rename(Path from, Path to) throws IOException;

  /** Removes a file, or a folder with its content, if it exists. */
  void delete(Path path) throws IOException;

  /** Creates a second name for a file: same content, no copy. */
  void link(Path from, Path to) throws IOException;

  /** Files of a folder, ascending by name; empty if the folder does not exist. */
  List<Path> list(Path directory) throws IOException;

  boolean exists(Path path);

  boolean isDirectory(Path path);

  /** Returns the size of a file in bytes. */
  long size(Path path) throws IOException;

  /** Free bytes of the file system of a folder. */
  long usableSpace(Path directory) throws IOException;

  /** Size in bytes of the file system of a folder. */
  long totalSpace(Path directory) throws IOException;

  /** Creates a folder and its parents. */
  void createDirectories(Path directory) throws IOException;

  /** Makes the names in a folder durable. */
  void syncDirectory(Path directory) throws IOException;

  /** Replaces a file in one step, or creates it; name and content are durable on return. */
  default void replace(Path file, byte[] content) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    try (WritableFile w = create(next)) {
      w.write(content, 0, content.length);
      w.force();
    }
    rename(next, file);
    Path folder = file.getParent();
    if (folder != null) {
      syncDirectory(folder);
    }
  }

  /**
   * Locks a file against other processes and others in this one until closed.
   *
   * @throws IOException if someone else holds it
   */
  Closeable lock(Path path) throws IOException;

  /** A file being written from start to end. */
  interface WritableFile extends Closeable {
    /** Appends bytes. After an exception the file may contain any part of them. */
    void write(byte[] bytes, int offset, int length) throws IOException;

    /** Returns the number of bytes written. */
    long position();

    /** Truncates the file to {@code size} bytes; the next write appends there. */
    void truncate(long size) throws IOException;

    /** Makes the content durable. */
    void force() throws IOException;
  }

  /** File opened for random reads. Thread-safe. */
  interface ReadableFile extends Closeable {
    /**
     * Reads bytes from a position on; fewer than requested only at the end of the file.
     *
     * @return number of bytes
     */
    int read(long position, byte[] into, int offset, int length) throws IOException;

    /** Returns the current file size in bytes. */
    long size() throws IOException;
  }
}
