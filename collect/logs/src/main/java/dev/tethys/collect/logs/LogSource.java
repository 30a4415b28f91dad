package dev.tethys.collect.logs;

import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.Map;

/** Source of a job's entries other than files. */
public interface LogSource extends AutoCloseable {
  /**
   * Starts the source. A listener is listening when this returns.
   *
   * @throws IOException with the reason, if it cannot start
   */
  void start() throws IOException;

  /** Accepts nothing more; forwarded entries may still be settled. */
  void stop();

  /** Ends; stops first. */
  @Override
  default void close() {
    stop();
  }

  /** Whether all entries passed on are delivered, if the source requires that. */
  default boolean isDelivered() {
    return true;
  }

  /** Labels before relabeling, for a page about targets. */
  Labels labels();

  /** Status details for the same page. */
  Map<String, String> details();
}
