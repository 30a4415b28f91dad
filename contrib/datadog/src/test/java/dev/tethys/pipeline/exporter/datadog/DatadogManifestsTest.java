package dev.tethys.pipeline.exporter.datadog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Kubernetes objects, read with the field numbers of {@code agent.proto}. */
class DatadogManifestsTest {
  private static final String RECEIVER =
      "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/k8sobjectsreceiver";

  private static DatadogSettings settings(String keys) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml", null, "{hostname: h1, api: {key: k, site: datadoghq.eu}" + keys + "}");
    DatadogSettings s = DatadogSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private static Attributes map(Object... entries) {
    Attributes a = new Attributes();
    for (int i = 0; i < entries.length; i += 2) {
      a.put((String) entries[i], entries[i + 1]);
    }
    return a;
  }

  private static Attributes object(String kind, String uid) {
    return map(
        "apiVersion",
        "v1",
        "kind",
        kind,
        "metadata",
        map("uid", uid, "resourceVersion", "7", "name", "n"));
  }

  private static Encoder.Encoded encoded(DatadogSettings s, Attributes resource, Object... bodies) {
    LogsData data = new LogsData();
    ResourceGroup<LogRecord> r = new ResourceGroup<>();
    resource.forEach(r.resource().attributes()::put);
    ScopeGroup<LogRecord> objects = new ScopeGroup<>();
    objects.scope().setName(RECEIVER);
    for (Object body : bodies) {
      LogRecord l = new LogRecord();
      l.setBody(body);
      l.attributes().put("k8s.resource.name", "pods");
      objects.items().add(l);
    }
    ScopeGroup<LogRecord> others = new ScopeGroup<>();
    LogRecord line = new LogRecord();
    line.setBody("a line");
    others.items().add(line);
    r.scopes().add(objects);
    r.scopes().add(others);
    data.resources().add(r);
    return new DatadogLogs(
            s,
            DatadogExporterFactory.logs(s, null),
            () -> 0,
            s.orchestrator() == null
                ? null
                : new DatadogManifests(s.orchestrator(), s.hostname(), "1.2.3"))
        .encode(
            new Batch(
                Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(data), bodies.length + 1, 0));
  }

  /** Fields of a message by number; numbers as text. */
  private static Map<Integer, List<Object>> fields(ByteString message) throws IOException {
    CodedInputStream in = message.newCodedInput();
    Map<Integer, List<Object>> out = new TreeMap<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      out.computeIfAbsent(WireFormat.getTagFieldNumber(tag), n -> new ArrayList<>())
          .add(
              WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT
                  ? in.readInt64()
                  : in.readBytes());
    }
    return out;
  }

  private static String text(Map<Integer, List<Object>> fields, int number) {
    List<String> all = new ArrayList<>();
    fields
        .getOrDefault(number, List.of())
        .forEach(v -> all.add(v instanceof ByteString b ? b.toStringUtf8() : String.valueOf(v)));
    return String.join(",", all);
  }

  @Test
  void sendsObjectsAsManifests() throws Exception {
    DatadogSettings s = settings(", orchestrator_explorer: {enabled: true}");
    assertThat(Objects.requireNonNull(s.orchestrator()).url())
        .hasToString("https://orchestrator.datadoghq.eu/api/v2/orchmanif");
    Encoder.Encoded e =
        encoded(
            s,
            map("k8s.cluster.uid", "c-1", "k8s.cluster.name", "blue"),
            object("Pod", "u1"),
            map("type", "DELETED", "object", object("Deployment", "u2")),
            "{\"kind\":\"Widget\",\"apiVersion\":\"x/v1\",\"metadata\":{\"uid\":\"u3\"}}",
            object("Secret", "u4"),
            "no object");
    assertThat(e.drops()).isEqualTo(Map.of("secret", 1, "not_an_object", 1));
    assertThat(e.requests()).hasSize(2);
    assertThat(e.requests().getFirst().items()).isEqualTo(1); // the line
    EncodedRequest q = e.requests().getLast();
    assertThat(q.items()).isEqualTo(3);
    assertThat(q.headers())
        .containsEntry("content-type", "application/x-protobuf")
        .containsEntry("x-dd-hostname", "h1")
        .containsEntry("x-dd-orchestrator-clusterid", "c-1");
    byte[] body = q.body();
    assertThat(Arrays.copyOf(body, 4)).containsExactly(3, 5, 80, 0);
    Map<Integer, List<Object>> payload =
        fields(
            ByteString.copyFrom(Compression.ZSTD.decompress(body, 16, body.length - 16, 1 << 20)));
    assertThat(text(payload, 1)).isEqualTo("blue");
    assertThat(text(payload, 2)).isEqualTo("c-1");
    assertThat(text(payload, 7)).isEqualTo("h1");
    assertThat(text(payload, 9)).isEqualTo("2");
    List<Object> manifests = payload.getOrDefault(5, List.of());
    assertThat(manifests).hasSize(3);
    Map<Integer, List<Object>> pod = fields((ByteString) manifests.get(0));
    assertThat(text(pod, 1)).isEqualTo("1");
    assertThat(text(pod, 2)).isEqualTo("7");
    assertThat(text(pod, 3)).isEqualTo("u1");
    assertThat(text(pod, 4)).contains("\"kind\":\"Pod\"", "\"uid\":\"u1\"");
    assertThat(text(pod, 5)).isEqualTo("application/json");
    assertThat(text(pod, 7))
        .isEqualTo(
            "otel_receiver:k8sobjectsreceiver,k8s_cluster_uid:c-1,k8s_cluster_name:blue,"
                + "k8s_resource_name:pods");
    assertThat(text(pod, 8)).isEmpty();
    assertThat(text(pod, 11)).isEqualTo("Pod");
    Map<Integer, List<Object>> deployment = fields((ByteString) manifests.get(1));
    assertThat(text(deployment, 1)).isEqualTo("18");
    assertThat(text(deployment, 8)).isEqualTo("1");
    Map<Integer, List<Object>> widget = fields((ByteString) manifests.get(2));
    assertThat(text(widget, 1)).isEmpty();
    assertThat(text(widget, 9)).isEqualTo("x/v1");
  }

  @Test
  void requiresACluster() {
    DatadogSettings s = settings(", orchestrator_explorer: {enabled: true, cluster_name: blue}");
    assertThat(encoded(s, new Attributes(), object("Pod", "u")).drops())
        .isEqualTo(Map.of("no_cluster", 1));
    assertThat(encoded(s, map("k8s.cluster.uid", "c"), object("Pod", "u")).drops()).isEmpty();
    assertThatThrownBy(() -> settings(", orchestrator_explorer: {enabled: true, endpoint: x}"))
        .hasMessageContaining("\"x\" is not a URL such as https://orchestrator.datadoghq.eu");
  }

  @Test
  void sendsObjectsAsLogsUnlessEnabled() {
    DatadogSettings s = settings(", orchestrator_explorer: {enabled: false}");
    Encoder.Encoded e = encoded(s, new Attributes(), object("Pod", "u"));
    assertThat(e.requests()).singleElement().satisfies(q -> assertThat(q.items()).isEqualTo(2));
  }
}
