package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stages that drop, hold back, slow down and choose. */
class FlowStagesTest {
  private static final long SECOND = 1_000_000_000L;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {source: app}                                          | true
          {source: [app, env]}                                   | true
          {source: [app, gone]}                                  | false
          {source: app, value: loki}                             | true
          {source: app, value: lok}                              | false
          {source: [app, env], value: loki;dev}                  | true
          {source: [app, env], separator: '#', value: loki#dev}  | true
          {source: [app, gone], value: loki}                     | true
          {source: app, expression: '^l.k'}                      | true
          {source: gone, expression: '.*'}                       | true
          {source: gone, expression: '.+'}                       | false
          {expression: '^hel+o'}                                 | true
          {expression: '^ello'}                                  | false
          {longer_than: 4}                                       | true
          {longer_than: 4b}                                      | true
          {longer_than: 5}                                       | false
          {longer_than: 1kb}                                     | false
          {older_than: 1h}                                       | true
          {older_than: 3h}                                       | false
          {older_than: 1h, longer_than: 100}                     | false
          {expression: hello, source: app}                       | false
          """)
  void dropsEntriesThatMeetEveryCondition(String config, boolean dropped) {
    Rig rig = new Rig("- drop: " + config);
    long twoHoursAgo = rig.clock.now - 7200 * SECOND;
    assertThat(rig.run(twoHoursAgo, "hello", "app", "loki", "env", "dev").isEmpty())
        .isEqualTo(dropped);
    assertThat(rig.settled).hasValue(dropped ? 1 : 0);
    assertThat(rig.metric("logentry_dropped_lines_total", "reason", "drop_stage"))
        .isEqualTo(dropped ? 1 : 0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                       | requires at least one of
          {value: a}                               | requires at least one of
          {older_than: 1h, value: a}               | with value needs source
          {source: a, value: b, expression: c}     | value or expression, not both
          {expression: '(?P<a'}                    | could not compile
          {older_than: 10y}                        | not a valid duration
          {longer_than: 10z}                       | is not a size
          """)
  void rejectsInvalidDropStages(String config, String message) {
    assertThatThrownBy(() -> new Rig("- drop: " + config)).hasMessageContaining(message);
  }

