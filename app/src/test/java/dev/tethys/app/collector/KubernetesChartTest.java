package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Parameter;
import dev.tethys.codec.template.TemplateLimits;
import dev.tethys.logagent.LogsRole;
import dev.tethys.tools.Console;
import dev.tethys.tools.ToolRole;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * The chart of docs/kubernetes, rendered by the house's engine of Go's templates with those of
 * Helm's functions that it calls: what comes out are objects that fit each other, and each
 * configuration in them is taken by the program that reads it.
 */
@Tag("slow")
class KubernetesChartTest {
  private static final Path CHART = RoleExamplesTest.root().resolve("docs/kubernetes/tethys");

  @TempDir private Path dir;

  /** Renders the chart as Helm would; null values leave a key as it is in values.yaml. */
  private static final class Chart {
    private final Map<String, TemplateFunction> functions = new HashMap<>();
    private Template templates = Template.parse("chart", "", functions(null), MissingKey.INVALID);
    private final List<String> files = new ArrayList<>();
    private final Map<String, Object> data = new HashMap<>();

    Chart() throws IOException {
      functions.putAll(functions(this));
      try (Stream<Path> all = Files.list(CHART.resolve("templates"))) {
        for (Path p : all.sorted().toList()) {
          String name = String.valueOf(p.getFileName());
          templates = templates.with(name, Files.readString(p), functions);
          if (name.endsWith(".yaml")) {
            files.add(name);
          }
        }
      }
      data.put("Release", Map.of("Name", "t1", "Namespace", "watch", "Service", "Helm"));
      data.put("Values", yaml(Files.readString(CHART.resolve("values.yaml"))).getFirst());
    }

    void set(String path, Object value) {
      Map<String, Object> at = map(data.get("Values"));
      String[] keys = path.split("\\.");
      for (int i = 0; i < keys.length - 1; i++) {
        at = map(at.get(keys[i]));
      }
      at.put(keys[keys.length - 1], value);
    }

    /** All objects, by kind and name. */
    Map<String, Map<String, Object>> objects() {
      Map<String, Map<String, Object>> out = new TreeMap<>();
      for (String f : files) {
        String text = templates.execute(f, go(data), functions, TemplateLimits.DEFAULT);
        for (Object o : yaml(text)) {
          if (o != null) {
            Map<String, Object> object = map(o);
            String name = object.get("kind") + "/" + map(object.get("metadata")).get("name");
            assertThat(object).as(f).containsKeys("apiVersion", "kind");
            assertThat(out.put(name, object)).as(name).isNull();
          }
        }
      }
      return out;
    }

    private static Map<String, TemplateFunction> functions(@Nullable Chart chart) {
      Map<String, TemplateFunction> f = new HashMap<>();
      f.put(
          "include",
          TemplateFunction.of(
              a ->
                  chart == null
                      ? ""
                      : chart.templates.execute(
                          (String) a[0], a[1], chart.functions, TemplateLimits.DEFAULT),
              Parameter.STRING,
              Parameter.ANY));
      f.put("toYaml", TemplateFunction.of(a -> toYaml(a[0]), Parameter.ANY));
      f.put(
          "nindent",
          TemplateFunction.of(
              a -> ("\n" + a[1]).replace("\n", "\n" + " ".repeat((int) (long) (Long) a[0])),
              Parameter.INT,
              Parameter.STRING));
      f.put("quote", TemplateFunction.of(a -> "\"" + a[0] + "\"", Parameter.ANY));
      f.put(
          "required",
          TemplateFunction.of(
              a -> {
                if (a[1] == null || "".equals(a[1])) {
                  throw new TemplateException(String.valueOf(a[0]));
                }
                return a[1];
              },
              Parameter.STRING,
              Parameter.ANY));
      f.put("sha256sum", TemplateFunction.of(a -> sha256((String) a[0]), Parameter.STRING));
      return f;
    }
  }

  private static String toYaml(@Nullable Object o) {
    DumpSettings s = DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
    return new Dump(s).dumpToString(plain(o)).strip();
  }

