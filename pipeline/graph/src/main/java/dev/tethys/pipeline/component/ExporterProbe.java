package dev.tethys.pipeline.component;

import java.io.IOException;
import java.util.List;

/** Probes one destination. Not thread-safe. */
public interface ExporterProbe extends AutoCloseable {
  /**
   * Connects and authenticates.
   *
   * @return the destination's description in one line
   * @throws IOException if it cannot be reached or rejects the connection, with its message and the
   *     remedy
   */
  String connect() throws IOException, InterruptedException;

  /**
   * Lists what an exporter would create before it writes: templates, tables, statements, each as it
   * would be sent. Nothing is created; empty if everything exists or nothing is needed.
   */
  default List<String> plan() throws IOException, InterruptedException {
    return List.of();
  }

  /**
   * Creates missing objects, writes one item, and reads it back if possible.
   *
   * @param seconds time of the item, Unix seconds
   * @param value its value
   * @return the result in one line
   * @throws IOException if the item was rejected, or a different one was read back
   */
  String write(long seconds, double value) throws IOException, InterruptedException;

  @Override
  default void close() {}
}
