package dev.tethys.demo.service;

import dev.tethys.demo.database.DatabaseClient;
import dev.tethys.demo.store.StoreClient;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.demo.telemetry.ServiceTelemetry.Severity;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.TraceContext;
import java.io.IOException;
import java.util.List;

/** Quotes for shipping, and the consumer of the queue of orders. */
final class Shipping extends ShopService {
  /** List of the store that is the queue. */
  static final String QUEUE = "orders";

  private static final String WAIT_SECONDS = "2";

  private final DatabaseClient database;
  private final int databasePort;
  private final StoreClient queue;
  private final Thread consumer;
  private volatile boolean closed;

  Shipping(OtlpQueue telemetry, int databasePort, int storePort) {
    super("shipping", telemetry);
    this.databasePort = databasePort;
    database = new DatabaseClient(databasePort);
    queue = new StoreClient(storePort);
    route("GET", "/quote", q -> quote(number(q, "items", 1000)));
    consumer =
        Thread.ofVirtual().name("orders").start(SupervisedLoop.of("orders", this::consumeAll));
  }

  private String quote(long items) throws InterruptedException {
    work(4);
    return Long.toString(490 + 100 * items);
  }

  private void consumeAll() {
    while (!closed) {
      try {
        List<String> answer = queue.call("BRPOP", QUEUE, WAIT_SECONDS);
        if (answer.size() == 2) {
          consume(answer.get(1));
        }
      } catch (IOException e) {
        if (!closed) {
          log(Severity.ERROR, "order not shipped: " + e.getMessage());
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Ships an order: its id and the trace context of its sender, separated by a space. */
  private void consume(String message) throws IOException, InterruptedException {
    String[] fields = message.split(" ", 2);
    TraceContext sender = TraceContext.of(fields.length > 1 ? fields[1] : null, null);
    try (ActiveSpan span =
        telemetry().spans().begin("process " + QUEUE, ActiveSpan.Kind.CONSUMER, sender)) {
      span.set("messaging.system", "redis");
      span.set("messaging.destination.name", QUEUE);
      span.set("messaging.operation.name", "process");
      span.set("messaging.operation.type", "process");
      span.set("app.order.id", fields[0]);
      span.<IOException>perform(() -> ship(fields[0]));
    }
  }

  private void ship(String order) throws IOException {
    try {
      work(8);
      DatabaseSpans.query(
          database,
          databasePort,
          "INSERT shipments",
          "INSERT INTO shipments (order_id, address) VALUES ('" + order + "', 'made up')");
      log(Severity.INFO, "order " + order + " shipped");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    consumer.interrupt();
    super.close();
    database.close();
    queue.close();
  }
}
