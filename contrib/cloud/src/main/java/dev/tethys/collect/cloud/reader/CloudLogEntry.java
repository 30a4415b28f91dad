package dev.tethys.collect.cloud.reader;

import dev.tethys.collect.observe.logs.LogLevel;

/**
 * Message of a log of a database server.
 *
 * @param service service name of the log record, such as {@code /aws/rds/eu-west-1/orders}
 * @param nanos time of the message, Unix nanoseconds
 * @param patternHash hash of its pattern, equal to the label of the metric
 */
public record CloudLogEntry(
    String service, String instance, long nanos, LogLevel level, String patternHash, String body) {

  /** Receiver of messages. Thread-safe. */
  @FunctionalInterface
  public interface Sink {
    /** Discards messages. */
    Sink NONE = _ -> {};

    /** Takes a message. */
    void log(CloudLogEntry entry);
  }
}
