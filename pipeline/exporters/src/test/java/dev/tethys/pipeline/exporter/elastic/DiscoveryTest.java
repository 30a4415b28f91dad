package dev.tethys.pipeline.exporter.elastic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Discovery of the servers of a cluster with {@code discover}. */
@Tag("slow")
class DiscoveryTest {
  private static final long SECOND = 1_000_000_000L;

  private HttpDouble seed;
  private HttpDouble one;
  private HttpDouble two;
  private HttpClientFactory http;
  private long now = -7; // clocks of nanoseconds begin anywhere

  @BeforeEach
  void start() throws IOException {
    seed = new HttpDouble();
    one = new HttpDouble();
    two = new HttpDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    seed.close();
    one.close();
    two.close();
    http.close();
  }

  private Servers servers(String discover) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml", null, "{endpoint: '" + seed.url() + "', discover: " + discover + "}");
    ElasticSettings s = new ElasticSettings.Keys("elasticsearch", false).type.read(d.root());
    return new Servers(
        s,
        new HttpEndpoint(s.client(), null, Map.of(), s.delivery().timeout(), http, () -> 0),
        () -> now,
        System.getLogger("discovery test"));
  }

  private static String node(String address, String... roles) {
    return "{\"roles\":[\""
        + String.join("\",\"", roles)
        + "\"],\"http\":{\"publish_address\":\""
        + address
        + "\"}}";
  }

  private static String nodes(String... all) {
    StringBuilder sb = new StringBuilder("{\"nodes\":{");
    for (int i = 0; i < all.length; i++) {
      sb.append(i == 0 ? "" : ",").append("\"n").append(i).append("\":").append(all[i]);
    }
    return sb.append("}}").toString();
  }

  private static String address(HttpDouble d) {
    return URI.create(d.url()).getAuthority();
  }

  private static void send(Servers s) throws Exception {
    assertThat(s.call("POST", "/_bulk", Map.of(), new byte[0]).status()).isEqualTo(204);
  }

  private static List<String> paths(HttpDouble d) {
    return d.requests().stream().map(g -> g.path().replaceAll("[?].*", "")).toList();
  }

  @Test
  void replacesConfiguredServersByDiscoveredOnes() throws Exception {
    seed.when(
        g -> g.path().startsWith("/_nodes/http"),
        200,
        nodes(
            node(address(one), "data", "master"),
            node(address(two), "ingest"),
            node("192.0.2.1:9200", "master")));
    Servers s = servers("{on_start: true}");
    for (int i = 0; i < 4; i++) {
      send(s);
    }
    assertThat(paths(seed)).containsExactly("/_nodes/http");
    assertThat(paths(one)).containsExactly("/_bulk", "/_bulk");
    assertThat(paths(two)).containsExactly("/_bulk", "/_bulk");

    one.close();
    two.close();
    send(s); // the discovered servers are gone: the configured one is the last resort
    assertThat(paths(seed)).containsExactly("/_nodes/http", "/_bulk");
  }

  @Test
  void usesTheConfiguredScheme() throws Exception {
    seed.when(g -> g.path().startsWith("/_nodes"), 200, nodes(node(address(one), "data")));
    Servers s = servers("{on_start: true, scheme: https}, timeout: 2s");
    send(s); // the discovered server does not support TLS: the configured one is the last resort
    assertThat(paths(one)).isEmpty();
    assertThat(paths(seed)).containsExactly("/_nodes/http", "/_bulk");
  }

  @Test
  void repeatsDiscoveryAfterTheInterval() throws Exception {
    seed.when(g -> g.path().startsWith("/_nodes"), 200, nodes(node(address(one), "data")));
    one.when(g -> g.path().startsWith("/_nodes"), 200, nodes(node(address(two), "data")));
    Servers s = servers("{interval: 10s}");
    send(s);
    assertThat(paths(seed)).as("not yet").containsExactly("/_bulk");
    now += 10 * SECOND;
    send(s);
    assertThat(paths(one)).containsExactly("/_bulk");
    now += 9 * SECOND;
    send(s);
    assertThat(paths(one)).containsExactly("/_bulk", "/_bulk");
    now += SECOND;
    send(s);
    assertThat(paths(one)).containsExactly("/_bulk", "/_bulk", "/_nodes/http");
    assertThat(paths(two)).containsExactly("/_bulk");
  }

  @Test
  void keepsKnownServersWhenDiscoveryFails() throws Exception {
    seed.when(g -> g.path().startsWith("/_nodes"), 403, "{}");
    Servers s = servers("{on_start: true}");
    send(s);
    send(s);
    assertThat(paths(seed)).containsExactly("/_nodes/http", "/_bulk", "/_bulk");
    now += 30 * SECOND;
    send(s);
    assertThat(paths(seed).subList(3, 5)).containsExactly("/_nodes/http", "/_bulk");
  }

  /** Addresses from the "Nodes info" reference and from logs of named nodes. */
  @Test
  void parsesPublishedAddresses() throws Exception {
    assertThat(
            ClusterNodes.read(
                nodes(
                        node("10.0.0.1:9200", "data"),
                        node("es_01.example.com/10.0.0.2:9201", "data"),
                        node("[2001:db8::1]:9200", "data"),
                        node("10.0.0.9:9200", "cluster_manager"))
                    .getBytes(StandardCharsets.UTF_8),
                "https"))
        .map(URI::toString)
        .containsExactlyInAnyOrder(
            "https://10.0.0.1:9200",
            "https://es_01.example.com:9201",
            "https://[2001:db8::1]:9200");
    assertThatThrownBy(
            () ->
                ClusterNodes.read(
                    nodes(node("nowhere", "data")).getBytes(StandardCharsets.UTF_8), "http"))
        .hasMessageContaining("not a valid node address");
  }
}
