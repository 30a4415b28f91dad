package dev.tethys.pipeline.receiver.creator;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.creator.CreatorGraph.Probe;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Receivers that come and go with endpoints. */
@Tag("slow")
@Timeout(60)
class CreatorTest {
  private static final String REDIS =
      """
      watch_observers: [told]
      receivers:
        probe/redis:
          rule: type == "port" && port == 6379 && pod.labels["app"] == "redis"
          config:
            path: '/`pod.namespace`/`name`'
            port: '`port`'
            flag: '`"app" in pod.labels`'
            every: '`pod.annotations["every"] ?? "30s"`'
      """;

  private final CreatorGraph graph = new CreatorGraph();

  @AfterEach
  void end() {
    graph.close();
  }

  static Endpoint port(String pod, String ip, long port, Map<String, String> annotations) {
    Attributes of = new Attributes();
    of.put("name", pod);
    of.put("uid", pod + "-uid");
    of.put("namespace", "default");
    of.put("labels", attributes(Map.of("app", "redis")));
    of.put("annotations", attributes(annotations));
    Attributes own = new Attributes();
    own.put("pod", of);
    own.put("name", "tcp-redis");
    own.put("port", port);
    own.put("container_name", "redis");
    own.put("transport", "TCP");
    own.put("protocol", "TCP");
    return Endpoint.of(
        "told/" + pod + "-uid/(" + port + ")", ip + ":" + port, EndpointKind.PORT, own);
  }

  static Endpoint container(String pod, String name, Map<String, String> annotations) {
    Endpoint p = port(pod, "10.0.0.9", 1, annotations);
    Attributes own = new Attributes();
    own.put("pod", p.values().get("pod"));
    own.put("name", name);
    own.put("container_name", name);
    own.put("container_id", "abc");
    own.put("container_image", "nginx:1");
    return Endpoint.of("told/" + pod + "-uid/" + name, "10.0.0.9", EndpointKind.POD_CONTAINER, own);
  }

  private static Attributes attributes(Map<String, String> of) {
    Attributes a = new Attributes();
    of.forEach(a::put);
    return a;
  }

  private void set(Endpoint... endpoints) {
    for (Endpoint e : endpoints) {
      graph.known.set(e.id(), List.of(e));
    }
  }

  private Probe probe(String endpoint) {
    return Objects.requireNonNull(graph.probes.get(endpoint));
  }

  @Test
  void runsAReceiverForEachMatchingEndpoint() throws Exception {
    set(port("a", "10.0.0.1", 6379, Map.of()), port("b", "10.0.0.2", 80, Map.of()));
    graph.apply(REDIS, "metrics logs");
    graph.awaitLog("probe 10.0.0.1:6379 starts");
    Probe a = probe("10.0.0.1:6379");
    assertThat(a.settings.path()).isEqualTo("/default/tcp-redis");
    assertThat(a.settings.port()).isEqualTo(6379);
    assertThat(a.settings.flag()).isTrue();
    assertThat(a.settings.every()).hasSeconds(30);
    assertThat(a.signals()).containsExactlyInAnyOrder(Signal.METRICS, Signal.LOGS);
    assertThat(a.context().id())
        .hasToString("probe/redis/receiver_creator{endpoint=\"10.0.0.1:6379\"}/told/a-uid/(6379)");
    assertThat(graph.metrics.gather()).extracting(f -> f.name()).contains("probe_total");

    set(port("c", "10.0.0.3", 6379, Map.of("every", "1m")));
    graph.awaitLog("probe 10.0.0.3:6379 starts");
    assertThat(probe("10.0.0.3:6379").settings.every()).hasMinutes(1);

    graph.known.set("told/a-uid/(6379)", List.of());
    graph.awaitLog("probe 10.0.0.1:6379 stops");
    assertThat(graph.probes).containsOnlyKeys("10.0.0.3:6379");

    graph.close();
    assertThat(graph.log)
        .containsExactly(
            "probe 10.0.0.1:6379 starts",
            "probe 10.0.0.3:6379 starts",
            "probe 10.0.0.1:6379 stops",
            "probe 10.0.0.3:6379 stops");
    assertThat(graph.metrics.gather()).extracting(f -> f.name()).doesNotContain("probe_total");
  }

