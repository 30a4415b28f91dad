package dev.tethys.demo.service;

import dev.tethys.demo.Fault;
import dev.tethys.demo.Faults;
import dev.tethys.demo.Shopper;
import dev.tethys.demo.store.StoreClient;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.demo.telemetry.ServiceTelemetry.Severity;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.TraceContext;
import java.io.IOException;
import java.util.UUID;

/** Orders: cart, prices, shipping, payment, and the queue of orders. */
final class Checkout extends ShopService {
  private static final int DELAY_MILLIS = 400;

  /** Services and ports that checkout calls. */
  record Peers(
      ServiceClient cart, ServiceClient catalog, ServiceClient payment, ServiceClient shipping) {}

  private final Peers peers;
  private final Faults faults;
  private final StoreClient queue;
  private final int storePort;
  private final TaxTable taxes = new TaxTable();
  private final Registry.Counter orders;
  private final Registry.Counter revenue;

  Checkout(OtlpQueue telemetry, Peers peers, int storePort, Faults faults) {
    super("checkout", telemetry);
    this.peers = peers;
    this.faults = faults;
    this.storePort = storePort;
    queue = new StoreClient(storePort);
    orders = telemetry().metrics().counter("shop_orders_total", "Orders placed.");
    revenue = telemetry().metrics().counter("shop_revenue_cents_total", "Sum of all orders.");
    route("POST", "/orders", q -> place(shopper(q)));
  }

  @Override
  String version() {
    return faults.isOn(Fault.BAD_DEPLOY) ? "2.1.0" : "2.0.0";
  }

  private String place(Shopper s) throws IOException, InterruptedException {
    String order = UUID.randomUUID().toString();
    ActiveSpan.current().set("app.order.id", order);
    String cart = peers.cart().call("GET", "/cart?user=" + s.id());
    long cents = 0;
    int items = 0;
    for (String line : cart.lines().toList()) {
      String[] fields = line.split("\t", -1);
      String product = peers.catalog().call("GET", "/products/" + fields[0]);
      int count = Integer.parseInt(fields[1]);
      items += count;
      cents += count * Long.parseLong(product.strip().split("\t", -1)[2]);
    }
    if (items == 0) {
      throw new ShopException(409, "the cart of user-" + s.id() + " is empty");
    }
    ActiveSpan.current().set("app.order.items", items);
    cents +=
        Long.parseLong(
            peers
                .shipping()
                .call(
                    "GET",
                    "/quote?items=" + items,
                    () -> {
                      if (faults.isOn(Fault.NETWORK_DELAY)) {
                        Thread.sleep(DELAY_MILLIS);
                      }
                    }));
    cents += tax(s, cents);
    ActiveSpan.current().set("app.order.amount", cents);
    peers.payment().call("POST", "/charge?user=" + s.id() + "&cents=" + cents);
    publish(order);
    peers.cart().call("POST", "/cart/empty?user=" + s.id());
    orders.inc();
    revenue.add(cents);
    log(Severity.INFO, "order " + order + " of user-" + s.id() + " placed: " + cents + " cents");
    return order;
  }

  private long tax(Shopper s, long cents) throws ShopException {
    try (ActiveSpan span = ActiveSpan.current().child("computeTax")) {
      span.set("app.order.currency", s.currency());
      if (faults.isOn(Fault.BAD_DEPLOY)) {
        if (s.currency().equals("CHF")) {
          span.failed("no exchange rate for CHF");
          throw new ShopException(500, "no exchange rate for CHF");
        }
        return taxes.recomputed(cents);
      }
      return taxes.tax(cents);
    }
  }

  private void publish(String order) throws IOException {
    try (ActiveSpan span =
        ActiveSpan.current().child("send " + Shipping.QUEUE, ActiveSpan.Kind.PRODUCER)) {
      span.set("messaging.system", "redis");
      span.set("messaging.destination.name", Shipping.QUEUE);
      span.set("messaging.operation.name", "send");
      span.set("messaging.operation.type", "send");
      span.set("server.address", "shop-store");
      span.set("server.port", storePort);
      TraceContext c = span.context();
      queue.call("LPUSH", Shipping.QUEUE, order + (c == null ? "" : " " + c.parent()));
    }
  }

  @Override
  public void close() throws IOException {
    super.close();
    queue.close();
  }
}