  private static String sha256(@Nullable String s) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(String.valueOf(s).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Object> yaml(String text) {
    List<Object> all = new ArrayList<>();
    new Load(LoadSettings.builder().build()).loadAllFromString(text).forEach(all::add);
    return all;
  }

  /** Values as templates have them. */
  private static @Nullable Object go(@Nullable Object o) {
    return switch (o) {
      case Map<?, ?> m -> {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        m.forEach((k, v) -> out.put((String) k, go(v)));
        yield GoMap.ofAny(out);
      }
      case List<?> l ->
          new GoList("[]interface {}", l.stream().map(KubernetesChartTest::go).toList());
      case Integer i -> (long) i;
      case null, default -> o;
    };
  }

  private static @Nullable Object plain(@Nullable Object o) {
    return switch (o) {
      case GoMap m -> {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        m.entries().forEach((k, v) -> out.put(k, plain(v)));
        yield out;
      }
      case GoList l -> l.items().stream().map(KubernetesChartTest::plain).toList();
      case null, default -> o;
    };
  }

  @SuppressWarnings("unchecked") // the value is a map, or the test fails
  private static Map<String, Object> map(@Nullable Object o) {
    return (Map<String, Object>) java.util.Objects.requireNonNull(o);
  }

  @SuppressWarnings("unchecked") // the value is a list of maps, or the test fails
  private static List<Map<String, Object>> maps(@Nullable Object o) {
    return o == null ? List.of() : (List<Map<String, Object>>) o;
  }

  private static Chart chart() throws IOException {
    Chart c = new Chart();
    c.set("image.repository", "registry/tethys");
    c.set("image.tag", "1");
    c.set("ingester.enabled", true);
    c.set("ingester.kafka", "kafka:9092");
    return c;
  }

  @Test
  void hasAllRoles() throws IOException {
    assertThat(chart().objects().keySet())
        .containsExactly(
            "ClusterRole/t1",
            "ClusterRoleBinding/t1",
            "ConfigMap/t1-agent",
            "ConfigMap/t1-gateway",
            "ConfigMap/t1-ingester",
            "ConfigMap/t1-logs",
            "ConfigMap/t1-server",
            "DaemonSet/t1-agent",
            "DaemonSet/t1-logs",
            "Deployment/t1-gateway",
            "Deployment/t1-ingester",
            "Deployment/t1-server",
            "PersistentVolumeClaim/t1-server",
            "Service/t1-gateway",
            "Service/t1-server",
            "ServiceAccount/t1");
    Chart few = new Chart();
    for (String role : List.of("agent", "logs", "gateway", "ingester", "server")) {
      few.set(role + ".enabled", false);
    }
    assertThat(few.objects()).isEmpty();
  }

  @Test
  void requiresImageRepository() throws IOException {
    Chart c = new Chart();
    assertThatThrownBy(c::objects).hasMessageContaining("image.repository");
  }

  @Test
  void objectsMatchEachOther() throws IOException {
    Map<String, Map<String, Object>> all = chart().objects();
    Map<String, Map<String, Object>> labels = new HashMap<>();
    all.forEach(
        (name, o) -> {
          if (!name.startsWith("DaemonSet/") && !name.startsWith("Deployment/")) {
            return;
          }
          Map<String, Object> template = map(map(o.get("spec")).get("template"));
          Map<String, Object> podLabels = map(map(template.get("metadata")).get("labels"));
          labels.put(name, podLabels);
          assertThat(podLabels)
              .as(name)
              .containsAllEntriesOf(
                  map(map(map(o.get("spec")).get("selector")).get("matchLabels")));
          Map<String, Object> pod = map(template.get("spec"));
          List<Object> volumes = new ArrayList<>();
          for (Map<String, Object> v : maps(pod.get("volumes"))) {
            volumes.add(v.get("name"));
            if (v.containsKey("configMap")) {
              assertThat(all).containsKey("ConfigMap/" + map(v.get("configMap")).get("name"));
            }
          }
          for (Map<String, Object> c : maps(pod.get("containers"))) {
            assertThat(c.get("image")).isEqualTo("registry/tethys:1");
            assertThat(maps(c.get("volumeMounts")))
                .extracting(m -> m.get("name"))
                .hasSameElementsAs(volumes);
            List<Object> ports = new ArrayList<>();
            maps(c.get("ports")).forEach(p -> ports.add(p.get("name")));
            assertThat(c.toString()).doesNotContain("<no value>");
            for (String probe : List.of("livenessProbe", "readinessProbe")) {
              Map<String, Object> how = map(c.get(probe));
              Map<String, Object> at =
                  map(how.containsKey("httpGet") ? how.get("httpGet") : how.get("tcpSocket"));
              assertThat(ports).as(name + " " + probe).contains(at.get("port"));
            }
          }
        });
    all.forEach(
        (name, o) -> {
          if (name.startsWith("Service/")) {
            Map<String, Object> selector = map(map(o.get("spec")).get("selector"));
            assertThat(labels.values())
                .as(name)
                .anyMatch(l -> l.entrySet().containsAll(selector.entrySet()));
          }
        });
  }

  @Test
  void programsAcceptTheirConfigurations() throws IOException {
    Map<String, Map<String, Object>> all = chart().objects();
    for (String role : List.of("agent", "gateway", "ingester")) {
      Path f = file(all, role, role + ".yaml");
      Map<String, String> environment =
          Map.of(
              "NODE_NAME", "node-1",
              "GATEWAY", "t1-gateway",
              "SERVER", "http://t1-server:9090",
              "KAFKA", "kafka:9092");
      assertThat(CollectorCommand.run(role, List.of("validate", "--config=" + f), environment::get))
          .as(role)
          .isZero();
    }
    Path promtail = file(all, "logs", "promtail.yml");
    Files.writeString(promtail, Files.readString(promtail).replace("/run/tethys", dir.toString()));
    assertThat(
            LogsRole.run(
                List.of(
                    "-config.file=" + promtail,
                    "-client.url=http://t1-gateway:15611/loki/api/v1/push",
                    "-check-syntax")))
        .isZero();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(said, false, StandardCharsets.UTF_8)) {
      Console console = new Console(InputStream.nullInputStream(), out, out, false);
      Path prometheus = file(all, "server", "prometheus.yml");
      assertThat(
              new ToolRole(List.of())
                  .run(List.of("check", "config", prometheus.toString()), console))
          .as(said.toString(StandardCharsets.UTF_8))
          .isZero();
    }
  }

  private Path file(Map<String, Map<String, Object>> all, String role, String key)
      throws IOException {
    Map<String, Object> config = map(map(all.get("ConfigMap/t1-" + role)).get("data"));
    return Files.writeString(dir.resolve(key), (String) map(config).get(key));
  }
}