  @Test
  void restartsOnlyAffectedReceivers() throws Exception {
    set(port("a", "10.0.0.1", 6379, Map.of()), port("b", "10.0.0.2", 6379, Map.of()));
    graph.apply(REDIS, "metrics");
    graph.awaitLog("probe 10.0.0.1:6379 starts");
    graph.awaitLog("probe 10.0.0.2:6379 starts");
    Probe b = probe("10.0.0.2:6379");
    // An annotation that no expression uses, and then one that is used.
    set(port("b", "10.0.0.2", 6379, Map.of("other", "x")));
    set(port("a", "10.0.0.1", 6379, Map.of("every", "2m")));
    await(
        () ->
            graph.probes.get("10.0.0.1:6379") instanceof Probe p
                && p.settings.every().toMinutes() == 2);
    assertThat(graph.log)
        .endsWith("probe 10.0.0.1:6379 stops", "probe 10.0.0.1:6379 starts")
        .hasSize(4);
    assertThat(probe("10.0.0.2:6379")).isSameAs(b);
  }

  @Test
  void retriesAFailedStartWithoutDelayingOthers() throws Exception {
    graph.broken.add("10.0.0.1:6379");
    try (LogCapture log = new LogCapture(CreatedReceiver.class)) {
      set(port("a", "10.0.0.1", 6379, Map.of()), port("b", "10.0.0.2", 6379, Map.of()));
      graph.apply(REDIS, "metrics");
      graph.awaitLog("probe 10.0.0.2:6379 starts");
      graph.awaitLog("probe 10.0.0.1:6379 fails");
      await(() -> log.all.stream().anyMatch(l -> l.contains("cannot start")));
      assertThat(log.all)
          .anyMatch(
              l ->
                  l.startsWith("receiver probe/redis of receiver_creator for port 10.0.0.1:6379")
                      && l.endsWith("cannot start, and is retried: connection refused"));
    }
    graph.broken.clear();
    graph.awaitLog("probe 10.0.0.1:6379 starts");
  }

  @Test
  void readsTheLastLinesOfARemovedEndpoint(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("a.log");
    Files.writeString(log, "first\n");
    graph.apply(
        """
        watch_observers: [told]
        receivers:
          file_log:
            rule: type == "port"
            config: {include: ['DIR/*.log'], start_at: beginning, poll_interval: 300ms}
        """
            .replace("DIR", folder.toString()),
        "logs");
    Endpoint e = port("a", "10.0.0.1", 1, Map.of());
    set(e);
    await(() -> items() == 1);
    Files.writeString(log, "last words\n".repeat(5000), StandardOpenOption.APPEND);
    graph.known.set(e.id(), List.of());
    await(() -> items() == 5001);
  }

  private int items() {
    return graph.taken.stream().mapToInt(Batch::items).sum();
  }

  @Test
  void unexpectedFailureDelaysNoOther() throws Exception {
    graph.apply(
        """
        watch_observers: [told]
        receivers:
          probe:
            rule: type == "port"
            config: {path: '`pod.annotations["path"] ?? "/"`'}
        """,
        "metrics");
    try (LogCapture log = new LogCapture(CreatorReceiver.class)) {
      set(port("a", "10.0.0.1", 1, Map.of("path", "/throws")));
      await(() -> !log.all.isEmpty());
      assertThat(log.all.getFirst()).contains("cannot create receivers for port 10.0.0.1:1");
    }
    set(port("b", "10.0.0.2", 2, Map.of()));
    graph.awaitLog("probe 10.0.0.2:2 starts");
  }

  @Test
  void flappingEndpointLeavesAtMostOneReceiver() throws Exception {
    graph.apply(REDIS, "metrics");
    Endpoint e = port("a", "10.0.0.1", 6379, Map.of());
    for (int i = 0; i < 1000; i++) {
      set(e);
      if (i % 10 == 0) {
        Thread.sleep(1);
      }
      graph.known.set(e.id(), List.of());
    }
    set(port("b", "10.0.0.2", 6379, Map.of()));
    graph.awaitLog("probe 10.0.0.2:6379 starts");
    await(() -> !graph.probes.containsKey("10.0.0.1:6379"));
    int running = 0;
    for (String line : List.copyOf(graph.log)) { // no two at a time
      running += line.equals("probe 10.0.0.1:6379 starts") ? 1 : 0;
      running -= line.equals("probe 10.0.0.1:6379 stops") ? 1 : 0;
      assertThat(running).isBetween(0, 1);
    }
    set(e);
    await(() -> graph.probes.containsKey("10.0.0.1:6379"));
  }

