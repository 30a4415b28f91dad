package dev.tethys.app.delivery;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A destination of log records or spans that runs, or a double of one, with what its documentation
 * says becomes of each.
 */
interface RecordPeer extends AutoCloseable {
  /** Its port on the loopback interface, which faults stand before. */
  int port();

  /** The type of the exporter. */
  String exporter();

  /** The keys of the exporter as YAML flow, without braces. */
  String exporterKeys(int port);

  /**
   * The expected part of an item, in the words in which {@link #read} reports it; null if it has no
   * place there, and is counted as dropped.
   */
  @Nullable String kept(KnownRecords.Item item);

  /** Reads all that there is, in stored order. */
  void read(FoundRecords into) throws Exception;

  /** The proxy that injects faults; null if none can stand before it. */
  default @Nullable FaultProxy proxy() throws IOException {
    return new FaultProxy(port());
  }

  /** Whether faults are those of HTTP too. */
  default boolean isHttp() {
    return true;
  }

  /** Whether what is sent twice is there once. */
  default boolean isIdempotent() {
    return false;
  }

  /** Ends it as a power failure would and starts it again; false if there is nothing to end. */
  default boolean killAndRestart() throws Exception {
    return false;
  }

  /**
   * Has it answer as it does when its disk is full, or again as it does when there is space.
   *
   * @return false if it has no disk
   */
  default boolean fill(boolean full) {
    return false;
  }

  /** Waits until what was written can be read. */
  default void settle() throws Exception {}

  @Override
  void close() throws IOException;
}
