package dev.tethys.pipeline.receiver.docker;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.NotBuiltException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.HttpDouble;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.Scraped;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A receiver before the double of a Docker daemon. */
@Timeout(60)
class DockerReceiverTest {
  /** Metric, unit, type, kind of numbers, whether by default, attributes: the Collector's table. */
  private static final String TABLE =
      """
      container.blockio.io_merged_recursive           {operations} counter int    - device_major,device_minor,operation
      container.blockio.io_queued_recursive           {operations} counter int    - device_major,device_minor,operation
      container.blockio.io_service_bytes_recursive    By           counter int    + device_major,device_minor,operation
      container.blockio.io_service_time_recursive     ns           counter int    - device_major,device_minor,operation
      container.blockio.io_serviced_recursive         {operations} counter int    - device_major,device_minor,operation
      container.blockio.io_time_recursive             ms           counter int    - device_major,device_minor,operation
      container.blockio.io_wait_time_recursive        ns           counter int    - device_major,device_minor,operation
      container.blockio.sectors_recursive             {sectors}    counter int    - device_major,device_minor,operation
      container.cpu.limit                             {cpus}       gauge   double - -
      container.cpu.logical.count                     {cpus}       gauge   int    - -
      container.cpu.shares                            1            gauge   int    - -
      container.cpu.throttling_data.periods           {periods}    counter int    - -
      container.cpu.throttling_data.throttled_periods {periods}    counter int    - -
      container.cpu.throttling_data.throttled_time    ns           counter int    - -
      container.cpu.usage.kernelmode                  ns           counter int    + -
      container.cpu.usage.percpu                      ns           counter int    - core
      container.cpu.usage.system                      ns           counter int    - -
      container.cpu.usage.total                       ns           counter int    + -
      container.cpu.usage.usermode                    ns           counter int    + -
      container.cpu.utilization                       1            gauge   double + -
      container.memory.active_anon                    By           sum     int    - -
      container.memory.active_file                    By           sum     int    - -
      container.memory.anon                           By           sum     int    - -
      container.memory.cache                          By           sum     int    - -
      container.memory.dirty                          By           sum     int    - -
      container.memory.fails                          {fails}      counter int    - -
      container.memory.file                           By           sum     int    + -
      container.memory.hierarchical_memory_limit      By           sum     int    - -
      container.memory.hierarchical_memsw_limit       By           sum     int    - -
      container.memory.inactive_anon                  By           sum     int    - -
      container.memory.inactive_file                  By           sum     int    - -
      container.memory.mapped_file                    By           sum     int    - -
      container.memory.percent                        1            gauge   double + -
      container.memory.pgfault                        {faults}     counter int    - -
      container.memory.pgmajfault                     {faults}     counter int    - -
      container.memory.pgpgin                         {operations} counter int    - -
      container.memory.pgpgout                        {operations} counter int    - -
      container.memory.rss                            By           sum     int    - -
      container.memory.rss_huge                       By           sum     int    - -
      container.memory.total_active_anon              By           sum     int    - -
      container.memory.total_active_file              By           sum     int    - -
      container.memory.total_cache                    By           sum     int    + -
      container.memory.total_dirty                    By           sum     int    - -
      container.memory.total_inactive_anon            By           sum     int    - -
      container.memory.total_inactive_file            By           sum     int    - -
      container.memory.total_mapped_file              By           sum     int    - -
      container.memory.total_pgfault                  {faults}     counter int    - -
      container.memory.total_pgmajfault               {faults}     counter int    - -
      container.memory.total_pgpgin                   {operations} counter int    - -
      container.memory.total_pgpgout                  {operations} counter int    - -
      container.memory.total_rss                      By           sum     int    - -
      container.memory.total_rss_huge                 By           sum     int    - -
      container.memory.total_unevictable              By           sum     int    - -
      container.memory.total_writeback                By           sum     int    - -
      container.memory.unevictable                    By           sum     int    - -
      container.memory.usage.limit                    By           sum     int    + -
      container.memory.usage.max                      By           sum     int    - -
      container.memory.usage.total                    By           sum     int    + -
      container.memory.writeback                      By           sum     int    - -
      container.network.io.usage.rx_bytes             By           counter int    + interface
      container.network.io.usage.rx_dropped           {packets}    counter int    + interface
      container.network.io.usage.rx_errors            {errors}     counter int    - interface
      container.network.io.usage.rx_packets           {packets}    counter int    - interface
      container.network.io.usage.tx_bytes             By           counter int    + interface
      container.network.io.usage.tx_dropped           {packets}    counter int    + interface
      container.network.io.usage.tx_errors            {errors}     counter int    - interface
      container.network.io.usage.tx_packets           {packets}    counter int    - interface
      container.pids.count                            {pids}       sum     int    - -
      container.pids.limit                            {pids}       sum     int    - -
      container.restarts                              {restarts}   counter int    - -
      container.status                                {status}     gauge   int    - status
      container.uptime                                s            gauge   double - -
      """;

