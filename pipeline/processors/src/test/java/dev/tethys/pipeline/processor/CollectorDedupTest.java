package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.dedup.LogDedupFactory;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs {@code logdedup} on the Collector's test cases and checks further guarantees. */
final class CollectorDedupTest {
  private final Rig rig = new Rig();
  private final LogDedupFactory factory = new LogDedupFactory(InstantSource.system());

  private Processor dedup(String yaml) throws IOException {
    Processor p = rig.processor(factory, Signal.LOGS, yaml);
    p.start();
    return p;
  }

  private static LogRecord numbered(long id) {
    LogRecord l = Rig.log(0, "Body of the log" + id, "bool", true, "str", "attr str", "ID", id);
    l.setSeverityText("info");
    l.setTimeUnixNano(1_728_069_385_995_028_000L + id);
    return l;
  }

  private static LogRecord[] six() {
    return new LogRecord[] {
      numbered(1), numbered(2), numbered(1), numbered(2), numbered(3), numbered(3)
    };
  }

  /** Of each record of a batch its ID, and how many it represents. */
  private static String ids(Batch b) {
    return Rig.all(Rig.logs(b)).stream()
        .map(l -> l.attributes().get("ID") + "x" + l.attributes().get("log_count"))
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "(attributes[\"ID\"] == 1) ; 2xnull 2xnull 3xnull 3xnull ; 1x2",
        "log.attributes[\"ID\"] == 1 ; 2xnull 2xnull 3xnull 3xnull ; 1x2",
        "attributes[\"ID\"] == 1', 'attributes[\"ID\"] == 3 ; 2xnull 2xnull ; 1x2 3x2",
        "resource.attributes[\"service.name\"] == \"s\" ; - ; 1x2 2x2 3x2",
        "Substring(body, 0, 100) == \"a\"', 'attributes[\"ID\"] == 2 ; 1xnull 1xnull 3xnull 3xnull"
            + " ; 2x2"
      })
  void passesRecordsWithoutMatchingConditionImmediately(
      String conditions, String passed, String held) throws IOException {
    Processor p = dedup("{interval: 1s, conditions: ['" + conditions + "']}");
    rig.send(p, Rig.logs("s", six()));
    if (passed.equals("-")) {
      assertThat(rig.out).isEmpty();
    } else {
      assertThat(rig.out).extracting(CollectorDedupTest::ids).containsExactly(passed);
    }
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(ids(rig.out.getLast())).isEqualTo(held);
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(rig.balanced()).isTrue();
  }

  /** New records pass beyond the limit; duplicates of held records are still counted. */
  @Test
  void passesRecordsBeyondTheMemoryLimit() throws IOException {
    Processor p =
        rig.processor(
            new LogDedupFactory(InstantSource.system(), 2500), Signal.LOGS, "{interval: 1s}");
    p.start();
    LogRecord[] different = new LogRecord[100];
    for (int i = 0; i < different.length; i++) {
      different[i] = numbered(i);
    }
    rig.send(p, Rig.logs("s", different));
    assertThat(rig.out).hasSize(1);
    List<LogRecord> passed = Rig.all(Rig.logs(rig.out.getFirst()));
    assertThat(passed)
        .hasSizeBetween(50, 99)
        .last()
        .satisfies(
            l -> {
              assertThat(l.attributes().get("ID")).isEqualTo(99L);
              assertThat(l.attributes().get("log_count")).isNull();
            });
    int held = different.length - passed.size();
    rig.send(p, Rig.logs("s", numbered(0)));
    assertThat(rig.out).as("it is like one that is held").hasSize(1);
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(Rig.all(Rig.logs(rig.out.getLast())))
        .hasSize(held)
        .first()
        .extracting(l -> l.attributes().get("log_count"))
        .isEqualTo(2L);
    rig.send(p, Rig.logs("s", numbered(99)));
    assertThat(rig.out).as("there is room again").hasSize(2);
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(rig.out).hasSize(3);
    assertThat(rig.balanced()).isTrue();
  }

  private static LogRecord basic(Object... more) {
    LogRecord l = Rig.log(0, "Body of the log", "bool", true, "str", "attr str");
    for (int i = 0; i < more.length; i += 2) {
      l.attributes().put((String) more[i], more[i + 1]);
    }
    l.setSeverityText("info");
    l.setTraceId(1, 2);
    return l;
  }

  @Test
  void removesExcludedFields() throws IOException {
    Processor p =
        dedup(
            "{interval: 20s, timezone: America/New_York, exclude_fields:"
                + " [attributes.remove_me, 'attributes.host\\.name', attributes.src.ip]}");
    Attributes source = new Attributes();
    source.put("ip", "1.2.3.4");
    source.put("port", 80L);
    rig.send(p, Rig.logs("s", basic()));
    rig.clock.pass(Duration.ofSeconds(5));
    rig.send(p, Rig.logs("s", basic("remove_me", false, "host.name", "a")));
    rig.send(p, Rig.logs("s", basic("src", source)));
    rig.clock.pass(Duration.ofSeconds(15));
    List<LogRecord> all = Rig.all(rig.logs());
    assertThat(all.get(0).attributes())
        .hasToString(
            "{bool=true, str=attr str, log_count=2,"
                + " first_observed_timestamp=2023-11-14T17:13:20-05:00,"
                + " last_observed_timestamp=2023-11-14T17:13:25-05:00}");
    assertThat(all.get(0).observedTimeUnixNano()).isEqualTo(1_700_000_000_000_000_000L);
    assertThat(all.get(0).timeUnixNano()).isEqualTo(1_700_000_020_000_000_000L);
    assertThat(all.get(0).severityText()).isEqualTo("info");
    assertThat(String.valueOf(all.get(1).attributes().get("src"))).isEqualTo("{port=80}");
    assertThat(rig.logs().resources()).hasSize(1);
    assertThat(rig.account(Signal.LOGS).balance().dropped()).containsEntry("deduplicated", 1L);
    assertThat(rig.registry.gather().toString())
        .contains("otelcol_dedup_processor_aggregated_logs");
    assertThat(rig.balanced()).isTrue();
  }

  private static LogRecord mapped(long unique, Object body) {
    LogRecord l = Rig.log(0, "", "unique_id", unique, "dedup_key", "abc");
    l.setBody(body);
    return l;
  }

  private static Attributes key(String value) {
    Attributes a = new Attributes();
    a.put("dedup_key", value);
    return a;
  }

  @ParameterizedTest
  @CsvSource({
    "'', 1 1 1 1 1",
    "'attributes.dedup_key', 5",
    "'body.dedup_key', 2 1 1 1",
    "'attributes.dedup_key, body.dedup_key', 2 1 2",
    "'attributes.unique_id', 1 1 1 1 1",
    "'attributes.none', 1 1 1 1 1"
  })
  void comparesIncludedFieldsOnly(String fields, String counts) throws IOException {
    Processor p = dedup("{interval: 1s, include_fields: [" + fields + "]}");
    rig.send(
        p,
        Rig.logs(
            "s",
            mapped(1, key("abc")),
            mapped(2, key("abc")),
            mapped(3, key("def")),
            mapped(4, "text"),
            mapped(5, new Attributes())));
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(
            Rig.all(rig.logs()).stream()
                .map(l -> String.valueOf(l.attributes().get("log_count")))
                .collect(Collectors.joining(" ")))
        .isEqualTo(counts);
  }

  @Test
  void separatesRecordsOfDifferentResourcesAndScopes() throws IOException {
    Processor p = dedup("interval: 1s");
    rig.send(p, Rig.logs("a", numbered(1)));
    rig.send(p, Rig.logs("b", numbered(1)));
    var other = Rig.logs("a", numbered(1), numbered(1));
    other.resources().getFirst().scopes().getFirst().scope().setVersion("2");
    rig.send(p, other);
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(ids(rig.out.getFirst())).isEqualTo("1x1 1x2 1x1");
    rig.clock.pass(Duration.ofSeconds(9));
    assertThat(rig.out).hasSize(1);
    rig.send(p, Rig.logs("a", numbered(1)));
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(ids(rig.out.get(1))).isEqualTo("1x1");
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void flushesHeldRecordsAtStopAndPassesLaterOnes() throws IOException {
    Processor p = dedup("interval: 1h");
    rig.send(p, Rig.logs("s", six()));
    p.stop(Duration.ofSeconds(1));
    assertThat(rig.out).extracting(CollectorDedupTest::ids).containsExactly("1x2 2x2 3x2");
    rig.send(p, Rig.logs("s", numbered(7)));
    assertThat(ids(rig.out.get(1))).isEqualTo("7xnull");
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void successorForwardsAfterPredecessor() throws IOException {
    Processor p = dedup("interval: 1h");
    rig.send(p, Rig.logs("s", six()));
    p.forward();
    assertThat(rig.out).extracting(CollectorDedupTest::ids).containsExactly("1x2 2x2 3x2");
    rig.send(p, Rig.logs("s", numbered(1)));
    p.stop(Duration.ofSeconds(1));
    assertThat(ids(rig.out.get(1))).isEqualTo("1x1");
    assertThat(rig.balanced()).isTrue();
  }

  private static Batch of(String tenant, LogRecord... records) {
    return Rig.batch(
        Rig.logs("s", records), new Metadata(Map.of("x-tenant", List.of(tenant), "b", List.of())));
  }

  @Test
  void separatesRecordsByMetadataUpToTheLimit() throws IOException {
    Processor p = dedup("{interval: 1s, metadata_keys: [X-Tenant], metadata_cardinality_limit: 2}");
    p.consume(of("a", numbered(1), numbered(1)), rig.outcomes::add);
    p.consume(of("b", numbered(1)), rig.outcomes::add);
    p.consume(of("c", numbered(1)), rig.outcomes::add);
    assertThat(rig.outcomes.get(2)).isInstanceOf(Outcome.Rejected.class);
    assertThat(rig.outcomes.get(2).toString()).contains("more than 2 combinations");
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(rig.out)
        .extracting(b -> b.metadata().get("x-tenant") + ids(b))
        .containsExactlyInAnyOrder("[a]1x2", "[b]1x1");
    rig.clock.pass(Duration.ofSeconds(1)); // both are empty and make room
    p.consume(of("c", numbered(1)), rig.outcomes::add);
    assertThat(rig.outcomes.getLast()).isEqualTo(Outcome.ACCEPTED);
    p.stop(Duration.ofSeconds(1));
    assertThat(rig.out).hasSize(3);
    assertThat(rig.balanced()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "log_count_attribute: '' ; log_count_attribute must be set",
        "interval: 0s ; interval must be greater than 0",
        "interval: -1s ; -1s",
        "timezone: not a timezone ; timezone is invalid",
        "exclude_fields: [body] ; cannot exclude the entire body",
        "exclude_fields: [not.value] ; must start with body or attributes",
        "exclude_fields: [body.thing, body.thing] ; duplicate exclude_fields body.thing",
        "include_fields: [body] ; cannot include the entire body",
        "include_fields: [not.value] ; must start with body or attributes",
        "include_fields: [body.thing, body.thing] ; duplicate include_fields body.thing",
        "{include_fields: [body.a], exclude_fields: [body.b]} ; cannot define both",
        "metadata_keys: [a, A] ; names a twice",
        "conditions: ['span.name == \"a\"'] ; span",
        "conditions: [invalid condition] ; invalid"
      })
  void rejectsSettingsThatTheCollectorRejects(String yaml, String error) {
    assertThatThrownBy(() -> dedup(yaml)).hasMessageContaining(error);
  }

  @Test
  void usesDefaultsOfTheCollector() {
    LogDedupFactory.Settings s =
        factory.settings().read(dev.tethys.config.YamlDocument.parse("c.yaml", null, "{}").root());
    assertThat(s.interval()).isEqualTo(Duration.ofSeconds(10));
    assertThat(s.countAttribute()).isEqualTo("log_count");
    assertThat(s.zone().getId()).isEqualTo("UTC");
  }

  @Test
  void retriesRejectedRecords() throws IOException {
    List<Outcome> answers = new java.util.ArrayList<>();
    List<Batch> sent = new java.util.ArrayList<>();
    answers.add(new Outcome.Unavailable("down", Duration.ZERO));
    answers.add(new Outcome.Unavailable("down", Duration.ZERO));
    Processor p =
        factory.create(
            factory
                .settings()
                .read(dev.tethys.config.YamlDocument.parse("c.yaml", null, "interval: 10s").root()),
            Signal.LOGS,
            (batch, ack) -> {
              sent.add(batch);
              ack.complete(answers.isEmpty() ? Outcome.ACCEPTED : answers.removeFirst());
            },
            rig);
    p.start();
    rig.send(p, Rig.logs("s", numbered(1), numbered(1)));
    rig.clock.pass(Duration.ofSeconds(10));
    rig.send(p, Rig.logs("s", numbered(1)));
    rig.clock.pass(Duration.ofSeconds(10));
    assertThat(sent).extracting(CollectorDedupTest::ids).containsExactly("1x2", "1x2", "1x2");
    rig.clock.pass(Duration.ofSeconds(10));
    assertThat(sent).hasSize(4);
    assertThat(ids(sent.get(3))).isEqualTo("1x1");
    assertThat(rig.account(Signal.LOGS).balance().out()).isEqualTo(2);
    p.stop(Duration.ofSeconds(1));
    assertThat(sent).hasSize(4);
    assertThat(rig.balanced()).isTrue();
  }
}
