package dev.tethys.collect.exporter.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.FlagSettings;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.testkit.Shared;
import dev.tethys.web.Params;
import dev.tethys.web.client.HttpClientFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The cases of haproxy_exporter's own test, with the metrics that it expects. */
class HaproxyTest {
  private static final String NO_CHECK =
      "test,127.0.0.1:8080,0,0,0,0,0,0,0,0,,0,,0,0,0,0,no"
          + " check,1,1,0,0,,,0,,1,1,1,,0,,2,0,,0,,,,0,0,0,0,0,0,0,,,,0,0,,,,,,,,,,,";
  private static final String FOO =
      ",0,0,0,0,,0,0,0,,0,,0,0,0,0,UP,1,1,0,0,0,5007,0,,1,8,1,,0,,2,0,,0,L4OK,,0,,,,,,,0,,,,0,0,,,,,,,,,,,\n";

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private @Nullable HttpServer server;

  @AfterEach
  void close() {
    clients.close();
    HttpServer s = server;
    if (s != null) {
      s.stop(0);
    }
  }

  private Exporter open(String uri, String... more) throws IOException {
    Map<String, String> given = new HashMap<>();
    given.put("haproxy.scrape-uri", uri);
    for (int i = 0; i < more.length; i += 2) {
      given.put(more[i], more[i + 1]);
    }
    return new Haproxy()
        .open(
            new FlagSettings(new Haproxy(), given),
            new ExporterDependencies(clients, InstantSource.system(), n -> null));
  }

  private static Set<String> shown(Exporter e) throws IOException, InterruptedException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(ExpositionFormat.negotiate("", ExpositionFormat.ALL), text);
    java.util.Objects.requireNonNull(e.metrics())
        .collect(new Probe(Params.EMPTY, null))
        .forEach(w::write);
    w.finish();
    return lines(text.toString(StandardCharsets.UTF_8));
  }

  private static Set<String> lines(String text) {
    return new TreeSet<>(text.lines().filter(l -> !l.isEmpty()).toList());
  }

  private static Set<String> expected(String file) throws IOException {
    return lines(Files.readString(Shared.conformance("haproxy_exporter/test/" + file)));
  }

  private String serves(int status, String body) throws IOException {
    HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    s.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    s.createContext(
        "/",
        x -> {
          if (status == 0) {
            return; // never answers
          }
          byte[] b = body.getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(status, b.length == 0 ? -1 : b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    s.start();
    server = s;
    return "http://u:p@127.0.0.1:" + s.getAddress().getPort() + "/;csv";
  }

  @Test
  void serversWithoutChecks() throws Exception {
    try (Exporter e = open(serves(200, NO_CHECK))) {
      assertThat(shown(e)).isEqualTo(expected("server_without_checks.metrics"));
    }
  }

  @Test
  void countsBrokenRows() throws Exception {
    String broken =
        "foo,bug-missing-comma,0,0,0,0,,0,0,0,,0,,0,0,0,0,DRAIN"
            + " (agent)1,1,0,0,0,5007,0,,1,8,1,,0,,2,0,,0,L4OK,,0,,,,,,,0,,,,0,0,,,,,,,,,,,\n";
    String csv = "foo,FRONTEND" + FOO + broken + "foo,foo-instance-0" + FOO + "foo,BACKEND" + FOO;
    try (Exporter e = open(serves(200, csv))) {
      assertThat(shown(e)).isEqualTo(expected("server_broken_csv.metrics"));
    }
  }

  @Test
  void olderVersionsHaveFewerColumns() throws Exception {
    String row = ",0,0,0,0,,0,0,0,,0,,0,0,0,0,UP,1,1,0,0,0,5007,0,,1,8,1,,0,,2,\n";
    String csv = "foo,FRONTEND" + row + "foo,foo-instance-0" + row + "foo,BACKEND" + row;
    try (Exporter e = open(serves(200, csv))) {
      assertThat(shown(e)).isEqualTo(expected("older_haproxy_versions.metrics"));
    }
  }

  @Test
  void reportsInvalidStatisticsAsDown() throws Exception {
    try (Exporter e = open(serves(200, "not,enough,fields"))) {
      assertThat(shown(e)).isEqualTo(expected("invalid_config.metrics"));
    }
    HttpServer first = server;
    try (Exporter e = open(serves(404, ""))) {
      assertThat(shown(e)).isEqualTo(expected("not_found.metrics"));
    }
    HttpServer second = server;
    try (Exporter e = open(serves(0, ""), "haproxy.timeout", "100ms")) {
      assertThat(shown(e)).isEqualTo(expected("deadline.metrics"));
    }
    if (first != null && second != null) {
      first.stop(0);
      second.stop(0);
    }
    assertThatThrownBy(() -> open("gopher://gopher.quux.org"))
        .hasMessageContaining("unsupported scheme: \"gopher\"");
  }

  @Test
  void commandSocket() throws Exception {
    Path dir = Files.createTempDirectory("hap");
    Path socket = dir.resolve("s");
    try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual().start(() -> answer(listening));
      try (Exporter e = open("unix:" + socket)) {
        assertThat(shown(e)).isEqualTo(expected("unix_domain.metrics"));
      }
    }
    Files.deleteIfExists(socket);
    try (Exporter e = open("unix:" + dir.resolve("none"))) {
      assertThat(shown(e)).isEqualTo(expected("unix_domain_not_found.metrics"));
    }
    socket = dir.resolve("silent");
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket));
      try (Exporter e = open("unix:" + socket, "haproxy.timeout", "100ms")) {
        assertThat(shown(e)).isEqualTo(expected("unix_domain_deadline.metrics"));
      }
    } finally {
      Files.deleteIfExists(socket);
      Files.deleteIfExists(dir);
    }
  }

  private static void answer(ServerSocketChannel listening) {
    for (int i = 0; i < 2; i++) { // the information and the statistics
      try (SocketChannel c = listening.accept()) {
        ByteBuffer b = ByteBuffer.allocate(100);
        c.read(b);
        String command = new String(b.array(), 0, b.position(), StandardCharsets.US_ASCII);
        String answer =
            command.equals("show info\n")
                ? "Release_date: test date\nVersion: test version\nIdle_pct: 100\n"
                : NO_CHECK + "\n";
        c.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
      } catch (IOException e) {
        // it is closed
      }
    }
  }

  @Test
  void readsLargeFileCompletely() throws Exception {
    String csv = Files.readString(Shared.conformance("haproxy_exporter/test/haproxy.csv"));
    long servers = csv.lines().filter(l -> l.split(",", -1)[32].equals("2")).count();
    try (Exporter e =
        open(serves(200, csv), "haproxy.server-metric-fields", "17", "haproxy.timeout", "60s")) {
      Set<String> shown = shown(e);
      assertThat(shown).contains("haproxy_up 1", "haproxy_exporter_csv_parse_failures_total 0");
      assertThat(shown.stream().filter(l -> l.startsWith("haproxy_server_")))
          .hasSize((int) servers);
    }
  }
}
