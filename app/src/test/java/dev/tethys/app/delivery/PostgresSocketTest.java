package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.pipeline.Signal;
import dev.tethys.prometheus.ForeignStores;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import dev.tethys.testkit.PostgresProcess;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real PostgreSQL at a socket of the machine, which lets its owner in ({@code peer}). */
@Tag("contrib")
@Tag("slow")
class PostgresSocketTest {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(2);

  @TempDir static Path folder;
  private static PostgresProcess server;
  private static Path socket;

  @BeforeAll
  static void start() throws Exception {
    server = new PostgresProcess(folder, "secret");
    socket = server.requireOwner();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static String at(String user) {
    return "'postgresql:///postgres?host="
        + socket
        + "&port="
        + server.port()
        + "', username: "
        + user;
  }

  private static int found(String keys) throws IOException, InterruptedException {
    YamlDocument d =
        YamlDocument.parse("stores.yml", null, "[{name: far, type: postgresql, " + keys + "}]");
    StoreConfig c =
        StoreConfig.readAll(StoreConfig.LIST.read(d.root()), ForeignStores.TYPES).getFirst();
    try (HttpClientFactory clients = new HttpClientFactory("tethys/test");
        ForeignStore s =
            c.opener()
                .open(
                    new StoreType.Dependencies(
                        clients, new StoreLimits(1000, 1 << 20), new Registry()))) {
      return s.select(
              SelectHints.range(KnownSamples.START - 1, KnownSamples.START + 1),
              List.of(Matcher.of(Matcher.Type.EQUAL, Labels.METRIC_NAME, "up")))
          .size();
    }
  }

  @Test
  void ownerWritesAndReadsAfterAKill() throws Exception {
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, "postgresql", "endpoint: " + at("tethys"))) {
      p.send(KnownSamples.one());
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(1);
      server.killAndRestart();
      p.send(KnownSamples.one());
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(2);
    }
    assertThat(found("url: " + at("tethys"))).isEqualTo(1);
  }

  private static Printed check(String keys) throws Exception {
    return Printed.of(
        "exporter",
        "check",
        "postgresql",
        "--config=yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {postgresql: {"
            + keys
            + "}}, service: {pipelines: {metrics: {receivers: [otlp], exporters: [postgresql]}}}}");
  }

  @Test
  void checkReportsRefusedUserAndMissingSocket() throws Exception {
    Printed printed = check("endpoint: " + at("tethys"));
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("PostgreSQL");
    printed = check("endpoint: " + at("another"));
    assertThat(printed.status()).isNotZero();
    assertThat(printed.err()).contains("Peer authentication failed for user \"another\"");
    printed = check("endpoint: 'postgresql:///postgres?host=" + folder + "/none'");
    assertThat(printed.status()).isNotZero();
    assertThat(printed.err())
        .contains(
            "no connection through " + folder + "/none/.s.PGSQL.5432: No such file or directory");
  }

  /** What accepts and says nothing is left in time, and the next attempt is another connection. */
  @Test
  void leavesSilentServer() throws Exception {
    Path silent = Files.createDirectory(folder.resolve("silent"));
    try (ServerSocketChannel s = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      s.bind(UnixDomainSocketAddress.of(silent.resolve(".s.PGSQL.5432")));
      Printed printed =
          check("endpoint: 'postgresql:///postgres?host=" + silent + "', timeout: 1s");
      assertThat(printed.status()).isNotZero();
      assertThat(printed.err()).contains("timed out");
    }
  }
}
