package dev.tethys.collect.observe.logs;

import dev.tethys.collect.observe.connection.Owner;

/**
 * Log message of a container.
 *
 * @param source journald, stdout/stderr or the path of a file
 * @param message its lines, joined
 * @param patternHash hash of its pattern
 * @param timeNanos time since 1970
 */
public record ObservedLog(
    Owner owner,
    String source,
    LogLevel level,
    String message,
    String patternHash,
    long timeNanos) {

  /** Receives messages. */
  @FunctionalInterface
  public interface Sink {
    /** No destination: messages are counted only. */
    Sink NONE = _ -> {};

    /** Receives a message; may block, which delays reading. */
    void accept(ObservedLog log) throws InterruptedException;
  }
}
