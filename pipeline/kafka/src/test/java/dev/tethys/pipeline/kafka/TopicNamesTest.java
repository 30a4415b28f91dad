package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Topics of telemetry, which senders cannot choose freely. */
class TopicNamesTest {
  private static Map<String, Integer> topics(String yaml, Batch b) {
    KafkaExporterSettings s =
        KafkaExporterSettings.TYPE.read(YamlDocument.parse("a.yml", null, yaml).root());
    Map<String, Integer> out = new TreeMap<>();
    for (EncodedRequest p :
        KafkaExporterFactory.encoder(
                s,
                Objects.requireNonNull(s.topics().get(b.signal())),
                b.signal(),
                InstantSource.system(),
                new TestContext())
            .encode(b)
            .requests()) {
      out.merge(String.valueOf(p.headers().get(KafkaSender.TOPIC)), p.items(), Integer::sum);
    }
    return out;
  }

  private static Batch series(String... teams) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (String t : teams) {
      w.beginSeries(Labels.of("__name__", "up", "job", "j-" + t, "team", t))
          .sample(1000, 1)
          .endSeries();
    }
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), teams.length, 0);
  }

  private static Batch logs(Metadata metadata, String... teams) {
    LogsData logs = new LogsData();
    for (String t : teams) {
      ResourceGroup<LogRecord> g = new ResourceGroup<>();
      g.resource().attributes().put("team", t);
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      s.items().add(new LogRecord());
      g.scopes().add(s);
      logs.resources().add(g);
    }
    byte[] body = new OtlpWriter().write(logs);
    return new Batch(Signal.LOGS, Encoding.OTLP, body, teams.length, 0, metadata);
  }

  @Test
  void insertsLabelsIntoNames() {
    assertThat(
            topics(
                "metrics: {topic: 'm.{team}', encoding: remote_write}",
                series("a", "b", "a", "a.b/c")))
        .isEqualTo(Map.of("m.a", 2, "m.b", 1, "m.a_b_c", 1));
    assertThat(topics("metrics: {topic: 'm-{service.name}'}", series("a", "b")))
        .as("series become resources first")
        .isEqualTo(Map.of("m-j-a", 1, "m-j-b", 1));
    assertThat(topics("logs: {topic: 'l-{team}'}", logs(Metadata.NONE, "a", "b", "")))
        .isEqualTo(Map.of("l-a", 1, "l-b", 1, "l-none", 1));
  }

  @Test
  void attributeOverridesTheTopic() {
    String yaml = "{topic_from_attribute: team, logs: {topic: rest}}";
    assertThat(topics(yaml, logs(Metadata.NONE, "my.topic", "x y", "", ".", "..")))
        .isEqualTo(Map.of("my.topic", 1, "x_y", 1, "rest", 3));
    assertThat(topics(yaml, logs(Metadata.NONE, "__consumer_offsets", "\0\0offsets")))
        .as("brokers' own")
        .isEqualTo(Map.of("rest", 2));
    assertThat(topics(yaml, logs(Metadata.NONE, "x".repeat(5000))))
        .isEqualTo(Map.of("x".repeat(200), 1));
  }

  @Test
  void metadataTakesPrecedenceOverTheAttribute() {
    String yaml =
        "{topic_from_attribute: team, logs: {topic: rest, topic_from_metadata_key: x-topic}}";
    Metadata said = new Metadata(Map.of("x-topic", List.of("said/so")));
    assertThat(topics(yaml, logs(said, "a", "b"))).isEqualTo(Map.of("said_so", 2));
    Metadata own = new Metadata(Map.of("x-topic", List.of("__transaction_state")));
    assertThat(topics(yaml, logs(own, "a"))).isEqualTo(Map.of("a", 1));
  }

  @Test
  void boundsTopics() {
    assertThat(
            topics(
                "{max_topics: 2, metrics: {topic: 'm-{team}', encoding: remote_write}}",
                series("a", "b", "c", "d", "a")))
        .isEqualTo(Map.of("m-a", 2, "m-b", 1, "m-other", 2));
    assertThat(
            topics(
                "{max_topics: 1, topic_from_attribute: team, logs: {topic: rest}}",
                logs(Metadata.NONE, "a", "b", "c")))
        .isEqualTo(Map.of("a", 1, "rest", 2));
  }

  @Test
  void rejectsInvalidTopicNames() {
    for (String wrong : List.of("'{team}'", "'a b{team}'", "'a/{team}'", "'a{'")) {
      assertThatThrownBy(() -> topics("metrics: {topic: " + wrong + "}", series("a")))
          .as(wrong)
          .hasMessageContaining("topic: ");
    }
  }

  /** Clymene's formats do not support exemplars; the others do. */
  @Test
  void countsUnsupportedDataBesidesItems() {
    for (String encoding : List.of("clymene_json", "clymene_flat", "remote_write")) {
      WriteRequestWriter w = new WriteRequestWriter();
      w.beginSeries(Labels.of("__name__", "m_total"))
          .sample(1000, 1)
          .exemplar(new Exemplar(Labels.of("trace_id", "t"), 1, 1000))
          .endSeries();
      Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 1, 0);
      KafkaExporterSettings s =
          KafkaExporterSettings.TYPE.read(
              YamlDocument.parse("a.yml", null, "{metrics: {encoding: " + encoding + "}}").root());
      TestContext context = new TestContext();
      KafkaExporterSettings.Topic topic = Objects.requireNonNull(s.topics().get(Signal.METRICS));
      KafkaExporterFactory.encoder(s, topic, Signal.METRICS, InstantSource.system(), context)
          .encode(b);
      assertThat(leftOut(context, "exemplars"))
          .as(encoding)
          .isEqualTo(encoding.startsWith("clymene") ? 1 : 0);
    }
  }

  /** Once, to however many topics its samples go. */
  @Test
  void countsFamilyMetadataOnce() {
    for (String encoding : List.of("clymene_json", "clymene_flat", "remote_write")) {
      WriteRequestWriter w = new WriteRequestWriter();
      for (String team : List.of("a", "b", "c")) {
        w.beginSeries(Labels.of("__name__", "up", "team", team)).sample(1000, 1).endSeries();
      }
      w.metadata("up", new MetricMetadata(MetricType.GAUGE, "whether it is up", ""));
      Batch b = new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 3, 0);
      KafkaExporterSettings s =
          KafkaExporterSettings.TYPE.read(
              YamlDocument.parse(
                      "a.yml", null, "{metrics: {topic: 'm.{team}', encoding: " + encoding + "}}")
                  .root());
      TestContext context = new TestContext();
      KafkaExporterSettings.Topic topic = Objects.requireNonNull(s.topics().get(Signal.METRICS));
      assertThat(
              KafkaExporterFactory.encoder(
                      s, topic, Signal.METRICS, InstantSource.system(), context)
                  .encode(b)
                  .requests())
          .as("metadata is in the records of its series where there is a place for it")
          .filteredOn(p -> p.items() == 0)
          .isEmpty();
      assertThat(leftOut(context, "metadata"))
          .as(encoding)
          .isEqualTo(encoding.startsWith("clymene") ? 1 : 0);
    }
  }

  private static double leftOut(TestContext context, String what) {
    return context.metrics().gather().stream()
        .filter(f -> f.name().equals("tethys_exporter_left_out_total"))
        .flatMap(f -> f.metrics().stream())
        .filter(m -> m.labels().toString().contains(what))
        .mapToDouble(m -> ((MetricFamily.Value) m.point()).value())
        .sum();
  }
}
