package dev.tethys.pipeline.exporter.parquet;

import java.io.IOException;
import java.util.List;

/** Target folder or bucket of files. Safe for several threads at once. */
interface FileTarget {
  /**
   * A file.
   *
   * @param path folders and name, of letters, digits and {@code _ . = - /}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record NewFile(String path, byte[] content) {}

  /**
   * Makes files that can be read once they are there, whole. They survive the machine's end when
   * this returns. A file that is there already is replaced, so that it can be made again.
   *
   * @throws IOException when one of them is not there; others may be
   */
  void publish(List<NewFile> files) throws IOException, InterruptedException;

  /** Finds out whether files can be made; what it is, for people. */
  String check() throws IOException, InterruptedException;

  /** The content of a file. */
  byte[] read(String path) throws IOException, InterruptedException;

  /** Takes a file away. */
  void remove(String path) throws IOException, InterruptedException;
}
