package dev.tethys.demo.service;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.demo.Faults;
import dev.tethys.demo.Listening;
import dev.tethys.demo.database.ShopDatabase;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Parts of the shop that run in this process: all of them, or a single part that calls the others.
 */
public final class Shop implements AutoCloseable {
  private final ArrayDeque<AutoCloseable> opened = new ArrayDeque<>(); // newest first
  private final Map<ShopPart, Listening> running = new EnumMap<>(ShopPart.class);

  /**
   * Starts all parts.
   *
   * @param address address of the frontend
   * @param more adds routes without telemetry to the frontend
   * @throws IOException if the address cannot be listened on
   */
  public Shop(String address, OtlpQueue queue, Faults faults, Consumer<Routes> more)
      throws IOException {
    this(
        List.of(ShopPart.values()),
        part -> part == ShopPart.FRONTEND ? address : "127.0.0.1:0",
        Map.of(),
        queue,
        faults,
        more);
  }

  /**
   * Starts some parts.
   *
   * @param parts parts to start, in enumeration order
   * @param addresses loopback addresses that parts listen on
   * @param others ports of parts that run elsewhere
   */
  public Shop(
      List<ShopPart> parts,
      Function<ShopPart, String> addresses,
      Map<ShopPart, Integer> others,
      OtlpQueue queue,
      Faults faults,
      Consumer<Routes> more)
      throws IOException {
    HttpClientFactory clients = new HttpClientFactory("shop");
    opened.push(clients);
    WebClient http = clients.client(HttpClientConfig.DEFAULT);
    Map<ShopPart, Integer> ports = new EnumMap<>(ShopPart.class);
    ports.putAll(others);
    boolean started = false;
    try {
      for (ShopPart part : parts) {
        Listening l =
            part.start(
                new ShopPart.Surroundings(queue, faults, http, ports, addresses.apply(part), more));
        opened.push(l);
        running.put(part, l);
        ports.put(part, l.port());
      }
      started = true;
    } finally {
      if (!started) {
        close();
      }
    }
  }

  /** Returns the port of the frontend. */
  public int port() {
    return port(ShopPart.FRONTEND);
  }

  /** Returns the port of a part that runs in this process. */
  public int port(ShopPart part) {
    Listening l = running.get(part);
    if (l == null) {
      throw new IllegalArgumentException(part.id() + " does not run in this process");
    }
    return l.port();
  }

  /** Orders that reached the database by the queue; 0 if the database runs elsewhere. */
  public long shipments() {
    return running.get(ShopPart.DATABASE) instanceof ShopDatabase d ? d.shipments() : 0;
  }

  /** Stops the services, callers before callees. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        failure = e instanceof IOException io ? io : new IOException(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