  @Test
  void countsDropsByReason() {
    Rig rig = new Rig("- drop: {expression: x, drop_counter_reason: mine}");
    rig.run("x");
    assertThat(rig.metric("logentry_dropped_lines_total", "reason", "mine")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " ## ",
      quoteCharacter = '\u00a7',
      textBlock =
          """
          {foo="bar"} ## true
          {foo="bar",bar!="test"} ## true
          {foo="bar",bar="test"} ## false
          {foo=~"b.*", gone=""} ## true
          {foo=~"a"} ## false
          {foo!~"b.*"} ## false
          {foo="bar"} |= "line" ## true
          {foo="bar"} |= "line" != "log" ## false
          {foo="bar"} |~ "^a .* line$" ## true
          {foo="bar"} !~ "l.g" ## false
          {foo="bar"} |= `a log` |~ `l.ne` ## true
          { foo = "b\\u0061r" } ## true
          """)
  void selectorsMatchEntries(String selector, boolean matches) {
    String quoted = "'" + selector.replace("'", "''") + "'";
    Rig drop = new Rig("- match: {action: drop, selector: " + quoted + "}");
    assertThat(drop.run("a log line", "foo", "bar").isEmpty()).isEqualTo(matches);
    Rig keep = new Rig("- match: {selector: " + quoted + ", stages: [static_labels: {seen: 'y'}]}");
    assertThat(keep.one("a log line", "foo", "bar").labels().has("seen")).isEqualTo(matches);
    assertThat(drop.metric("logentry_dropped_lines_total", "reason", "match_stage"))
        .isEqualTo(matches ? 1 : 0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " ## ",
      quoteCharacter = '\u00a7',
      textBlock =
          """
          {} ## "selector" is required
          {selector: ''} ## must not be empty
          {selector: '{foo="bar"}'} ## requires at least one stage
          {selector: '{foo="bar"}', stages: []} ## requires at least one stage
          {selector: '{foo="bar"', action: drop} ## } or , expected at column 11
          {selector: '{}', action: drop} ## a label name expected
          {selector: '{foo="bar"} |> "x"', action: drop} ## |=, !=, |~ or !~ expected
          {selector: '{foo=~"b("}', action: drop} ## missing closing )
          {selector: '{foo="bar"}', action: other} ## action should be keep or drop
          {selector: '{foo="bar"}', action: drop, stages: [cri: {}]} ## cannot have stages
          {selector: '{foo="bar"}', pipeline_name: '', stages: [cri: {}]} ## must not be empty
          """)
  void rejectsInvalidMatchStages(String config, String message) {
    assertThatThrownBy(() -> new Rig("- match: " + config)).hasMessageContaining(message);
  }

  @Test
  void innerStagesSeePrecedingLabels() {
    Rig rig =
        new Rig(
            """
            - static_labels: {app: new}
            - match:
                selector: '{app="new"}'
                stages:
                  - output: {source: app}
                  - match:
                      selector: '{app="new"} |= "new"'
                      stages: [labels: {copy: app}]
            """);
    LogEntry e = rig.one("x", "app", "old");
    assertThat(e.line()).isEqualTo("new");
    assertThat(e.labels()).isEqualTo(Labels.of("app", "new", "copy", "new"));
  }

  @Test
  void joinsLinesUpToTheNextFirstLine() {
    Rig rig = new Rig("- multiline: {firstline: '^START', max_wait_time: 3s}");
    rig.run("before", "s", "1");
    rig.run(5, "START 1", "s", "1");
    rig.run(6, "of another stream", "s", "2");
    rig.run(7, " more", "s", "1");
    rig.run(8, "START 2", "s", "1");
    assertThat(rig.lines()).containsExactly("before", "of another stream", "START 1\n more");
    assertThat(rig.out.getLast().timestamp()).isEqualTo(5);
    rig.clock.advance(3 * SECOND);
    rig.stages.flush(rig.out::add);
    assertThat(rig.lines().getLast()).isEqualTo("START 2");
    rig.run(9, "late", "s", "1");
    rig.stages.drain(rig.out::add);
    assertThat(rig.lines().getLast()).isEqualTo("late");
    assertThat(rig.out.getLast().timestamp()).isEqualTo(8);
    rig.out.forEach(LogEntry::settle);
    assertThat(rig.settled).hasValue(6);
  }

  @Test
  void endsBlocksAtMaxLines() {
    Rig rig =
        new Rig(
            """
            - multiline: {firstline: '^START', max_lines: 3}
            - regex: {expression: '(?P<head>START \\d)'}
            - labels: {head: }
            """);
    for (String s : new String[] {"START 1", "a", "b", "c", "", "d", "e"}) {
      rig.run(s, "s", "1");
    }
    assertThat(rig.lines()).containsExactly("START 1\na\nb", "c\n\nd");
    assertThat(rig.out.getFirst().labels().get("head")).isEqualTo("START 1");
    rig.stages.drain(rig.out::add);
    assertThat(rig.lines()).containsExactly("START 1\na\nb", "c\n\nd", "e");
    assertThat(rig.stages.nextFlush()).isEqualTo(Long.MAX_VALUE);
  }

  /** Of many streams, with pauses shorter than it waits for. */
  @Test
  void keepsBlocksOpenWhileLinesArrive() {
    Rig rig = new Rig("- multiline: {firstline: '^first', max_wait_time: 3s}");
    for (int line = 0; line < 20; line++) {
      for (int stream = 0; stream < 50; stream++) {
        rig.run(line == 0 ? "first" : "  more " + line, "s", "" + stream);
      }
      rig.clock.advance(2_900_000_000L);
      rig.stages.flush(rig.out::add);
      assertThat(rig.out).as("after line " + line).isEmpty();
    }
    rig.clock.advance(200_000_000L);
    assertThat(rig.stages.nextFlush()).isLessThanOrEqualTo(rig.clock.nanos());
    rig.stages.flush(rig.out::add);
    assertThat(rig.out).hasSize(50).allMatch(e -> e.line().lines().count() == 20);
  }

  @Test
  void matchKeepsOrderAcrossBothPaths() {
    Rig rig =
        new Rig(
            """
            - match:
                selector: '{app="a"} |= "long"'
                stages:
                  - regex: {expression: '(?P<word>\\w+)$'}
                  - labels: {word: }
            """);
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      sent.add((i % 3 == 0 ? "long " : "short ") + i);
      rig.run(sent.getLast(), "app", "a");
    }
    assertThat(rig.lines()).isEqualTo(sent);
  }

  @Test
  void boundsBlocksOfManyStreams() {
    Rig rig = new Rig("- multiline: {firstline: '^START'}");
    for (int i = 0; i <= MultilineStage.MAX_STREAMS; i++) {
      rig.run("START " + i, "s", "" + i);
    }
    assertThat(rig.lines()).containsExactly("START 0");
  }

  @Test
  void rejectsInvalidMultilineSettings() {
    assertThatThrownBy(() -> new Rig("- multiline: {}"))
        .hasMessageContaining("\"firstline\" is required");
    assertThatThrownBy(() -> new Rig("- multiline: {firstline: '('}"))
        .hasMessageContaining("could not compile");
    assertThatThrownBy(() -> new Rig("- multiline: {firstline: 'a', max_wait_time: ten}"))
        .hasMessageContaining("not a valid duration");
  }

  @Test
  void dropsEntriesAboveTheLimit() {
    Rig rig = new Rig("- limit: {rate: 2, burst: 3, drop: true}");
    for (int i = 0; i < 5; i++) {
      rig.run("x");
    }
    assertThat(rig.out).hasSize(3);
    rig.clock.advance(SECOND);
    for (int i = 0; i < 5; i++) {
      rig.run("x");
    }
    assertThat(rig.out).hasSize(5);
    assertThat(rig.metric("logentry_dropped_lines_total", "reason", "ratelimit_drop_stage"))
        .isEqualTo(5);
  }

  @Test
  void delaysEntriesAboveTheLimit() {
    Rig rig = new Rig("- limit: {rate: 2, burst: 1}");
    long start = rig.clock.nanos;
    for (int i = 0; i < 5; i++) {
      rig.run("x");
    }
    assertThat(rig.out).hasSize(5);
    assertThat(rig.clock.nanos - start).isEqualTo(2 * SECOND);
  }

  @Test
  void limitsEachLabelValue() {
    Rig rig = new Rig("- limit: {rate: 1, burst: 1, drop: true, by_label_name: app}");
    for (int i = 0; i < 2; i++) {
      rig.run("x", "app", "a");
      rig.run("x", "app", "b");
      rig.run("x", "other", "c");
    }
    assertThat(rig.out).hasSize(4);
    String name = "logentry_dropped_lines_by_label_total";
    assertThat(rig.metric(name, "label_name", "app", "label_value", "a")).isEqualTo(1);
    for (int i = 0; i < LimitStage.MIN_DISTINCT; i++) {
      rig.run("x", "app", "n" + i);
    }
    assertThat(rig.metric(name, "label_name", "app", "label_value", "a")).isNaN();
    assertThatThrownBy(() -> new Rig("- limit: {rate: 1, burst: 1, by_label_name: app}"))
        .hasMessageContaining("needs drop: true");
    assertThatThrownBy(() -> new Rig("- limit: {rate: 0, burst: 1}"))
        .hasMessageContaining("above 0");
  }

  @Test
  void countsBytesForByteLimits() {
    Rig rig = new Rig("- limit: {byte_rate: 10B, byte_burst: 20B, drop: true}");
    rig.run("0123456789");
    rig.run("grün"); // five bytes
    rig.run("0123456");
    rig.run("12345");
    assertThat(rig.lines()).containsExactly("0123456789", "grün", "12345");
    rig.clock.advance(2 * SECOND);
    rig.run("a line that is longer than the burst");
    rig.run("x");
    rig.clock.advance(2 * SECOND);
    rig.run("y"); // the debt is paid; two bytes are left
    assertThat(rig.lines().subList(3, rig.out.size()))
        .containsExactly("a line that is longer than the burst", "y");
    assertThat(rig.metric("logentry_dropped_lines_total", "reason", "ratelimit_drop_stage"))
        .isEqualTo(2);
  }

  @Test
  void limitsEntriesAndBytesTogether() {
    Rig rig = new Rig("- limit: {rate: 1, burst: 2, byte_rate: 1B, byte_burst: 4B, drop: true}");
    for (String s : List.of("aaa", "bb", "c", "d")) {
      rig.run(s);
    }
    // bb is too long and takes no entry's place; d is one entry too many
    assertThat(rig.lines()).containsExactly("aaa", "c");
    Rig slow = new Rig("- limit: {byte_rate: 2B}");
    long start = slow.clock.nanos;
    for (int i = 0; i < 3; i++) {
      slow.run("12");
    }
    assertThat(slow.clock.nanos - start).isEqualTo(2 * SECOND);
    assertThatThrownBy(() -> new Rig("- limit: {rate: 1, burst: 1, byte_burst: 10}"))
        .hasMessageContaining("byte_rate above 0");
    assertThatThrownBy(() -> new Rig("- limit: {drop: true}"))
        .hasMessageContaining("or a byte_rate");
  }

  @Test
  void samplesTheConfiguredShare() {
    Rig rig = new Rig("- sampling: {rate: 0.25}");
    for (int i = 0; i < 4000; i++) {
      rig.run("x");
    }
    assertThat(rig.out.size()).isBetween(850, 1150);
    assertThat(rig.metric("logentry_dropped_lines_total", "reason", "sampling_stage"))
        .isEqualTo(4000 - rig.out.size());
    assertThatThrownBy(() -> new Rig("- sampling: {rate: 1.1}"))
        .hasMessageContaining("between 0.0 and 1.0");
  }

  @Test
  void packsLabelsIntoTheLine() {
    Rig rig = new Rig("- pack: {labels: [pod, container, gone]}");
    LogEntry e = rig.run(1, "a \"log\" <line>", "pod", "p", "container", "c", "ns", "n").getFirst();
    assertThat(e.line())
        .isEqualTo(
            "{\"container\":\"c\",\"pod\":\"p\",\"_entry\":\"a \\\"log\\\" \\u003cline\\u003e\"}");
    assertThat(e.labels()).isEqualTo(Labels.of("ns", "n"));
    assertThat(e.timestamp()).isEqualTo(rig.clock.now);
    Rig keep = new Rig("- pack: {ingest_timestamp: false}");
    LogEntry same = keep.run(1, "x").getFirst();
    assertThat(same.line()).isEqualTo("{\"_entry\":\"x\"}");
    assertThat(same.timestamp()).isEqualTo(1);
  }

  /** A label set by a stage is not an extracted value, so it is not packed and stays. */
  @Test
  void keepsLabelsThatAreNotPacked() {
    Rig rig = new Rig("- static_labels: {dc: eu}\n- pack: {labels: [dc, pod]}");
    LogEntry e = rig.one("x", "pod", "p", "ns", "n");
    assertThat(e.line()).isEqualTo("{\"pod\":\"p\",\"_entry\":\"x\"}");
    assertThat(e.labels()).isEqualTo(Labels.of("dc", "eu", "ns", "n"));
  }
}
