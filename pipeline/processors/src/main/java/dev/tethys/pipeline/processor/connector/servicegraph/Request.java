package dev.tethys.pipeline.processor.connector.servicegraph;

import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.pipeline.processor.KeptBytes;
import java.util.Map;
import java.util.TreeMap;

/** A request between two services, as far as its spans have told of it. */
final class Request {
  static final String MESSAGING = "messaging_system";
  static final String DATABASE = "database";
  static final String VIRTUAL = "virtual_node";

  /**
   * The span of the client: its trace, and its id, which the server's span has as its parent. 0 for
   * a server without a client.
   */
  record Key(long traceHigh, long traceLow, long span) {}

  final long untilNanos;
  String client = "";
  String server = "";
  String connection = "";
  String peer = "";

  /** The side whose span is missing; "" for none. */
  String virtual = "";

  double clientSeconds;
  double serverSeconds;
  boolean failed;
  final Map<String, String> dimensions = new TreeMap<>();

  Request(long untilNanos) {
    this.untilNanos = untilNanos;
  }

  /** The bytes that it holds of the memory of series while it waits. */
  long held;

  /** What it takes. */
  long bytes() {
    KeptBytes kept = new KeptBytes().text(client).text(server).text(connection).text(peer);
    dimensions.forEach((key, value) -> kept.text(key).text(value));
    return kept.bytes() + SeriesMemory.LABEL_BYTES * dimensions.size();
  }

  boolean isComplete() {
    return !client.isEmpty() && !server.isEmpty();
  }
}
