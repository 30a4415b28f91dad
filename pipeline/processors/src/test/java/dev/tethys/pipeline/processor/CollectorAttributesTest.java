package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.attributes.AttributesProcessors;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The actions of {@code attributes} and {@code resource} against the Collector's own tests. */
final class CollectorAttributesTest {
  private final Rig rig = new Rig();

  private String edited(String actions, String attributes) {
    LogRecord l = Rig.log(9, "");
    Map<?, ?> tree =
        (Map<?, ?>) YamlDocument.parse("a.yaml", null, "{" + attributes + "}").root().asTree();
    tree.forEach((k, v) -> l.attributes().put((String) k, Match.value(v)));
    rig.processor(AttributesProcessors.attributes(), Signal.LOGS, "actions: [" + actions + "]")
        .consume(
            Rig.batch(
                Rig.logs("s", l),
                new Metadata(
                    Map.of(
                        "source_single_val",
                        List.of("single_val"),
                        "source_multiple_val",
                        List.of("first_val", "second_val")))),
            rig.outcomes::add);
    TreeMap<String, Object> got = new TreeMap<>();
    Rig.all(rig.logs()).getFirst().attributes().forEach(got::put);
    return got.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{key: a, action: insert, value: 123} | \"\" | {a=123}",
        "{key: a, action: insert, value: 123} | k: bob | {a=123, k=bob}",
        "{key: a, action: insert, value: 123} | a: bob | {a=bob}",
        "{key: string key, action: insert, from_attribute: k} | \"\" | {}",
        "{key: string key, action: insert, from_attribute: k} | bob: 1 | {bob=1}",
        "{key: string key, action: insert, from_attribute: k} | k: 8892342"
            + " | {k=8892342, string key=8892342}",
        "{key: string key, action: insert, from_attribute: k} | k: 8892342, string key: here"
            + " | {k=8892342, string key=here}",
        "{key: a, action: insert, value: 3245.6} | \"\" | {a=3245.6}",
        "{key: a, action: upsert, value: 1.0} | a: 1 | {a=1.0}",
        "{key: db.secret, action: update, value: redacted} | boo: foo | {boo=foo}",
        "{key: db.secret, action: update, value: redacted} | db.secret: x | {db.secret=redacted}",
        "{key: boo, action: update, from_attribute: foo} | boo: bob | {boo=bob}",
        "{key: boo, action: update, from_attribute: foo} | foo: over there | {foo=over there}",
        "{key: boo, action: update, from_attribute: foo} | foo: party, boo: not here"
            + " | {boo=party, foo=party}",
        "{key: region, action: upsert, value: earth} | \"\" | {region=earth}",
        "{key: region, action: upsert, value: earth} | region: sun | {region=earth}",
        "{key: n, action: upsert, from_attribute: u} | boo: x | {boo=x}",
        "{key: n, action: upsert, from_attribute: u} | u: 2245 | {n=2245, u=2245}",
        "{key: n, action: upsert, from_attribute: u} | u: 2245, n: 5422 | {n=2245, u=2245}",
        "{key: u, action: extract, pattern: '^/v1/doc/(?P<n>.*)/update/(?P<v>.*)$'} | boo: x"
            + " | {boo=x}",
        "{key: u, action: extract, pattern: '^/v1/doc/(?P<n>.*)/update/(?P<v>.*)$'} | u: 1234"
            + " | {u=1234}",
        "{key: u, action: extract, pattern: '^/v1/doc/(?P<n>.*)/update/(?P<v>.*)$'}"
            + " | u: /v1/doc/12/update | {u=/v1/doc/12/update}",
        "{key: u, action: extract, pattern: '^/v1/doc/(?P<n>.*)/update/(?P<v>.*)$'}"
            + " | u: /v1/doc/12/update/v1, n: 2321 | {n=12, u=/v1/doc/12/update/v1, v=v1}",
        "{key: d, action: delete, pattern: '^d_.'} | boo: x | {boo=x}",
        "{key: d, action: delete, pattern: '^d_.'} | d: 3245.6, o: 3245.6 | {o=3245.6}",
        "{key: d, action: delete, pattern: '^d_.'} | d_a: 1, d_b: 2, o: 3, not_d_: 4"
            + " | {not_d_=4, o=3}",
        "{action: delete, pattern: 'dup.*'} | duplicate_key: 1, o: 2 | {o=2}",
        "{key: u, action: hash, pattern: '^by.*'} | boo: foo | {boo=foo}",
        "{key: u, action: hash, pattern: '^by.*'} | u: foo"
            + " | {u=2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae}",
        "{key: u, action: hash, pattern: '^by.*'} | u: true"
            + " | {u=4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a}",
        "{key: u, action: hash, pattern: '^by.*'} | u: false"
            + " | {u=6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d}",
        "{key: u, action: hash, pattern: '^by.*'} | byre: false, notbyre: false"
            + " | {byre=6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d,"
            + " notbyre=false}",
        "{key: u, action: hash} | u: '' | {u=}",
        "{key: b, action: insert, from_attribute: b}, {key: b, action: update, from_attribute: b},"
            + " {key: b, action: upsert, from_attribute: b} | b: x | {b=x}",
        "{key: o, action: insert, value: default}, {key: s, action: upsert, from_attribute: o},"
            + " {key: o, action: delete} | foo: c | {foo=c, s=default}",
        "{key: o, action: insert, value: default}, {key: s, action: upsert, from_attribute: o},"
            + " {key: o, action: delete} | foo: c, o: arithmetic, s: add | {foo=c, s=arithmetic}",
        "{key: d, action: INSERT, from_context: source} | \"\" | {}",
        "{key: d, action: insert, from_context: source_single_val} | \"\" | {d=single_val}",
        "{key: d, action: insert, from_context: source_multiple_val} | \"\""
            + " | {d=first_val;second_val}",
        "{key: d, action: insert, from_context: metadata.source_single_val} | \"\""
            + " | {d=single_val}",
        "{key: d, action: insert, from_context: auth.unknown_val} | \"\" | {}",
      })
  void editsAttributesLikeTheCollector(String actions, String attributes, String made) {
    assertThat(edited(actions, attributes)).isEqualTo(made);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{key: '', value: 123, action: upsert}",
        "{key: invalid, action: invalid}",
        "{key: k, action: insert}",
        "{key: k, value: 123, from_attribute: aa, action: upsert}",
        "{key: k, pattern: '(?P<w>.*?)$', from_attribute: aa, action: insert}",
        "{key: aa, action: extract}",
        "{key: k, pattern: '(?P<w>.*?)$', value: v, action: extract}",
        "{key: k, pattern: '(?P<w>.*?)$', from_attribute: aa, action: extract}",
        "{key: aa, pattern: '(?P<invalid.regex>.*?)$', action: extract}",
        "{key: aa, pattern: '.*$', action: extract}",
        "{key: aa, pattern: '^/(?P<k>.*)/update/(.*)$', action: extract}",
        "{key: k, value: 1, action: delete}",
        "{key: k, from_attribute: a, action: hash}",
        "{action: delete}",
        "{key: k, value: 1, converted_type: int, action: insert}",
        "{key: k, converted_type: int, action: delete}",
        "{key: k, converted_type: int, pattern: x, action: convert}",
        "{key: k, action: convert}",
        "{key: k, converted_type: bool, action: convert}",
      })
  void rejectsSettingsThatTheCollectorRejects(String action) {
    assertThatThrownBy(
            () ->
                rig.processor(
                    AttributesProcessors.resource(), Signal.LOGS, "attributes: [" + action + "]"))
        .isInstanceOf(ConfigException.class);
  }
}
