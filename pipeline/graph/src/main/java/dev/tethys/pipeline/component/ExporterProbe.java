package dev.tethys.pipeline.component;

import java.io.IOException;
import java.util.List;

/** One destination under trial. Not for several threads at once. */
public interface ExporterProbe extends AutoCloseable {
  /**
   * Connects and authenticates.
   *
   * @return what the destination says it is, one line
   * @throws IOException when it cannot be reached, or refuses: what it said and what to do
   */
  String connect() throws IOException, InterruptedException;

  /**
   * What an exporter would create there before it writes: templates, tables, statements, each as it
   * would be sent. Nothing is created; empty where all stands already or nothing is needed.
   */
  default List<String> plan() throws IOException, InterruptedException {
    return List.of();
  }

  /**
   * Creates what is missing, writes one item, and reads it back where the destination can be read.
   *
   * @param seconds the time of the item, Unix seconds
   * @param value its value
   * @return what was done and found, one line
   * @throws IOException when it was not taken, or what came back is something else
   */
  String write(long seconds, double value) throws IOException, InterruptedException;

  @Override
  default void close() {}
}
