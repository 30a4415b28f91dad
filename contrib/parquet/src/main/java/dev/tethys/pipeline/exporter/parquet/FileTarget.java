package dev.tethys.pipeline.exporter.parquet;

import java.io.IOException;
import java.util.List;

/** Target folder or bucket of files. Thread-safe. */
interface FileTarget {
  /**
   * A file.
   *
   * @param path folders and name, of letters, digits and {@code _ . = - /}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record NewFile(String path, byte[] content) {}

  /**
   * Publishes files that are complete as soon as they are visible. They are durable when this
   * returns. Existing files are replaced, so the call can be repeated.
   *
   * @throws IOException if a file could not be published; others may have been
   */
  void publish(List<NewFile> files) throws IOException, InterruptedException;

  /** Checks whether files can be written; returns a description of the target. */
  String check() throws IOException, InterruptedException;

  /** Reads the content of a file. */
  byte[] read(String path) throws IOException, InterruptedException;

  /** Removes a file. */
  void remove(String path) throws IOException, InterruptedException;
}
