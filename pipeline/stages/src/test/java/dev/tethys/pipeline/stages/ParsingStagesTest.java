package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Stages that extract values; an observer shows the extracted values. */
class ParsingStagesTest {
  private static final String JSON =
      """
      {
        "time":"2012-11-01T22:08:41+00:00",
        "app":"loki",
        "component": ["parser","type"],
        "level" : "WARN",
        "numeric": {"float": 12.34, "integer": 123, "string": "123", "big": 9007199254740993123},
        "nested" : {"child":"<value>", "a": 1.50},
        "complex": {"log": {"array":[{"test1":"test2"},{"test3":"test4"}],"prop":"value"}},
        "yes": true, "none": null,
        "extra": "{\\"user\\":\\"marco\\"}"
      }
      """;

  private static SortedMap<String, String> extracted(String yaml, String line, String... labels) {
    List<EntrySnapshot> last = new ArrayList<>();
    Rig rig = Rig.observed(yaml, (stage, before, after) -> last.addAll(after));
    rig.run(line, labels);
    return last.isEmpty() ? new TreeMap<>() : last.getLast().extracted();
  }

  @Test
  void evaluatesExpressionsOverJson() {
    String yaml =
        """
        - json:
            expressions:
              time:
              app: ''
              component:
              float: numeric.float
              integer: numeric.integer
              string: numeric.string
              nested:
              complex: complex.log.array[1].test3
              unknown:
              yes:
        """;
    assertThat(extracted(yaml, JSON))
        .containsEntry("time", "2012-11-01T22:08:41+00:00")
        .containsEntry("app", "loki")
        .containsEntry("component", "[\"parser\",\"type\"]")
        .containsEntry("float", "12.34")
        .containsEntry("integer", "123")
        .containsEntry("string", "123")
        .containsEntry("nested", "{\"a\":1.5,\"child\":\"\\u003cvalue\\u003e\"}")
        .containsEntry("complex", "test4")
        .containsEntry("unknown", "null")
        .containsEntry("yes", "true");
  }

  @Test
  void extractsResultsOfFunctions() {
    String yaml =
        """
        - json:
            expressions:
              sum: 'sum([numeric.integer, numeric.integer])'
              length: length(component)
              average: 'avg([`1`, `2`])'
              large: 'to_number(`"1e21"`)'
              wrong: abs(app)
        """;
    assertThat(extracted(yaml, JSON))
        .containsEntry("sum", "246")
        .containsEntry("length", "2")
        .containsEntry("average", "1.5")
        .containsEntry("large", "1000000000000000000000")
        .doesNotContainKey("wrong");
  }

  @Test
  void plainPathsGiveTheSameResults() {
    String yaml =
        """
        - json:
            expressions: {float: numeric.float, big: numeric.big, n: nested, c: nested.child, gone: app.x}
        """;
    assertThat(extracted(yaml, JSON))
        .containsEntry("float", "12.34")
        .containsEntry("big", "9007199254740993123")
        .containsEntry("n", "{\"a\":1.5,\"child\":\"\\u003cvalue\\u003e\"}")
        .containsEntry("c", "<value>")
        .containsEntry("gone", "null");
  }

  @Test
  void readsJsonFromASource() {
    String yaml =
        """
        - json: {expressions: {extra: }}
        - json: {expressions: {user: }, source: extra}
        - json: {expressions: {app: }, source: missing}
        """;
    assertThat(extracted(yaml, JSON))
        .containsEntry("user", "marco")
        .doesNotContainKey("app")
        .containsEntry("extra", "{\"user\":\"marco\"}");
  }

  @Test
  void ignoresOrDropsMalformedJson() {
    assertThat(extracted("- json: {expressions: {page: }}", "ts=now log=notjson")).isEmpty();
    assertThat(extracted("- json: {expressions: {page: }}", "[1]")).isEmpty();
    assertThat(extracted("- json: {expressions: {a: 'page[0]'}}", "[1]")).isEmpty();
    Rig rig = new Rig("- json: {expressions: {page: }, drop_malformed: true}");
    assertThat(rig.run("{\"page\": 1, \"fruits\": [\"apple\"]}")).hasSize(1);
    assertThat(rig.run("{\"page\": 1, fruits\": [\"apple\"]}")).isEmpty();
    assertThat(rig.settled).hasValue(1);
    assertThat(rig.metric("logentry_dropped_lines_total", "reason", "json_stage")).isEqualTo(1);
  }

  @Test
  void rejectsInvalidJsonStages() {
    assertThatThrownBy(() -> new Rig("- json:"))
        .hasMessageContaining("\"expressions\" is required");
    assertThatThrownBy(() -> new Rig("- json: {expressions: {}}"))
        .hasMessageContaining("at least one expression");
    assertThatThrownBy(() -> new Rig("- json: {expressions: {a: '3##@$#33'}}"))
        .hasMessageContaining("could not compile JMESPath expression \"3##@$#33\"");
    assertThatThrownBy(() -> new Rig("- json: {expressions: {a: }, source: ''}"))
        .hasMessageContaining("\"source\" must not be empty");
  }

