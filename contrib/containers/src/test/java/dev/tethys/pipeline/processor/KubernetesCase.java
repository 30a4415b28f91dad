package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.kubernetes.ApiAccess;
import dev.tethys.pipeline.processor.kubernetes.KubernetesAttributes;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A processor {@code k8s_attributes} before the double of a cluster's API. */
@Timeout(60)
abstract class KubernetesCase {
  static final String PODS = "/api/v1/pods";

  /** The settings of the Collector's own tests, and the data that a kubelet adds. */
  static final String AUTH =
      """
      {"metadata":{"name":"auth-service-66f5996c7c-xyz3","namespace":"ns1",
         "uid":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","creationTimestamp":"2022-10-31T05:20:04Z",
         "labels":{"label1":"lv1","pod-template-hash":"66f5996c7c","app.kubernetes.io/name":"auth",
           "empty":""},
         "annotations":{"annotation1":"av1","resource.opentelemetry.io/foo":"bar",
           "resource.opentelemetry.io/service.version":"2.5"},
         "ownerReferences":[{"kind":"ReplicaSet","name":"auth-service-66f5996c7c",
           "uid":"207ea729-c779-401d-8347-008ecbc137e3","controller":true}]},
       "spec":{"nodeName":"node1","hostname":"auth-hostname3","containers":[
         {"name":"container1","image":"example.com:5000/test/image1:0.1.0"}]},
       "status":{"podIP":"1.1.1.1","podIPs":[{"ip":"1.1.1.1"},{"ip":"fd00::1"}],
         "startTime":"2022-10-31T05:20:05Z",
         "containerStatuses":[{"name":"container1","containerID":"docker://container1-id-123",
           "imageID":"docker.io/otel/collector@sha256:55d008bc28344c3178645d40e7d07df30f9d90abe4b53c3fc4e5e9c0295533da",
           "restartCount":2}]}}
      """;

  static final String PLAIN =
      """
      {"metadata":{"name":"%s","namespace":"%s","uid":"%s"},
       "spec":{"nodeName":"node1"%s},"status":{"podIP":"%s","startTime":"%s"}}
      """;

  final Rig rig = new Rig();
  final Map<String, String> environment =
      new HashMap<>(
          Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1", "KUBERNETES_SERVICE_PORT", "443"));
  private final HttpClientFactory clients = new HttpClientFactory("test");
  final List<HttpClientConfig> asked = new ArrayList<>();
  final Semaphore pauses = new Semaphore(0);
  final List<Processor> started = new ArrayList<>();

  /** Number of upcoming calls that fail unexpectedly. */
  final AtomicInteger breaks = new AtomicInteger();

  /** Time after which a silent watch ends; null if it never ends. */
  volatile @Nullable Duration silence;

  @TempDir Path folder;
  KubernetesDouble cluster;
  private KubernetesAttributes factory;

  @BeforeEach
  void begin() throws IOException {
    cluster = new KubernetesDouble();
    pauses.release(1000);
    ResourceWatch.Sender sender =
        (config, call) -> {
          synchronized (asked) {
            asked.add(config);
          }
          if (breaks.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw new IllegalArgumentException("a bug");
          }
          assertThat(call.uri().toString()).startsWith("https://10.96.0.1:443/");
          assertThat(call.headers().get("Accept"))
              .as("of what is no pod the metadata alone")
              .matches(
                  a ->
                      a.contains(";as=PartialObjectMetadata")
                          != call.uri().getPath().endsWith("/pods"));
          URI to =
              URI.create(cluster.url() + call.uri().getRawPath() + "?" + call.uri().getRawQuery());
          return clients
              .client(HttpClientConfig.DEFAULT_HTTP1)
              .send(
                  new ClientRequest(
                      "GET", to, call.headers(), null, call.timeout(), null, readTimeouts(call)));
        };
    factory =
        new KubernetesAttributes(
            new ApiAccess(sender, _ -> pauses.acquire(), environment::get, folder));
  }

  private ClientRequest.@Nullable ReadTimeouts readTimeouts(ClientRequest call) {
    ClientRequest.ReadTimeouts p = call.timeLimit();
    return p == null || silence == null ? p : new ClientRequest.ReadTimeouts(p.head(), silence);
  }

  @AfterEach
  void end() {
    started.forEach(p -> p.stop(Duration.ZERO));
    cluster.close();
    clients.close();
  }

  final Processor make(String yaml) {
    return rig.processor(factory, Signal.TRACES, yaml);
  }

  final Processor start(String yaml) throws IOException {
    Processor p = make("{wait_for_metadata: true, wait_for_metadata_timeout: 50s, " + yaml + "}");
    p.start();
    started.add(p);
    return p;
  }

  private static Metadata from(String address) {
    return new Metadata(
        Map.of(),
        new Metadata.Client(new InetSocketAddress(InetAddress.ofLiteral(address), 4711), Map.of()));
  }

  /** Sends a resource with pairs of names and values, and returns the result. */
  final Attributes sent(Processor p, String address, Object... attributes) {
    TracesData d = Rig.traces("x", Rig.span("s"));
    Attributes a = d.resources().getFirst().resource().attributes();
    a.clear();
    for (int i = 0; i < attributes.length; i += 2) {
      a.put((String) attributes[i], attributes[i + 1]);
    }
    p.consume(Rig.batch(d, address.isEmpty() ? Metadata.NONE : from(address)), rig.outcomes::add);
    assertThat(rig.balanced()).isTrue();
    return rig.traces().resources().getFirst().resource().attributes();
  }

  final Attributes until(
      Predicate<Attributes> wanted, Processor p, String address, Object... attributes) {
    while (true) {
      Attributes a = sent(p, address, attributes);
      if (wanted.test(a)) {
        return a;
      }
      Waiting.pause();
    }
  }

  static Attributes attributes(Object... pairs) {
    Attributes a = new Attributes();
    for (int i = 0; i < pairs.length; i += 2) {
      a.put((String) pairs[i], pairs[i + 1]);
    }
    return a;
  }

  final void pod(String name, String uid, String ip, String startTime) {
    cluster.put(PODS, "ns/" + name, PLAIN.formatted(name, "ns", uid, "", ip, startTime));
  }

  final void auth() {
    cluster.put(PODS, "ns1/auth-service-66f5996c7c-xyz3", AUTH);
  }

  final double metric(String name) {
    double sum = 0;
    for (MetricFamily f : rig.registry.gather()) {
      if (f.name().equals(name)) {
        sum +=
            f.metrics().stream().mapToDouble(m -> ((MetricFamily.Value) m.point()).value()).sum();
      }
    }
    return sum;
  }
}