  private static final String LIST = "/containers/json";
  private static final String WEB =
      "{container.hostname=web-1, container.id=aa11, container.image.name=shop/web:2,"
          + " container.name=web, container.runtime=docker}";
  private static final String DB =
      WEB.replace("aa11", "bb22").replace("shop/web:2", "postgres:17").replace("=web,", "=db,");

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final Map<String, String> environment = new HashMap<>();
  private final TestPipeline pipeline = new TestPipeline();
  private final LogCapture said = new LogCapture(DockerReceiver.class);
  private HttpDouble daemon;
  @TempDir Path folder;

  @BeforeEach
  void begin() throws IOException {
    daemon = new HttpDouble();
    answers(daemon);
  }

  private static void answers(HttpDouble d) {
    d.answer(LIST, DockerFixture.LIST);
    d.answer("/containers/aa11/json", DockerFixture.WEB);
    d.answer("/containers/bb22/json", DockerFixture.DB);
    d.answer("/containers/aa11/stats", DockerFixture.STATS_1);
    d.answer("/containers/bb22/stats", DockerFixture.STATS_2);
  }

  @AfterEach
  void end() {
    said.close();
    daemon.close();
    clients.close();
  }

  private DockerReceiver receiver(String yaml) {
    return new DockerReceiver(
        TestPipeline.read(DockerConfig.TYPE, yaml),
        new KubernetesEnvironment(
            (c, call) -> clients.client(c).send(call), environment::get, folder, "1.2.3"),
        Objects.requireNonNull(pipeline.of(Signal.METRICS).get(Signal.METRICS)),
        "receiver docker_stats",
        "docker_stats",
        new Registry());
  }

  private DockerReceiver open(String yaml) throws IOException {
    DockerReceiver r = receiver("endpoint: " + daemon.url() + "\n" + yaml);
    r.open();
    return r;
  }

  private MetricsData look(String yaml) throws Exception {
    return open(yaml).gather();
  }

  @Test
  void emitsDefaultMetricsWithoutSettings() throws Exception {
    MetricsData data = look("");
    assertThat(Scraped.shapes(data)).isEqualTo(Scraped.table(TABLE, false));
    assertThat(Scraped.resources(data)).containsExactly(WEB, DB);
    assertThat(daemon.requests)
        .contains("/containers/json?filters=%7B%22status%22%3A%5B%22running%22%5D%7D")
        .contains("/containers/aa11/stats?stream=false");
    assertThat(data.resources().getFirst().schemaUrl())
        .isEqualTo("https://opentelemetry.io/schemas/1.38.0");
    assertThat(data.resources().getFirst().scopes().getFirst().scope().name())
        .isEqualTo(
            "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/dockerstatsreceiver");
  }

  @Test
  void emitsAllMetricsIfEnabled() throws Exception {
    MetricsData data = look(Scraped.enabling(TABLE));
    assertThat(Scraped.shapes(data)).isEqualTo(Scraped.table(TABLE, true));
    assertThat(Scraped.values(data, WEB))
        .containsEntry("container.blockio.io_service_bytes_recursive 8 0 write", "512")
        .containsEntry("container.blockio.io_queued_recursive 8 0 read", "1")
        .containsEntry("container.cpu.limit", "1.5")
        .containsEntry("container.cpu.shares", "512")
        .containsEntry("container.cpu.usage.percpu cpu1", "100000000")
        .containsEntry("container.cpu.utilization", "20.0")
        .containsEntry("container.memory.usage.total", "800")
        .containsEntry("container.memory.percent", "20.0")
        .containsEntry("container.memory.usage.max", "2000")
        .containsEntry("container.memory.total_rss", "27")
        .containsEntry("container.network.io.usage.tx_dropped eth0", "4")
        .containsEntry("container.pids.limit", "100")
        .containsEntry("container.restarts", "2")
        .containsEntry("container.status running", "1");
    assertThat(Scraped.values(data, DB))
        .as("version 2 of control groups")
        .containsEntry("container.cpu.limit", "4.0")
        .containsEntry("container.cpu.utilization", "40.0")
        .containsEntry("container.memory.usage.total", "800")
        .containsEntry("container.memory.percent", "80.0")
        .containsEntry("container.memory.anon", "300")
        .containsEntry("container.pids.limit", "-1")
        .doesNotContainKey("container.memory.usage.max")
        .doesNotContainKey("container.memory.total_cache")
        .doesNotContainKey("container.network.io.usage.rx_errors eth0");
  }

