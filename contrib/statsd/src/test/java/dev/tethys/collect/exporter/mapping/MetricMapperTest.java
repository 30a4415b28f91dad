package dev.tethys.collect.exporter.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.mapping.MetricMapper.Mapped;
import dev.tethys.config.ConfigException;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricMapperTest {
  private static String map(MetricMapper m, String name, MetricKind kind) {
    Mapped x = m.map(name, kind);
    return x == null ? "none" : x.mapping().drop() ? "drop" : x.name() + x.labels();
  }

  private static Mapped found(MetricMapper m, String name, MetricKind kind) {
    return Objects.requireNonNull(m.map(name, kind));
  }

  private static MetricMapper of(String yaml) {
    return new MetricMapper(MappingFile.parse("mapping.yml", yaml), 10);
  }

  private static MetricMapper shared(String file) throws IOException {
    return new MetricMapper(MappingFile.read(Shared.conformance(file)), 10);
  }

  @Test
  void acceptsExampleOfStatsdExporter() throws IOException {
    MetricMapper m = shared("statsd_exporter/config.example.yml");
    assertThat(map(m, "test.timing.a.b.c", MetricKind.OBSERVER))
        .isEqualTo("my_timer{provider=b, outcome=c, job=a_server}");
    Mapped x = found(m, "consistent_app.timing.a.b.c", MetricKind.OBSERVER);
    ObserverOptions o = x.mapping().observer();
    assertThat(o.histogram()).isTrue();
    assertThat(o.nativeFactor()).isEqualTo(1.005);
    assertThat(o.nativeBuckets()).isEqualTo(160);
    assertThat(o.buckets()).hasSize(11).startsWith(0.01);
    Mapped s = found(m, "other.distribution.a.b.c", MetricKind.OBSERVER);
    assertThat(s.mapping().observer().histogram()).isFalse();
    assertThat(s.mapping().observer().quantiles()).hasSize(4);
    assertThat(s.mapping().observer().maxAge()).isEqualTo(Duration.ofMinutes(5));
    assertThat(map(m, "test.timing.a.b", MetricKind.OBSERVER)).isEqualTo("none");
  }

  @Test
  void acceptsMappingsOfGraphiteExporter() throws IOException {
    MetricMapper m = shared("graphite_exporter/mapping.yml");
    assertThat(map(m, "rspamd.actions.add", MetricKind.GAUGE))
        .isEqualTo("rspamd_actions{action=add}");
    assertThat(map(m, "rspamd.spam", MetricKind.GAUGE)).isEqualTo("rspamd_spam{}");
    m = shared("graphite_exporter/backtrack.yml");
    assertThat(map(m, "a.b.c.d", MetricKind.GAUGE)).isEqualTo("abcd{}");
    assertThat(map(m, "a.b.c.b", MetricKind.GAUGE)).isEqualTo("axxb{one=b, two=c}");
    m = shared("graphite_exporter/issue90.yml");
    assertThat(map(m, "flink.tsk.a.b.c.d.e", MetricKind.GAUGE))
        .isEqualTo("flink_d_e{job=a, subtask=c, task=b}");
  }

  @Test
  void firstGlobWinsUnlessOrderingIsDisabled() {
    String rules =
        "mappings: [{match: a.*, name: first}, {match: a.b, name: second}, {match: '*.b', name:"
            + " third}]";
    assertThat(map(of(rules), "a.b", MetricKind.GAUGE)).isEqualTo("first{}");
    assertThat(
            map(of("defaults: {glob_disable_ordering: true}\n" + rules), "a.b", MetricKind.GAUGE))
        .isEqualTo("second{}");
    assertThat(map(of(rules), "c.b", MetricKind.GAUGE)).isEqualTo("third{}");
    assertThat(map(of(rules), "c.d", MetricKind.GAUGE)).isEqualTo("none");
  }

  @Test
  void triesExpressionsAfterGlobsAndDistinguishesKinds() {
    MetricMapper m =
        of(
            "mappings:\n"
                + "- {match: '^x\\.(\\w+)', match_type: regex, name: 're_$1', labels: {l:"
                + " '${1}y$$'}}\n"
                + "- {match: x.*, name: glob, match_metric_type: counter, ttl: 5m, scale: 0.5}\n"
                + "- {match: '.', match_type: regex, action: drop}\n");
    assertThat(map(m, "x.a", MetricKind.COUNTER)).isEqualTo("glob{}");
    assertThat(map(m, "x.a", MetricKind.GAUGE)).isEqualTo("re_a{l=ay$}");
    assertThat(map(m, "y", MetricKind.GAUGE)).isEqualTo("drop");
    Mapped x = found(m, "x.a", MetricKind.COUNTER);
    assertThat(x.mapping().ttl()).isEqualTo(Duration.ofMinutes(5));
    assertThat(x.mapping().scale()).isEqualTo(0.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mappings: [{match: a.b}]",
        "mappings: [{name: a}]",
        "mappings: [{match: 'a..b', name: a}]",
        "mappings: [{match: 'a.b*', name: a}]",
        "mappings: [{match: 'a', name: 'a-b'}]",
        "mappings: [{match: 'a', name: a, labels: {'b-c': d}}]",
        "mappings: [{match: '(', match_type: regex, name: a}]",
        "mappings: [{match: a, name: a, observer_type: gauge}]",
        "mappings: [{match: a, name: a, buckets: [2, 1]}]",
        "mappings: [{match: a, name: a, colour: red}]",
        "default: {}"
      })
  void rejectsInvalidMappings(String yaml) {
    assertThatThrownBy(() -> of(yaml)).isInstanceOf(ConfigException.class);
  }
}
