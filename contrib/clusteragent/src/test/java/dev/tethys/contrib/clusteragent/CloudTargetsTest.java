package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.cloud.CloudReadings;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.model.telemetry.LogRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CloudTargetsTest {
  private static final FoundDatabase ORDERS =
      new FoundDatabase(
          DatabaseEngine.POSTGRES,
          "orders.example",
          5432,
          "orders",
          "cloud aws_rds",
          null,
          "",
          Set.of("10.0.0.1:5432"),
          true);
  private static final FoundDatabase SESSIONS =
      new FoundDatabase(
          DatabaseEngine.REDIS,
          "sessions.example",
          6379,
          "sessions",
          "cloud aws_elasticache",
          null,
          "",
          Set.of(),
          true);

  private static List<String> targets(String credentials) {
    ClusterAgentConfig c =
        ClusterAgentConfig.parse("databases.yml", "aws: {}\n" + credentials, _ -> null);
    return TargetMerge.of(c, List.of(List.of(ORDERS, SESSIONS))).targets().stream()
        .map(t -> t + " " + t.server().user())
        .toList();
  }

  @Test
  void readsDatabasesOfCloudsThatCredentialsFit() {
    assertThat(targets("")).isEmpty();
    assertThat(
            targets("credentials: [{engine: postgres, name: 'ord*', user: tethys, password: x}]\n"))
        .containsExactly("postgres orders.example:5432 tethys");
    assertThat(targets("credentials: [{engine: redis}]\n"))
        .containsExactly("redis sessions.example:6379 ");
  }

  @Test
  void doesNotReadAServerTwiceByNameAndAddress() {
    ClusterAgentConfig c =
        ClusterAgentConfig.parse(
            "databases.yml",
            "aws: {}\ndatabases: [{engine: postgres, address: '10.0.0.1', user: a}]\n"
                + "credentials: [{engine: postgres, user: tethys, password: x}]\n",
            _ -> null);

    assertThat(TargetMerge.of(c, List.of(List.of(ORDERS))).targets())
        .extracting(t -> t.server().address())
        .containsExactly("10.0.0.1:5432");
  }

  @Test
  void hasNoDatabasesBeforeTheFirstReading() {
    try (CloudReadings readings =
        new CloudReadings(
            CloudContext.of(
                _ -> {
                  throw new AssertionError("no cloud is configured");
                }),
            CloudLogEntry.Sink.NONE)) {
      CloudSource source = new CloudSource(readings);

      assertThat(source.databases()).isEmpty();
      assertThat(source.problem()).isEmpty();
    }
  }

  @Test
  void sendsMessagesAsLogRecordsOfTheirInstance() {
    List<String> services = new ArrayList<>();
    List<LogRecord> records = new ArrayList<>();
    CloudRecords.to(
            (service, log) -> {
              services.add(service);
              records.add(log);
            })
        .log(
            new CloudLogEntry(
                "/aws/rds/eu-west-1/orders", "eu-west-1/orders", 42, LogLevel.ERROR, "ab", "boom"));

    assertThat(services).containsExactly("/aws/rds/eu-west-1/orders");
    LogRecord r = records.getFirst();
    assertThat(r.timeUnixNano()).isEqualTo(42);
    assertThat(r.severityNumber()).isEqualTo(17);
    assertThat(r.body()).isEqualTo("boom");
    assertThat(r.attributes().get("pattern.hash")).isEqualTo("ab");
  }
}
