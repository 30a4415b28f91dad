package dev.tethys.demo.service;

import dev.tethys.demo.store.StoreClient;
import dev.tethys.model.tracing.ActiveSpan;
import java.io.IOException;
import java.util.List;

/** Client spans of commands of the key-value store. */
final class StoreSpans {
  private StoreSpans() {}

  /** Runs a command in a span. */
  static List<String> call(StoreClient store, int port, String... command) throws IOException {
    try (ActiveSpan span = ActiveSpan.current().child(command[0], ActiveSpan.Kind.CLIENT)) {
      span.set("db.system.name", "redis");
      span.set("db.operation.name", command[0]);
      span.set("db.query.text", command[0] + " ?".repeat(command.length - 1));
      span.set("server.address", "shop-store");
      span.set("server.port", port);
      span.set("network.peer.address", "127.0.0.1");
      span.set("network.peer.port", port);
      try {
        return store.call(command);
      } catch (IOException e) {
        span.failed(String.valueOf(e.getMessage()));
        throw e;
      }
    }
  }
}