  @Test
  void reportsInvalidSettingsForAnEndpoint() throws Exception {
    try (LogCapture log = new LogCapture(CreatorReceiver.class)) {
      set(
          port("a", "10.0.0.1", 6379, Map.of("every", "often")),
          port("b", "10.0.0.2", 6379, Map.of()));
      graph.apply(REDIS, "metrics");
      graph.awaitLog("probe 10.0.0.2:6379 starts");
      await(() -> !log.all.isEmpty());
      assertThat(log.all.getFirst())
          .contains(
              "no probe/redis can be made for port 10.0.0.1:6379", "collector.yaml:12:", "often");
    }
    // corrected later
    set(port("a", "10.0.0.1", 6379, Map.of("every", "5s")));
    graph.awaitLog("probe 10.0.0.1:6379 starts");
  }

  @Test
  void addsResourceAttributes() throws Exception {
    set(port("a", "10.0.0.1", 6379, Map.of("team", "blue")));
    graph.apply(
        """
        watch_observers: [told]
        receivers:
          prober:
            rule: type == "port"
            resource_attributes:
              team: '`pod.annotations["team"]`'
              none: '`pod.annotations["none"]`'
              k8s.pod.uid: ''
              fixed: yes
        resource_attributes:
          port: {app: '`pod.labels["app"]`', team: nobody}
          pod: {other: x}
        """,
        "metrics logs");
    graph.awaitLog("probe 10.0.0.1:6379 starts");
    assertThat(probe("10.0.0.1:6379").give(Signal.LOGS, "app", "mine")).isEqualTo(Outcome.ACCEPTED);
    assertThat(probe("10.0.0.1:6379").give(Signal.METRICS, "x", "y")).isEqualTo(Outcome.ACCEPTED);
    assertThat(graph.taken).hasSize(2);
    assertThat(attributes(0))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "app", "mine", // existing attributes are kept
                "k8s.pod.name", "a",
                "k8s.namespace.name", "default",
                "team", "blue",
                "fixed", "yes"));
    assertThat(attributes(1)).containsEntry("app", "redis").containsEntry("x", "y");
  }

  private Map<String, Object> attributes(int batch) {
    Map<String, Object> out = new java.util.HashMap<>();
    graph
        .taken
        .get(batch)
        .takeTree()
        .resources()
        .getFirst()
        .resource()
        .attributes()
        .forEach((k, v) -> out.put(k, Objects.requireNonNull(v)));
    return out;
  }

  @Test
  void runsSeveralReceiversForOneEndpoint() throws Exception {
    set(port("a", "10.0.0.1", 6379, Map.of()));
    graph.apply(
        """
        watch_observers: [told]
        receivers:
          probe/1: {rule: type == "port", config: {endpoint: '`host`:1'}}
          probe/2: {rule: 'type == "port" && port > 1', config: {endpoint: '\\`x\\``endpoint`'}}
          probe/3: {rule: 'type == "pod"'}
        """,
        "metrics");
    graph.awaitLog("probe 10.0.0.1:1 starts");
    graph.awaitLog("probe `x`10.0.0.1:6379 starts");
    assertThat(graph.probes).hasSize(2);
  }

  @Test
  void podsSelectReceiversByAnnotation() throws Exception {
    String m = "io.opentelemetry.discovery.metrics";
    set(
        port("a", "10.0.0.1", 6379, Map.of(m + "/enabled", "true", m + "/scraper", "probe")),
        port(
            "b",
            "10.0.0.2",
            80,
            Map.of(
                m + "/enabled", "true",
                m + "/scraper", "prober",
                m + "/config", "path: /all",
                m + ".80/config", "{path: /own, endpoint: 'http://`endpoint`/status'}")),
        port("c", "10.0.0.3", 80, Map.of(m + "/enabled", "false", m + "/scraper", "probe")),
        port("d", "10.0.0.4", 80, Map.of()));
    graph.apply(
        """
        watch_observers: [told]
        discovery: {enabled: true}
        receivers: {probe/rule: {rule: type == "port", config: {path: /rule}}}
        """,
        "metrics logs");
    graph.awaitLog("probe 10.0.0.1:6379 starts");
    graph.awaitLog("probe http://10.0.0.2:80/status starts");
    graph.awaitLog("probe 10.0.0.3:80 starts"); // no annotation, so the rule applies
    graph.awaitLog("probe 10.0.0.4:80 starts");
    assertThat(graph.probes).hasSize(4);
    assertThat(probe("10.0.0.1:6379").signals()).containsExactly(Signal.METRICS);
    assertThat(probe("10.0.0.1:6379").settings.path()).isEqualTo("/");
    assertThat(probe("10.0.0.1:6379").context().id().toString())
        .startsWith("probe/a-uid_6379/receiver_creator");
    assertThat(probe("http://10.0.0.2:80/status").settings.path()).isEqualTo("/own");
    assertThat(probe("10.0.0.4:80").settings.path()).isEqualTo("/rule");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "endpoint: http://10.0.0.1:80/x | a pod may only refer to itself",
        "endpoint: '`host`:81' | a pod may only refer to itself",
        "{inner: {targets: ['10.0.0.3:80']}} | a pod may only refer to itself",
        "{endpoint: '`endpoint`', paht: /x} | did you mean \"path\"",
        "path: '`nmae`' | did you mean \"name\"",
        "[1] | must be a map",
        "'{' | io.opentelemetry.discovery.metrics/config",
      })
  void reportsForbiddenAnnotations(String config, String problem) throws Exception {
    String m = "io.opentelemetry.discovery.metrics";
    try (LogCapture log = new LogCapture(CreatorReceiver.class)) {
      set(
          port(
              "a",
              "10.0.0.2",
              80,
              Map.of(m + "/enabled", "true", m + "/scraper", "probe", m + "/config", config)));
      graph.apply("{watch_observers: [told], discovery: {enabled: true}}", "metrics");
      await(() -> !log.all.isEmpty());
      assertThat(log.all.getFirst()).contains("invalid annotations of port 10.0.0.2:80", problem);
    }
  }

  @Test
  void excludesSomeReceiversFromAnnotations() throws Exception {
    String m = "io.opentelemetry.discovery.metrics";
    set(
        port("a", "10.0.0.1", 80, Map.of(m + "/enabled", "true", m + "/scraper", "prober")),
        container("a", "web", Map.of()));
    graph.apply(
        """
        watch_observers: [told]
        discovery: {enabled: true, ignore_receivers: [probe, filelog]}
        receivers: {probe/rule: {rule: type == "port", config: {endpoint: x}}}
        """,
        "metrics logs");
    graph.awaitLog("probe x starts");
    assertThat(graph.probes).hasSize(1);
  }

  @Test
  void annotationsCreateReceiversOfContainerLogs() throws IOException {
    String l = "io.opentelemetry.discovery.logs";
    CreatorSettings s =
        dev.tethys.pipeline.receiver.TestPipeline.read(
            CreatorSettings.TYPE,
            """
            watch_observers: [told]
            discovery:
              enabled: true
              default_annotations: {%s/enabled: "true"}
              default_file_log_config: {max_log_size: 3MiB, include_file_name: true}
            """
                .formatted(l));
    CollectionHints hints = new CollectionHints(s.discovery(), graph.scope());
    PlannedReceiver w =
        hints
            .template(
                container(
                    "a", "web", Map.of(l + ".web/config", "{max_log_size: 2MiB, include: [/x]}")))
            .orElseThrow()
            .plan(container("a", "web", Map.of()));
    assertThat(w.id().toString()).startsWith("file_log/a-uid_web/receiver_creator");
    assertThat(w.signals()).containsExactly(Signal.LOGS);
    assertThat(w.tree())
        .isEqualTo(
            Map.of(
                "include",
                List.of("/var/log/pods/default_a_a-uid/web/*.log"),
                "max_log_size",
                "2MiB",
                "include_file_name",
                true,
                "include_file_path",
                true,
                "operators",
                List.of(Map.of("id", "container-parser", "type", "container"))));
    assertThat(w.attributes())
        .containsEntry("k8s.container.name", "web")
        .containsEntry("container.image.name", "nginx:1");
    // annotations of a container override those of the pod
    assertThat(hints.template(container("a", "web", Map.of(l + "/enabled", "false")))).isEmpty();
    assertThat(hints.template(container("a", "web", Map.of(l + ".web/enabled", "false"))))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{rule: port == 1} | a rule begins with the kind of endpoint",
        "{rule: type == \"prot\"} | unknown kind of endpoint \"prot\"",
        "{rule: type == \"port\" && pord == 1} | did you mean \"port\"?",
        "{rule: type == \"port\" && port == \"1\"} | (at character 24 of:",
        "{rule: type == \"port\" &&} | the end is not expected here",
        "{} | \"rule\" is required",
        "{rule: type == \"port\", rool: x} | unknown key \"rool\"",
        "{rule: type == \"port\", config: {paht: x}} | unknown key \"paht\"",
        "{rule: type == \"port\", config: {paht: '`name`'}} | unknown key \"paht\"",
        "{rule: type == \"port\", config: {flag: 7}} | must be true or false",
        "{rule: type == \"port\", config: {path: '`nmae`'}} | did you mean \"name\"?",
        "{rule: type == \"port\", config: {path: 'a`name'}} | the backtick at character 2",
        "{rule: type == \"port\", config: {path: '` `'}} | empty expression between the backticks",
        "{rule: type == \"port\", config: [x]} | config must be a map",
        "{rule: type == \"port\", resource_attributes: {a: '`x`'}} | there is no \"x\"",
        "{rule: type == \"port\", signals: [x]} | unknown key \"signals\"",
      })
  void findsErrorsWhenRead(String entry, String problem) {
    String yaml = "watch_observers: [told]\nreceivers:\n  probe/1: " + entry;
    assertThatThrownBy(() -> graph.check(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("collector.yaml:6:")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{watch_observers: [told], receivers: {nope: {rule: type == \"port\"}}} | there is no"
            + " receiver \"nope\"",
        "{watch_observers: [told], receivers: {receiver_creator: {rule: type == \"port\"}}} | makes"
            + " no receiver_creator",
        "{watch_observers: [absent], receivers: {probe: {rule: type == \"port\"}}} | does not run",
        "{watch_observers: [], receivers: {probe: {rule: type == \"port\"}}} | names no extension",
        "{watch_observers: [told]} | there are no receivers to make",
        "{watch_observers: [told], receivers: {probe: {rule: type == \"port\"}},"
            + " resource_attributes: {prot: {a: b}}} | unknown kind of endpoint \"prot\"",
        "{watch_observers: [told], discovery: {enabled: true, default_file_log_config: {include:"
            + " [x]}}} | include is always the log of the annotated container",
        "{watch_observers: [told], discovery: {enabled: true, what: 1}} | unknown key \"what\"",
      })
  void reportsReceiversUnsupportedByThePipelines(String yaml, String problem) {
    assertThatThrownBy(() -> graph.check(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(problem);
  }

  /** Extensions named by its receivers count like those named by the receiver_creator itself. */
  @Test
  void restartsWithExtensionsOfItsReceivers() throws Exception {
    set(port("a", "10.0.0.1", 6379, Map.of()));
    String names = REDIS;
    graph.apply(names, "metrics");
    graph.awaitLog("probe 10.0.0.1:6379 starts");
    graph.other++;
    graph.apply(names, "metrics");
    assertThat(graph.log).hasSize(1); // it names another
    graph.told++;
    graph.apply(names, "metrics");
    await(() -> graph.log.size() == 3);
    assertThat(graph.log).endsWith("probe 10.0.0.1:6379 stops", "probe 10.0.0.1:6379 starts");
    String further = names.replaceFirst("path: .*", "path: told/other");
    graph.apply(further, "metrics");
    await(() -> graph.log.size() == 5);
    graph.other++;
    graph.apply(further, "metrics");
    await(() -> graph.log.size() == 7);
    assertThat(probe("10.0.0.1:6379").settings.path()).isEqualTo("told/other");
  }

  @Test
  void keepsReceiversAcrossUnrelatedReloads() throws Exception {
    set(port("a", "10.0.0.1", 6379, Map.of()));
    graph.apply(REDIS, "metrics");
    graph.awaitLog("probe 10.0.0.1:6379 starts");
    graph.apply(REDIS, "metrics");
    assertThat(graph.log).hasSize(1);
    graph.apply(REDIS.replace("30s", "40s"), "metrics");
    await(() -> graph.log.size() == 3);
    assertThat(graph.log).endsWith("probe 10.0.0.1:6379 stops", "probe 10.0.0.1:6379 starts");
    assertThat(probe("10.0.0.1:6379").settings.every()).hasSeconds(40);
    assertThat(Set.copyOf(graph.probes.keySet())).hasSize(1);
  }
}
