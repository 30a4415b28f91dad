package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A database that runs, or a double of one, with what its documentation says of it: a page of
 * {@code docs/pipelines/exporters} names every value and label that does not come back.
 */
interface Peer extends AutoCloseable {
  /** What becomes of native histograms. */
  enum Histograms {
    /** They become the series of a classic histogram. */
    CLASSIC,
    /** They are kept whole. */
    WHOLE,
    /** They are dropped and counted. */
    DROPPED,
    /** The destination's own tests read them: none are given here. */
    ELSEWHERE
  }

  /** Its port on the loopback interface, which faults stand before. */
  int port();

  /** The type of the exporter. */
  String exporter();

  /** The keys of the exporter as YAML flow, without braces. */
  String exporterKeys(int port);

  /** Reads all that there is by a reader that is not ours, in stored order. */
  void read(Found into) throws Exception;

  /** The entry of {@code stores} as YAML flow, with braces; its name is "far". */
  default String store(int port) {
    throw new UnsupportedOperationException("PromQL does not read " + exporter());
  }

  /**
   * {@link #exporterKeys} with another name for the tables, or its counterpart: null if labels
   * cannot be in it.
   */
  default @Nullable String exporterKeys(int port, String name) {
    return null;
  }

  /** {@link #store} of such a name. */
  default String store(int port, String name) {
    throw new UnsupportedOperationException(exporter());
  }

  /** Makes what is not made by writing to such a name. */
  default void make(String name) throws Exception {}

  /** What {@link #store} is an entry of. */
  default String storeKey() {
    return "stores";
  }

  /** Why a sample is not carried, as the exporter counts it; null if it is. */
  default @Nullable String refusal(Labels labels, double value) {
    return null;
  }

  /** Whether the independent reader is shown a value that exists. */
  default boolean shows(double value) {
    return true;
  }

  default Histograms histograms() {
    return Histograms.CLASSIC;
  }

  /** Whether faults of connections can stand before it. */
  default boolean isProxied() {
    return true;
  }

  /** The proxy that injects faults: by default it is put before {@link #port}. */
  default FaultProxy proxy() throws IOException {
    return new FaultProxy(port());
  }

  /** Whether faults are those of HTTP too. */
  default boolean isHttp() {
    return true;
  }

  /** Whether what is sent twice is there once. */
  default boolean isIdempotent() {
    return true;
  }

  /**
   * Ends it as a power failure would, and starts it again over its data; false if there is nothing
   * to end.
   */
  default boolean killAndRestart() throws Exception {
    return false;
  }

  /** Does what its people have to do when its disk has space again. */
  default void roomAgain() throws Exception {}

  /** Waits until what was written can be read. */
  default void settle() throws IOException, InterruptedException {}

  @Override
  void close() throws IOException;
}
