package dev.tethys.demo.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.demo.Fault;
import dev.tethys.demo.Faults;
import dev.tethys.demo.store.StoreClient;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.demo.telemetry.ServiceTelemetry.Severity;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;

/** Carts of the customers, in the key-value store. */
final class Cart extends ShopService {
  private static final int LEAKED_BYTES = 64 << 10;
  private static final int MAX_LEAKED = 512; // 32 MiB, then the service restarts

  private final StoreClient store;
  private final int storePort;
  private final Faults faults;

  @GuardedBy("itself")
  private final ArrayDeque<byte[]> leaked = new ArrayDeque<>();

  Cart(OtlpQueue queue, int storePort, Faults faults) {
    super("cart", queue);
    this.storePort = storePort;
    this.faults = faults;
    store = new StoreClient(storePort);
    telemetry()
        .metrics()
        .gauge(
            "cart_session_memory_bytes",
            "Memory of the sessions that the service keeps.",
            () -> {
              synchronized (leaked) {
                return (double) leaked.size() * LEAKED_BYTES;
              }
            });
    route("GET", "/cart", q -> contents(shopper(q).id()));
    route("POST", "/cart", q -> add(shopper(q).id(), parameter(q, "product")));
    route("POST", "/cart/empty", q -> empty(shopper(q).id()));
  }

  private String contents(int user) throws IOException, InterruptedException {
    keepSession();
    work(1);
    List<String> pairs = StoreSpans.call(store, storePort, "HGETALL", "cart:" + user);
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      sb.append(pairs.get(i)).append('\t').append(pairs.get(i + 1)).append('\n');
    }
    return sb.toString();
  }

  private String add(int user, String product) throws IOException, InterruptedException {
    keepSession();
    work(1);
    StoreSpans.call(store, storePort, "HINCRBY", "cart:" + user, product, "1");
    log(Severity.INFO, "added " + product + " to the cart of user-" + user);
    return "ok";
  }

  private String empty(int user) throws IOException, InterruptedException {
    keepSession();
    work(1);
    StoreSpans.call(store, storePort, "DEL", "cart:" + user);
    return "ok";
  }

  /**
   * Injects the fault: sessions are kept, the service slows down, and restarts when out of memory.
   */
  private void keepSession() throws ShopException, InterruptedException {
    int kept;
    synchronized (leaked) {
      if (faults.isOn(Fault.MEMORY_LEAK)) {
        leaked.add(new byte[LEAKED_BYTES]);
      } else {
        leaked.clear();
      }
      kept = leaked.size();
      if (kept >= MAX_LEAKED) {
        leaked.clear();
      }
    }
    if (kept >= MAX_LEAKED) {
      log(Severity.ERROR, "out of memory: sessions take " + (kept * (LEAKED_BYTES >> 10)) + " KiB");
      log(Severity.WARN, "restarting cart");
      throw new ShopException(503, "cart restarts: out of memory");
    }
    if (kept > MAX_LEAKED / 4) {
      work(kept / 10.0); // as collections of garbage take it
    }
  }

  @Override
  public void close() throws IOException {
    super.close();
    store.close();
  }
}
