package dev.tethys.app.server;

import dev.tethys.model.storage.StorageException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code POST /flush}: writes in-memory data of the event stores to parts, like the endpoints of
 * this name of Loki and Tempo. Responds 503 while a store is not open.
 */
final class FlushEndpoint {
  /** Flushes a store. */
  @FunctionalInterface
  interface Flush {
    /** False if the store is not open. */
    boolean run() throws IOException;
  }

  private final Map<String, Flush> stores = new LinkedHashMap<>();

  void add(String store, Flush flush) {
    stores.put(store, flush);
  }

  /** Adds the endpoint if there is a store. */
  void addTo(Routes routes) {
    if (!stores.isEmpty()) {
      routes.post("/flush", this::flush);
    }
  }

  private void flush(HttpRequest request, HttpResponse response) throws IOException {
    for (Map.Entry<String, Flush> s : stores.entrySet()) {
      boolean open;
      try {
        open = s.getValue().run();
      } catch (IOException | StorageException e) {
        throw new HttpException(500, s.getKey() + " was not written: " + e.getMessage());
      }
      if (!open) {
        throw new HttpException(503, s.getKey() + " is not open yet; send it again");
      }
    }
    response.status(204).send();
  }
}
