package dev.tethys.collect.logs;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.Map;

/** Source of a job's entries other than files. */
public interface LogSource extends AutoCloseable {
  /**
   * Begins. What listens does so when this returns.
   *
   * @throws IOException when it cannot, saying why
   */
  void start() throws IOException;

  /** Takes nothing more; entries passed on may still be settled. */
  void stop();

  /** Ends; stops first. */
  @Override
  default void close() {
    stop();
  }

  /** Whether everything that it passed on is delivered, as far as it asks for that. */
  default boolean isDelivered() {
    return true;
  }

  /** Its labels before relabelling, for a page about targets. */
  Labels labels();

  /** What there is to be said of it, for the same page. */
  Map<String, String> details();
}
