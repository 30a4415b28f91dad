package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.database.reader.DatabaseChange;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.reader.StatementEvent.Kind;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RecordSenderTest {
  private final Registry registry = new Registry();
  private final DatabaseTarget target =
      ClusterAgentConfig.parse(
              "agent.yml",
              "databases: [{engine: postgres, address: db1}]",
              Map.<String, String>of()::get)
          .databases()
          .getFirst();

  private static LogRecord log(String body) {
    LogRecord r = new LogRecord();
    r.setBody(body);
    return r;
  }

  private double outcome(String name) {
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (m.labels().get("outcome").equals(name)) {
          return ((MetricFamily.Value) m.point()).value();
        }
      }
    }
    return 0;
  }

  @Test
  void sendsChangesAndPlansUnderTheirServices() throws Exception {
    LinkedBlockingQueue<LogsData> sent = new LinkedBlockingQueue<>();
    CountDownLatch open = new CountDownLatch(1);
    try (RecordSender s =
        new RecordSender(
            d -> {
              open.await();
              sent.add(d);
              return "";
            },
            registry)) {
      s.take("Warm", log("up")); // holds the thread, so that the others are one batch
      DatabaseRecords.send(
          target,
          new DatabaseReading(
              List.of(),
              List.of(),
              List.of(new DatabaseChange("shop", "orders", "+ x")),
              List.of(
                  new StatementEvent(
                      Kind.PLAN, "shop", "f1", "{}", Map.of(StatementEvent.PLAN_HASH, "h1"))),
              0),
          5,
          s);
      open.countDown();
      LogsData data = sent.take();
      if (data.resources().size() == 1) {
        data = sent.take();
      }
      assertThat(data.resources())
          .extracting(r -> String.valueOf(r.resource().attributes().get("service.name")))
          .contains("DatabaseChanges", "DatabaseStatements");
      LogRecord plan = data.resources().getLast().scopes().getFirst().items().getFirst();
      assertThat(plan.eventName()).isEqualTo("db.statement.plan");
      assertThat(plan.timeUnixNano()).isEqualTo(5_000_000);
      Map<String, String> expected =
          Map.of(
              "event.name",
              "db.statement.plan",
              "db.system",
              "postgresql",
              "db.target",
              "db1:5432",
              "db.name",
              "shop",
              "db.statement.fingerprint",
              "f1",
              "db.plan.hash",
              "h1");
      expected.forEach(
          (k, v) -> assertThat(String.valueOf(plan.attributes().get(k))).as(k).isEqualTo(v));
    }
  }

  @Test
  void sendsAgainAfterAFailureAndDropsWhatIsRefused() throws Exception {
    LinkedBlockingQueue<String> attempts = new LinkedBlockingQueue<>();
    try (RecordSender s =
        new RecordSender(
            d -> {
              String body =
                  String.valueOf(
                      d.resources().getFirst().scopes().getFirst().items().getFirst().body());
              attempts.add(body);
              if (attempts.size() == 1) {
                throw new IOException("away");
              }
              return body.equals("bad") ? "no" : "";
            },
            registry)) {
      s.take("S", log("first"));
      while (attempts.size() < 2) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      s.take("S", log("bad"));
      while (outcome("refused") < 1) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(attempts).containsExactly("first", "first", "bad");
      assertThat(outcome("sent")).isEqualTo(1);
    }
  }

  @Test
  void dropsTheOldestOfTooMany() throws Exception {
    try (RecordSender s =
        new RecordSender(
            d -> {
              throw new IOException("away");
            },
            registry)) {
      for (int i = 0; i < 3 * RecordSender.MAX_WAITING; i++) {
        s.take("S", log("x"));
      }
      assertThat(outcome("dropped"))
          .isBetween(2.0 * RecordSender.MAX_WAITING - 100, 2.0 * RecordSender.MAX_WAITING);
      String large = "y".repeat(1 << 20);
      for (int i = 0; i < 40; i++) {
        s.take("S", log(large));
      }
      assertThat(outcome("dropped")).isGreaterThan(3.0 * RecordSender.MAX_WAITING);
    }
  }
}