  @Test
  void addsLabelsAndVariablesOfContainers() throws Exception {
    MetricsData data =
        look(
            """
            container_labels_to_metric_labels: {com.shop.tier: tier, x: empty, y: none}
            env_vars_to_metric_labels: {TEAM: team, URL: url, NONE: nothing}
            resource_attributes:
              container.command_line: {enabled: true}
              container.image.id: {enabled: true}
              container.hostname: {enabled: false}
            excluded_images: [postgres*]
            """);
    assertThat(Scraped.resources(data))
        .containsExactly(
            "{container.command_line=serve --fast, container.id=aa11,"
                + " container.image.id=sha256:0102, container.image.name=shop/web:2,"
                + " container.name=web, container.runtime=docker, team=shop, tier=front, url=a=b}");
    assertThat(daemon.requests).noneMatch(r -> r.contains("bb22"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a | a | true",
        "a | ab | false",
        "!a | a | false",
        "!a | b | true",
        "/^a.c/ | abcd | true",
        "/b/ | abc | true",
        "!/b/ | abc | false",
        "!/b/ | xyz | true",
        "shop/* | shop/web/x:2 | true",
        "shop/* | myshop/web | false",
        "!shop/* | other | true",
        "w?b:[1-3] | web:2 | true",
        "w?b:[!1-3] | web:2 | false",
        "{web,db}:* | db:7 | true",
        "{web,db}:* | dbs:7 | false",
        "a.b* | axb | false",
      })
  void excludesImages(String written, String image, boolean match) {
    assertThat(new ImageFilter(List.of(written)).match(image)).isEqualTo(match);
  }

  @Test
  void failingContainerAffectsNoOther() throws Exception {
    daemon.answer("/containers/bb22/stats", 500, "{\"message\": \"no such device\"}");
    DockerReceiver r = open("");
    assertThat(Scraped.resources(r.gather())).containsExactly(WEB);
    r.gather();
    assertThat(said.all)
        .as("told once")
        .singleElement()
        .asString()
        .contains("/containers/bb22/stats?stream=false answered with status 500: no such device");
  }

  @Test
  void skipsContainersThatEndMeanwhile() throws Exception {
    daemon.answer("/containers/bb22/stats", 404, "{\"message\": \"No such container\"}");
    daemon.answer(
        "/containers/aa11/stats",
        DockerFixture.STATS_1.replace("2024-05-02T08:00:01Z", "0001-01-01T00:00:00Z"));
    assertThat(look("").itemCount()).isZero();
    daemon.answer("/containers/aa11/stats", DockerFixture.STATS_1);
    daemon.answer(
        "/containers/aa11/json",
        DockerFixture.WEB.replace("\"Paused\": false", "\"Paused\": true"));
    assertThat(look("").itemCount()).isZero();
    assertThat(said.all).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400 | {\"message\": \"client version 1.25 is too old\"} | status 400: client version 1.25"
            + " is too old",
        "403 | no | status 403: no",
        "200 | [{\"Id\": | returned an unreadable response",
        "200 | {} | the response is not a JSON list",
        "0 | - | context deadline exceeded",
      })
  void reportsInvalidResponses(int status, String body, String told) throws Exception {
    daemon.answer("/v1.44" + LIST, status, body);
    assertThat(look("api_version: '1.44'\ntimeout: " + (status == 0 ? "100ms" : "10s")).itemCount())
        .isZero();
    assertThat(said.all).singleElement().asString().contains(told).contains("/v1.44/containers");
  }

  @Test
  void recoversAfterADaemonRestart() throws Exception {
    int port = daemon.port();
    DockerReceiver r =
        receiver(
            "{endpoint: 'tcp://127.0.0.1:"
                + port
                + "', initial_delay: 0s, collection_interval: 50ms}");
    r.start();
    await(() -> pipeline.batches.size() >= 2);
    daemon.close();
    await(() -> said.all.stream().anyMatch(s -> s.contains("connection refused")));
    int before = pipeline.batches.size();
    daemon = new HttpDouble(null, port);
    answers(daemon);
    await(() -> pipeline.batches.size() > before + 1);
    r.stop(Duration.ofSeconds(10));
  }

  @Test
  void connectsToAUnixSocket() throws Exception {
    Path path = folder.resolve("docker.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      Thread.ofVirtual().start(() -> forward(server));
      DockerReceiver r = receiver("endpoint: unix://" + path);
      r.open();
      assertThat(Scraped.resources(r.gather())).containsExactly(WEB, DB);
      environment.put("DOCKER_HOST", "unix://" + path);
      DockerReceiver told = receiver("endpoint: ''");
      told.open();
      assertThat(Scraped.resources(told.gather())).containsExactly(WEB, DB);
    }
    DockerReceiver gone = receiver("endpoint: unix://" + path + ".not");
    gone.open();
    assertThat(gone.gather().itemCount()).isZero();
    assertThat(said.all).singleElement().asString().contains("/containers/json");
  }

  /** Forwards traffic between the socket and the double, in both directions. */
  private void forward(ServerSocketChannel server) {
    try {
      while (true) {
        SocketChannel in = server.accept();
        SocketChannel out =
            SocketChannel.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), daemon.port()));
        Thread.ofVirtual().start(() -> copy(in, out));
        Thread.ofVirtual().start(() -> copy(out, in));
      }
    } catch (IOException e) {
      // the test is over
    }
  }

  private static void copy(SocketChannel from, SocketChannel to) {
    ByteBuffer b = ByteBuffer.allocate(8192);
    try (from;
        to) {
      while (from.read(b) >= 0) {
        b.flip();
        while (b.hasRemaining()) {
          to.write(b);
        }
        b.clear();
      }
    } catch (IOException e) {
      // one side has closed
    }
  }

  @Test
  void verifiesTheDaemonOverTls() throws Exception {
    TestCertificates certificates = new TestCertificates(folder);
    certificates.issue("docker", "ip:127.0.0.1");
    try (HttpDouble secure = new HttpDouble(certificates.context("docker"), 0)) {
      answers(secure);
      String to = "endpoint: tcp://127.0.0.1:" + secure.port() + "\ntls: ";
      DockerReceiver r = receiver(to + "{ca_file: " + certificates.ca() + "}");
      r.open();
      assertThat(Scraped.resources(r.gather())).containsExactly(WEB, DB);
      DockerReceiver other = receiver(to + "{}");
      other.open();
      assertThat(other.gather().itemCount()).isZero();
      assertThat(said.all).singleElement().asString().contains("tls: ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "unix:///run/docker.sock, requires a TCP endpoint",
    "http://a:2375, is without TLS",
  })
  void ignoresTheDaemonOfTheEnvironmentWithoutTls(String address, String message) throws Exception {
    environment.put("DOCKER_HOST", address);
    DockerReceiver r = receiver("{endpoint: '', tls: {}}");
    assertThatThrownBy(r::open)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("DOCKER_HOST")
        .hasMessageContaining(message);
    receiver("{endpoint: ''}").open();
  }

  @Test
  void appliesDefaults() {
    DockerConfig c = TestPipeline.read(DockerConfig.TYPE, "{}");
    assertThat(c.daemon().endpoint()).isEqualTo("unix:///var/run/docker.sock");
    assertThat(c.pace().interval()).isEqualTo(Duration.ofSeconds(10));
    assertThat(c.pace().delay()).isEqualTo(Duration.ofSeconds(1));
    assertThat(c.pace().timeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "endpoint: 'npipe:////./pipe/docker_engine' | is not a daemon address",
        "endpoint: 'unix://' | is not a daemon address",
        "endpoint: 'tcp://a b' | is not a daemon address",
        "api_version: 1.24 | api_version 1.24 is too old",
        "api_version: newest | api_version must be a version",
        "tls: {} | tls requires a TCP endpoint",
        "{endpoint: 'http://a:2375', tls: {ca_file: /ca.pem}} | is without TLS: write tcp:// or"
            + " https://",
        "excluded_images: ['/(/'] | excluded_images: ",
        "excluded_images: ['{a'] | has a brace that is not closed",
        "excluded_images: ['a[b'] | has a bracket that is not closed",
        "metrics: {container.cpu.usage: {enabled: true}} | unknown key \"container.cpu.usage\"",
      })
  void reportsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> TestPipeline.read(DockerConfig.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void rejectsUnsupportedSettingsByName() {
    assertThatThrownBy(
            () -> TestPipeline.read(DockerConfig.TYPE, "provide_per_core_cpu_metrics: true"))
        .isInstanceOf(NotBuiltException.class)
        .hasMessageContaining("provide_per_core_cpu_metrics");
  }
}
