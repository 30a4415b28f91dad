package dev.tethys.pipeline.exporter.loadbalancing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that answers as the API of Kubernetes does. */
class ServiceBackendsTest {
  private static final System.Logger LOG = System.getLogger("test");
  private static final String SLICES = "/apis/discovery.k8s.io/v1/namespaces/far/endpointslices";
  private static final String ENDPOINTS = "/api/v1/namespaces/far/endpoints";

  @TempDir Path folder;

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final BlockingQueue<List<String>> found = new LinkedBlockingQueue<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile boolean forbidden;
  private @Nullable HttpServer server;
  private @Nullable ServiceBackends running;

  @BeforeEach
  void listen() throws IOException {
    HttpServer l = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    l.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    l.createContext(SLICES, x -> answer(x, slice("x-1", "10.0.0.1:true", "10.0.0.9:false")));
    l.createContext(
        ENDPOINTS,
        x ->
            answer(
                x,
                """
                {"metadata": {"name": "x", "namespace": "far", "resourceVersion": "5"},
                 "subsets": [{"addresses": [{"ip": "10.0.0.2", "hostname": "x-0"}],
                              "notReadyAddresses": [{"ip": "10.0.0.8"}]}]}
                """));
    l.start();
    server = l;
    Files.writeString(
        folder.resolve("config"),
        """
        {current-context: c, contexts: [{name: c, context: {cluster: k}}],
         clusters: [{name: k, cluster: {server: "http://127.0.0.1:%d"}}]}
        """
            .formatted(l.getAddress().getPort()));
  }

  private static String slice(String name, String... addresses) {
    StringBuilder sb = new StringBuilder();
    for (String a : addresses) {
      String[] p = a.split(":(?=true|false)", 2);
      sb.append(sb.isEmpty() ? "" : ",")
          .append(
              "{\"addresses\": [\"%s\"], \"conditions\": {\"ready\": %s}}".formatted(p[0], p[1]));
    }
    return """
        {"metadata": {"name": "%s", "namespace": "far", "resourceVersion": "6"},
         "endpoints": [%s]}
        """
        .formatted(name, sb);
  }

  private void answer(HttpExchange x, String object) throws IOException {
    String query = x.getRequestURI().getRawQuery();
    asked.add(query);
    boolean refused = forbidden && x.getRequestURI().getPath().equals(SLICES);
    String list = "{\"metadata\": {\"resourceVersion\": \"5\"}, \"items\": [" + object + "]}";
    x.getResponseHeaders().set("Content-Type", "application/json");
    x.sendResponseHeaders(refused ? 403 : 200, 0);
    try (OutputStream out = x.getResponseBody()) {
      if (refused || !query.contains("watch=true")) {
        out.write((refused ? "{\"message\": \"no\"}" : list).getBytes(StandardCharsets.UTF_8));
        return;
      }
      out.flush();
      for (String e = events.take(); !e.isEmpty(); e = events.take()) {
        out.write(e.getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void close() throws Exception {
    if (running != null) {
      running.stop();
    }
    events.add("");
    if (server != null) {
      server.stop(0);
    }
    clients.close();
  }

  private void start(List<Integer> ports, boolean hostnames) throws IOException {
    ServiceBackends b =
        new ServiceBackends(
            new LoadBalancingSettings.Service("x", "far", ports, Duration.ofSeconds(10), hostnames),
            new ServiceBackends.Reach(
                (c, call) -> clients.client(c).send(call),
                Thread::sleep,
                Map.of("KUBECONFIG", folder.resolve("config").toString())::get,
                folder),
            LOG);
    running = b;
    b.start(
        new BackendSource.Listener() {
          @Override
          public void found(List<String> names) {
            found.add(names);
          }

          @Override
          public void failed(String reason) {
            LOG.log(System.Logger.Level.INFO, reason);
          }
        });
  }

  private @Nullable List<String> next() throws InterruptedException {
    return found.poll(10, TimeUnit.SECONDS);
  }

  @Test
  void usesReadyPodsAsBackends() throws Exception {
    start(List.of(), false);
    assertThat(next()).containsExactly("10.0.0.1");
    assertThat(asked).anyMatch(u -> u.contains("labelSelector=kubernetes.io%2Fservice-name%3Dx"));
    events.add("{\"type\": \"ADDED\", \"object\": " + slice("x-2", "2001:db8::7:true") + "}\n");
    assertThat(next()).containsExactly("10.0.0.1", "2001:db8::7");
    events.add("{\"type\": \"DELETED\", \"object\": " + slice("x-1") + "}\n");
    assertThat(next()).containsExactly("2001:db8::7");
  }

  @Test
  void createsABackendPerPort() throws Exception {
    start(List.of(4317, 4318), false);
    assertThat(next()).containsExactly("10.0.0.1:4317", "10.0.0.1:4318");
  }

  @Test
  void watchesEndpointsIfSlicesAreForbidden() throws Exception {
    forbidden = true;
    start(List.of(), false);
    assertThat(next()).containsExactly("10.0.0.2");
    assertThat(asked).anyMatch(u -> u.contains("fieldSelector=metadata.name%3Dx"));
  }

  @Test
  void addressesStatefulSetPodsByName() throws Exception {
    forbidden = true;
    start(List.of(4317), true);
    assertThat(next()).containsExactly("x-0.x.far:4317");
  }

  @Test
  void failsStartWithoutACluster() {
    ServiceBackends b =
        new ServiceBackends(
            new LoadBalancingSettings.Service("x", null, List.of(), Duration.ofSeconds(1), false),
            new ServiceBackends.Reach(
                (c, call) -> {
                  throw new IOException("nobody");
                },
                Thread::sleep,
                Map.of("KUBECONFIG", folder.resolve("none").toString())::get,
                folder),
            LOG);
    assertThatThrownBy(
            () ->
                b.start(
                    new BackendSource.Listener() {
                      @Override
                      public void found(List<String> names) {}

                      @Override
                      public void failed(String reason) {}
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("resolver.k8s");
  }
}
