package dev.tethys.demo.service;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.demo.Faults;
import dev.tethys.demo.database.ShopDatabase;
import dev.tethys.demo.store.KeyValueStore;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/** The running shop: its services, its database, its store. */
public final class Shop implements AutoCloseable {
  private static final String ANY_PORT = "127.0.0.1:0";

  private final ArrayDeque<AutoCloseable> parts = new ArrayDeque<>(); // newest first
  private final Frontend frontend;
  private final ShopDatabase database;

  /**
   * Starts everything.
   *
   * @param address of the frontend
   * @param more adds routes without telemetry to the frontend
   * @throws IOException if the address cannot be listened on
   */
  public Shop(String address, OtlpQueue queue, Faults faults, Consumer<Routes> more)
      throws IOException {
    boolean started = false;
    try {
      database = opened(new ShopDatabase(faults));
      KeyValueStore store = opened(new KeyValueStore());
      HttpClientFactory clients = opened(new HttpClientFactory("shop"));
      WebClient http = clients.client(HttpClientConfig.DEFAULT);
      Catalog catalog = listening(new Catalog(queue, database.port()), ANY_PORT);
      Cart cart = listening(new Cart(queue, store.port(), faults), ANY_PORT);
      Payment payment = listening(new Payment(queue, faults), ANY_PORT);
      Shipping shipping = listening(new Shipping(queue, database.port(), store.port()), ANY_PORT);
      ServiceClient toCatalog = client(http, catalog);
      ServiceClient toCart = client(http, cart);
      Checkout.Peers peers =
          new Checkout.Peers(toCart, toCatalog, client(http, payment), client(http, shipping));
      Checkout checkout = listening(new Checkout(queue, peers, store.port(), faults), ANY_PORT);
      frontend = opened(new Frontend(queue, toCatalog, toCart, client(http, checkout)));
      more.accept(frontend.plainRoutes());
      frontend.listen(address);
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    parts.push(part);
    return part;
  }

  private <T extends ShopService> T listening(T service, String address) throws IOException {
    opened(service).listen(address);
    return service;
  }

  private static ServiceClient client(WebClient http, ShopService service) {
    return new ServiceClient(http, service.name(), service.port());
  }

  /** Port of the frontend. */
  public int port() {
    return frontend.port();
  }

  /** Orders that reached the database by the queue. */
  public long shipments() {
    return database.shipments();
  }

  /** Stops the services before what they call. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        failure = e instanceof IOException io ? io : new IOException(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