  @Test
  void extractsGroupsOfTheFirstMatch() {
    String yaml =
        "- regex: {expression: '(?P<ip>\\S+) \"(?P<verb>[A-Z]+) (?P<path>\\S+)(?: (?P<proto>H\\S+))?\"'}";
    assertThat(extracted(yaml, "11.11.11.11 \"GET /x\" 12.12.12.12 \"PUT /y\""))
        .containsEntry("ip", "11.11.11.11")
        .containsEntry("verb", "GET")
        .containsEntry("path", "/x")
        .containsEntry("proto", "");
    assertThat(extracted(yaml, "nothing")).isEmpty();
    assertThat(
            extracted("- regex: {expression: '^(?P<first>.)', source: app}", "line", "app", "loki"))
        .containsEntry("first", "l");
    assertThatThrownBy(() -> new Rig("- regex: {expression: '(?P<a'}"))
        .hasMessageContaining("could not compile regular expression");
  }

  @Test
  void extractsPairs() {
    String yaml = "- logfmt: {mapping: {ts: time, msg: , empty: , quoted: q, twice: }}";
    assertThat(
            extracted(
                yaml,
                "time=2012-11-01T22:08:41+00:00 level=WARN msg=\"this is a \\\"log\\\" line\" empty"
                    + " q=\"\" twice=1 twice=2"))
        .containsEntry("ts", "2012-11-01T22:08:41+00:00")
        .containsEntry("msg", "this is a \"log\" line")
        .containsEntry("empty", "")
        .containsEntry("quoted", "")
        .containsEntry("twice", "2")
        .doesNotContainKey("level");
    assertThat(extracted(yaml, "msg=a b\"c time=x")).containsOnlyKeys("msg");
    assertThat(extracted(yaml, "msg=a time=\"open")).containsOnlyKeys("msg");
    assertThatThrownBy(() -> new Rig("- logfmt: {mapping: {}}"))
        .hasMessageContaining("at least one mapping");
  }

  @Test
  void parsesDockerLines() {
    Rig rig = new Rig("- docker: {}");
    LogEntry e =
        rig.one(
            "{\"log\":\"level=info msg=\\\"x\\\"\\n\",\"stream\":\"stderr\",\"time\":\"2019-04-30T02:12:41.8443515Z\"}");
    assertThat(e.line()).isEqualTo("level=info msg=\"x\"\n");
    assertThat(e.labels()).isEqualTo(Labels.of("stream", "stderr"));
    assertThat(e.timestamp()).isEqualTo(1556590361844351500L);
    LogEntry odd =
        rig.run(42, "{\"log\":\"m\\n\",\"stream\":\"stderr\",\"time\":\"hi!\"}").getFirst();
    assertThat(odd.line()).isEqualTo("m\n");
    LogEntry none = new Rig("- docker:").run(42, "i'm not json!").getFirst();
    assertThat(none.line()).isEqualTo("i'm not json!");
    assertThat(none.timestamp()).isEqualTo(42);
    assertThat(none.labels()).isEqualTo(Labels.EMPTY);
  }

  @Test
  void parsesEventLogMessages() {
    String yaml =
        """
        - json: {expressions: {message: }}
        - eventlogmessage: {}
        """;
    String line =
        "{\"message\":\"Key1: Value 1\\r\\nKey Two: v:2 \\r\\nnocolon\\r\\n9x: 3\\r\\napp: new\"}";
    assertThat(extracted(yaml, line, "app", "old"))
        .containsEntry("Key1", "Value 1")
        .containsEntry("Key_Two", "v:2")
        .containsEntry("_x", "3")
        .containsEntry("app", "old")
        .containsEntry("app_extracted", "new");
    assertThat(
            extracted(
                yaml.replace("{}", "{overwrite_existing: true, drop_invalid_labels: true}"),
                line,
                "app",
                "old"))
        .containsEntry("app", "new")
        .doesNotContainKey("Key_Two");
    assertThatThrownBy(() -> new Rig("- eventlogmessage: {source: 'a b'}"))
        .hasMessageContaining("invalid label name: a b");
  }

  @Test
  void keepsAllDigitsOfJsonIntegers() {
    Rig rig = new Rig("- json: {expressions: {id: }}\n- labels: {id: }");
    for (String id : new String[] {"9007199254740993", "18446744073709551615", "-7"}) {
      assertThat(rig.one("{\"id\":" + id + "}").labels().get("id")).isEqualTo(id);
    }
  }
}
