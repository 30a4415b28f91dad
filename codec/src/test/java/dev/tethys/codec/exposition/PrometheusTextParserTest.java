package dev.tethys.codec.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.exposition.ExpositionParser.Event;
import dev.tethys.model.Labels;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrometheusTextParserTest {
  @Test
  void acceptsTheSameAsPrometheus() {
    assertThat(
            Transcript.text(
                """
                # HELP gc A summary.\\nOf \\"it\\" \\\\ all.
                # 	TYPE gc summary
                gc{quantile="0"} 4.9351e-05
                gc{quantile="0.25",} 7.424100000000001e-05
                gc { quantile = "1" a = "b" } 8
                # TYPE h histogram
                h_bucket{handler="/",le="1"} 423
                h_bucket{handler="/",le="+Inf"} +Inf
                other{le="1",quantile="1"} 12345
                # a comment with \\n
                #
                # HELP nohelp1
                # HELP nohelp2\u0020
                # HELP
                some:aggregate:rate5m{a_b="c"}	1
                # TYPE go_goroutines gauge

                go_goroutines 33  	123123
                  indented{l="\\"bar\\" \\x \\n"}1
                # TYPE u untyped
                u{le="1"} nAn
                {"go.gc", "strange©\\n\\"n\\""="6",} -iNf
                { "q" } 1.5e3\
                """))
        .containsExactly(
            "HELP gc A summary.\nOf \\\"it\\\" \\ all.",
            "TYPE gc summary",
            "gc{quantile=\"0.0\"} 4.9351e-05",
            "gc{quantile=\"0.25\"} 7.424100000000001e-05",
            "gc{a=\"b\", quantile=\"1.0\"} 8",
            "TYPE h histogram",
            "h_bucket{handler=\"/\", le=\"1.0\"} 423",
            "h_bucket{handler=\"/\", le=\"+Inf\"} +Inf",
            "other{le=\"1.0\", quantile=\"1\"} 12345",
            "COMMENT # a comment with \\n",
            "COMMENT #",
            "HELP nohelp1 ",
            "HELP nohelp2 ",
            "COMMENT # HELP",
            "some:aggregate:rate5m{a_b=\"c\"} 1",
            "TYPE go_goroutines gauge",
            "go_goroutines 33 @123123",
            "indented{l=\"\\\"bar\\\" \\\\x \\n\"} 1",
            "TYPE u untyped",
            "u{le=\"1\"} NaN",
            "{\"go.gc\", \"strange©\\n\\\"n\\\"\"=\"6\"} -Inf",
            "q 1500");
  }

  @Test
  void acceptsNullBytesInValuesAndHelp() {
    assertThat(Transcript.text("# HELP metric foo\0bar\na{b=\"\0ss\"} 1"))
        .containsExactly("HELP metric foo\0bar", "a{b=\"\\x00ss\"} 1");
    assertThatExceptionOfType(ExpositionException.class)
        .isThrownBy(() -> Transcript.text("a\0{b=\"ddd\"} 1"));
    assertThatExceptionOfType(ExpositionException.class)
        .isThrownBy(() -> Transcript.text("a 0 1\0"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a|line 1: expected value after metric, got end of input while parsing: \"a\"",
        "a 1;a{b='c'} 1|line 2: expected label value, got \"'\" while parsing: \"a{b='\"",
        "a{b=;|line 1: expected label value, got \"\\n\" while parsing: \"a{b=\\n\"",
        "{\"a\", \"b = \"c\"}|line 1: expected equal, got \"c\" while parsing: \"{\\\"a\\\", \\\"b"
            + " = \\\"c\"",
        "a true|line 1: not a number: \"true\"",
        "a{b=\"|line 1: expected label value, got \"\\\"\" while parsing: \"a{b=\\\"\"",
        "e{=\"\"} 0|line 1: expected label name, got \"=\" while parsing: \"e{=\"",
        "{A}0|line 1: expected equal, got \"}\" while parsing: \"{A}\"",
        "foo 1_2|line 1: not a number: \"1_2\"",
        "foo 0x1p-3|line 1: not a number: \"0x1p-3\"",
        "foo 1e309|line 1: number out of range: \"1e309\"",
        "foo 0 1_2|line 1: expected next entry after timestamp, got \"_\" while parsing: \"foo 0"
            + " 1_\"",
        "foo 0 -1|line 1: expected timestamp or new record, got \"-\" while parsing: \"foo 0 -\"",
        "foo 0 99999999999999999999|line 1: timestamp out of range: \"99999999999999999999\"",
        "{a=\"ok\"} 1|line 1: metric name not set while parsing: \"{a=\\\"ok\\\"}\"",
        "a{\"b\"} 1|line 1: metric name already set while parsing: \"a{\\\"b\\\"\"",
        "# TYPE #|line 1: expected metric name after TYPE, got \"#\" while parsing: \"# TYPE #\"",
        "# TYPE a counter |line 1: invalid metric type \"counter \"",
        "# TYPE a info|line 1: invalid metric type \"info\"",
        "# TYPE a|line 1: invalid metric type \"\"",
        "a{b=\"c\",,} 1|line 1: expected label name, got \",\" while parsing: \"a{b=\\\"c\\\",,\"",
        "a{b=\"1\",b=\"2\"} 1|line 1: label name \"b\" is not unique",
        "a{__name__=\"b\"} 1|line 1: label name \"__name__\" is not unique",
        "9 1|line 1: expected a valid start token, got \"9\" while parsing: \"9\""
      },
      ignoreLeadingAndTrailingWhitespace = false)
  void rejectsWithPositionAndReason(String body, String message) {
    assertThatThrownBy(() -> Transcript.text(body.replace(';', '\n')))
        .isInstanceOf(ExpositionException.class)
        .hasMessage(message);
  }

  @Test
  void rejectsBadUtf8() {
    for (String body : List.of("a{b=\"\u00ff\"} 1", "{\"a\u00ff\"} 1", "# HELP a \u00ff\n")) {
      byte[] b = body.getBytes(StandardCharsets.ISO_8859_1);
      assertThatThrownBy(
              () -> Transcript.of(ExpositionParsers.text(b, 0, b.length, ParserOptions.DEFAULT)))
          .isInstanceOf(ExpositionException.class)
          .hasMessageContaining("UTF-8");
    }
  }

  @Test
  void typeAndUnitBecomeLabels() {
    ParserOptions options = new ParserOptions(false, true, false, false, true);
    assertThat(Transcript.text("# TYPE a gauge\na{__type__=\"x\"} 1\n", options))
        .containsExactly("TYPE a gauge", "a{__type__=\"gauge\"} 1");
    assertThat(
            Transcript.openMetrics(
                "# TYPE a_s gauge\n# UNIT a_s s\na_s 1\n# TYPE b unknown\nb 1\n# EOF\n", options))
        .contains("a_s{__type__=\"gauge\", __unit__=\"s\"} 1", "b 1");
  }

  /** What this parser takes though the stricter one of client libraries does not. */
  private static final List<String> LAX =
      List.of(
          "from_test_parse_error_0", // no line end at the end
          "from_test_parse_error_1", // unknown escape
          "from_test_parse_error_2", // line end in a value
          "from_test_parse_error_7", // quantile that is no number
          "from_test_parse_error_12", // second HELP
          "from_test_parse_error_13", // second TYPE
          "from_test_parse_error_14", // TYPE behind its samples
          "from_test_parse_error_19"); // le that is no number

  /** And what it refuses as Prometheus's scraper does: a timestamp before 1970. */
  private static final String STRICT = "from_test_parse_3";

  @Test
  void handlesFuzzCorpusLikeTheClientLibraries() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path p : Shared.conformanceFiles("common/expfmt-fuzz-corpus", "")) {
      String name = p.getFileName().toString();
      boolean bad = name.contains("error") && !LAX.contains(name) || name.equals(STRICT);
      byte[] b = Files.readAllBytes(p);
      String error = "";
      try {
        Transcript.of(ExpositionParsers.text(b, 0, b.length, ParserOptions.DEFAULT));
      } catch (ExpositionException e) {
        error = String.valueOf(e.getMessage());
      }
      if (bad == error.isEmpty()) {
        wrong.add(name + " " + error + " <- " + new String(b, StandardCharsets.UTF_8));
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void readsTheRecordedExpositions() throws IOException {
    for (Path p : Shared.conformanceFiles("prometheus/textparse", ".prom.txt")) {
      assertThat(Transcript.text(Files.readString(p))).as(p.toString()).hasSizeGreaterThan(1000);
    }
    assertThat(Transcript.text(Files.readString(Shared.conformance("common/expfmt/text"))))
        .isNotEmpty();
    for (Path p : Shared.conformanceFiles("prometheus/textparse", ".om.txt")) {
      assertThat(Transcript.openMetrics(Files.readString(p))).as(p.toString()).isNotEmpty();
    }
  }

  private static ExpositionParser parser(String text) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    return ExpositionParsers.text(b, 0, b.length, ParserOptions.DEFAULT);
  }

  private static long hash(String key) {
    byte[] b = key.getBytes(StandardCharsets.UTF_8);
    return Labels.hash64(b, 0, b.length);
  }

  private static String sample(ExpositionParser p) {
    String key = new String(p.buffer(), p.keyOffset(), p.keyLength(), StandardCharsets.UTF_8);
    return key + " " + p.value() + (p.hasTimestamp() ? " " + p.timestamp() : "") + " " + p.labels();
  }

  /** Keys that are known are not taken apart, and everything is as if they were. */
  @Test
  void returnsSamplesOfKnownKeys() {
    String text =
        """
        # TYPE h histogram
        h_bucket{le="1",a="x } 1"} 4
        h_bucket{le="+Inf",b=""} 5 123
        plain 1e3
        plain{} 2 \t
        plain {a="b"} -Inf
        {"quoted", a="b"} 7
        last{x="\\"}"} NaN\
        """;
    ExpositionParser all = parser(text);
    ExpositionParser known = parser(text);
    int asKnown = 0;
    for (Event e = all.next(); e != Event.END; e = all.next()) {
      if (e != Event.SERIES) {
        assertThat(known.nextIs(5, hash("plain"))).isFalse();
        assertThat(known.next()).isEqualTo(e);
        continue;
      }
      String sample = sample(all);
      String key = sample.substring(0, all.keyLength());
      assertThat(known.nextIs(key.length(), hash(key) + 1)).isFalse();
      if (known.nextIs(key.length(), hash(key))) {
        asKnown++;
      } else {
        known.next();
      }
      assertThat(sample(known)).isEqualTo(sample);
      assertThat(known.emptyLabels()).isEqualTo(all.emptyLabels());
    }
    assertThat(asKnown).isEqualTo(6);
    assertThat(known.next()).isEqualTo(Event.END);
    assertThat(known.nextIs(4, hash("last"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "foo {a=\"b\"} 1",
        "foo  {a=\"b\"} 1",
        "foo \t{a=\"b\"} 1",
        "foo{a=\"b\"} 1",
        "fooo 1",
        "fop 1",
        "foo",
        "foo ",
        " foo 1",
        "\nfoo 1",
        "# foo 1"
      })
  void parsesLinesThatOnlyStartLikeAKnownKey(String text) {
    ExpositionParser p = parser(text);
    assertThat(p.nextIs(3, hash("foo"))).isFalse();
    sameAs(p, text);
  }

  /** Lookups changed nothing: the parser continues as one without lookups. */
  private static void sameAs(ExpositionParser asked, String text) {
    ExpositionParser other = parser(text);
    try {
      for (Event e = other.next(); e != Event.END; e = other.next()) {
        assertThat(asked.next()).isEqualTo(e);
        if (e == Event.SERIES) {
          assertThat(sample(asked)).isEqualTo(sample(other));
        }
      }
      assertThat(asked.next()).isEqualTo(Event.END);
    } catch (ExpositionException e) {
      assertThatThrownBy(asked::next).hasMessage(e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo x", "foo 1 x", "foo 1 2 3", "foo 1e999"})
  void reportsSameErrorAfterAKnownKey(String text) {
    ExpositionParser p = parser(text);
    assertThatThrownBy(() -> parser(text).next())
        .satisfies(
            e -> assertThatThrownBy(() -> p.nextIs(3, hash("foo"))).hasMessage(e.getMessage()));
  }
}
