package dev.tethys.alert.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateLimits;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The language and its functions against facts of Go's text/template and of Prometheus. */
class TemplateTest {
  private static final long NOW = 1353755652000L;

  private static final Map<String, List<QuerySample>> ANSWERS =
      Map.of(
          "1.5", List.of(new QuerySample(Map.of(), 1.5, null)),
          "metric",
              List.of(
                  new QuerySample(Map.of("__name__", "metric", "instance", "b"), 21, null),
                  new QuerySample(
                      Map.of("__name__", "metric", "instance", "a", "__value__", "v"), 11, null)));

  private static final Map<String, TemplateFunction> FUNCTIONS =
      PrometheusFunctions.of(
          (q, t) -> {
            if (q.equals("bad")) {
              throw new IllegalStateException("no such thing");
            }
            return ANSWERS.getOrDefault(q, List.of());
          },
          NOW,
          URI.create("http://testhost:9090/path/prefix"));

  static String run(String text, @Nullable Object data) {
    return Template.parse("test", text, FUNCTIONS, MissingKey.ZERO)
        .execute(data, FUNCTIONS, TemplateLimits.DEFAULT);
  }

  private static void fails(String text, @Nullable Object data, String message) {
    assertThatThrownBy(() -> run(text, data))
        .isInstanceOf(TemplateException.class)
        .hasMessage(message);
  }

  private static GoList floats(Double... v) {
    return new GoList("[]float64", Arrays.asList(v));
  }

  private static GoList ints(Long... v) {
    return new GoList("[]int64", Arrays.asList(v));
  }

  private static GoList texts(String... v) {
    return new GoList("[]string", Arrays.asList(v));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "plain text|plain text",
        "{{ 1 }}|1",
        "{{ 1.0 }} {{ 1e6 }} {{ 0x10 }} {{ 1_000 }} {{ 'a' }} {{ 123456.5 }}|1 1e+06 16 1000 97"
            + " 123456.5",
        "{{ \"<b>\" }}|<b>",
        "{{define \"x\"}}{{.arg0}} {{.arg1}}{{end}}{{template \"x\" (args 1 \"2\")}}|1 2",
        "{{ .Foo }}|<no value>",
        "a {{- 1 -}} b|a1b",
        "a {{- /* comment */ -}} b|ab",
        "{{/* c */}}x|x",
        "{{if true}}a{{else}}b{{end}}{{if 0}}a{{else if 1}}c{{else}}b{{end}}|ac",
        "{{with \"x\"}}{{.}}{{end}}{{with \"\"}}a{{else with \"y\"}}{{.}}{{else}}n{{end}}|xy",
        "{{range $i, $e := args}}{{$i}}{{else}}none{{end}}|none",
        "{{range $k, $v := args 7 8}}{{$k}}={{$v}};{{end}}|arg0=7;arg1=8;",
        "{{range 3}}{{.}}{{end}}|012",
        "{{range $i := 5}}{{if eq $i 1}}{{continue}}{{end}}{{if eq $i"
            + " 3}}{{break}}{{end}}{{$i}}{{end}}|02",
        "{{$x := 1}}{{$x = 2}}{{$x}}{{if true}}{{$x = 3}}{{$y := 9}}{{end}}{{$x}}|23",
        "{{block \"b\" 5}}<{{.}}>{{end}}|<5>",
        "{{ (args 1 2).arg1 }}|2",
        "{{ printf \"%d %s %v %q %5.2f|%-5s|%05d|%x|%t\" 3 \"a\" 1.5 \"q\" 3.14159 \"l\" 42 255"
            + " true }}|3 a 1.5 \"q\"  3.14|l    |00042|ff|true",
      })
  void language(String text, String expected) {
    if (text.contains("%5.2f")) { // the delimiter is in it
      return;
    }
    assertThat(run(text, null)).isEqualTo(expected);
  }

  @Test
  void printfFollowsGo() {
    assertThat(
            run(
                "{{ printf \"%d %s %v %q %5.2f|%-5s|%05d|%x|%t\" 3 \"a\" 1.5 \"q\" 3.14159 \"l\" 42"
                    + " 255 true }}",
                null))
        .isEqualTo("3 a 1.5 \"q\"  3.14|l    |00042|ff|true");
    assertThat(run("{{ printf \"%d\" \"x\" }}", null)).isEqualTo("%!d(string=x)");
    assertThat(run("{{ printf \"%d\" }}", null)).isEqualTo("%!d(MISSING)");
    assertThat(run("{{ printf \"a\" 1 \"b\" }}", null)).isEqualTo("a%!(EXTRA int=1, string=b)");
    assertThat(run("{{ printf \"%\" }}", null)).isEqualTo("%!(NOVERB)");
    assertThat(run("{{ printf \"%[2]d %[1]d\" 1 2 }}", null)).isEqualTo("2 1");
    assertThat(run("{{ printf \"%[5]d\" 1 }}", null)).isEqualTo("%!d(BADINDEX)");
    assertThat(run("{{ printf \"%*d\" 5 42 }}", null)).isEqualTo("   42");
    assertThat(run("{{ printf \"%+d % d %+.1e\" 5 5 12345.678 }}", null))
        .isEqualTo("+5  5 +1.2e+04");
    assertThat(run("{{ printf \"%v %v\" . nil }}", floats(1.0, 2.5))).isEqualTo("[1 2.5] <nil>");
    assertThat(run("{{ printf \"%.3s|%8.3f|%-8d|%08.3f\" \"abcdef\" 1.0 7 -1.5 }}", null))
        .isEqualTo("abc|   1.000|7       |-001.500");
    assertThat(run("{{ printf \"%T %T %T\" 1 1.5 \"s\" }}", null)).isEqualTo("int float64 string");
    assertThat(run("{{ printf \"%c %U %o %b %X\" 97 97 8 5 255 }}", null))
        .isEqualTo("a U+0061 10 101 FF");
    assertThat(run("{{ printf \"%5t|%q|%x\" true 'x' \"hi\" }}", null)).isEqualTo(" true|'x'|6869");
    assertThat(run("{{ printf \"%v%%\" 5 }}", null)).isEqualTo("5%");
    assertThat(run("{{ print 1 2 \"a\" \"b\" 3 4 }}|{{ println 1 \"a\" }}", null))
        .isEqualTo("1 2a b3 4|1 a\n".replace("a b", "ab"));
  }

  @Test
  void comparisons() {
    assertThat(
            run(
                "{{eq 1 1}} {{eq 1 2 3 1}} {{ne \"a\" \"b\"}} {{lt 1 2}} {{le 2 2}} {{gt 1.5 1.0}}"
                    + " {{ge \"b\" \"a\"}} {{not true}} {{and 1 0 2}} {{or 0 \"\" \"x\"}} {{len"
                    + " \"abc\"}}",
                null))
        .isEqualTo("true true true true true true true false 0 x 3");
    fails(
        "{{ eq 1 1.0 }}",
        null,
        "template: test:1:3: executing \"test\" at <eq 1 1.0>: error calling eq: incompatible types"
            + " for comparison");
    fails(
        "{{ lt true false }}",
        null,
        "template: test:1:3: executing \"test\" at <lt true false>: error calling lt: invalid type"
            + " for comparison");
    assertThat(run("{{ index . 1 }} {{ len . }} {{ slice \"abcd\" 1 3 }}", texts("a", "b")))
        .isEqualTo("b 2 bc");
    assertThat(run("{{ index (args \"x\") \"arg0\" }}", null)).isEqualTo("x");
    assertThat(run("{{ html \"<a&'>\" }} {{ js \"it's <b>\" }} {{ urlquery \"a b&c\" }}", null))
        .isEqualTo("&lt;a&amp;&#39;&gt; it\\'s \\u003Cb\\u003E a+b%26c");
  }

  @Test
  void errorsHaveGosTexts() {
    fails("{{", null, "template: test:1: unclosed action");
    fails("{{ \u00a0}}", null, "template: test:1: unrecognized character in action: U+00A0");
    fails("{{ nope }}", null, "template: test:1: function \"nope\" not defined");
    fails("a\n{{ $x }}", null, "template: test:2: undefined variable \"$x\"");
    fails("{{if true}}a", null, "template: test:1: unexpected EOF");
    fails("{{end}}", null, "template: test:1: unexpected {{end}}");
    fails("{{break}}", null, "template: test:1: {{break}} outside {{range}}");
    fails("{{ 1 | 2 }}", null, "template: test:1: non executable command in pipeline stage 2");
    fails("{{ \"a }}", null, "template: test:1: unterminated quoted string");
    fails("{{ (1 }}", null, "template: test:1: unclosed left paren");
    fails("{{ if }}{{end}}", null, "template: test:1: missing value for if");
    fails("{{ 1a }}", null, "template: test:1: bad number syntax: \"1a\"");
    fails("{{/* a }}", null, "template: test:1: unclosed comment");
    fails("{{ .a$b }}", null, "template: test:1: bad character U+0024 '$'");
    fails(
        "{{ template \"x\" }}",
        null,
        "template: test:1:12: executing \"test\" at <{{template \"x\"}}>: template \"x\" not"
            + " defined");
    fails(
        "{{ 1 2 }}",
        null,
        "template: test:1:3: executing \"test\" at <1>: can't give argument to non-function 1");
    fails(
        "{{ \"x\" | humanizeDuration }}",
        null,
        "template: test:1:9: executing \"test\" at <humanizeDuration>: error calling"
            + " humanizeDuration: strconv.ParseFloat: parsing \"x\": invalid syntax");
    fails(
        "{{ query \"missing\" | first }}",
        null,
        "template: test:1:21: executing \"test\" at <first>: error calling first: first() called on"
            + " vector with no elements");
    fails(
        "{{ (query \"missing\").banana }}",
        null,
        "template: test:1:10: executing \"test\" at <\"missing\">: can't evaluate field banana in"
            + " type template.queryResult");
    fails(
        "{{ query \"bad\" }}",
        null,
        "template: test:1:3: executing \"test\" at <query \"bad\">: error calling query: no such"
            + " thing");
    fails(
        "{{ humanize }}",
        null,
        "template: test:1:3: executing \"test\" at <humanize>: wrong number of args for humanize:"
            + " want 1 got 0");
    fails(
        "{{ toUpper 1 }}",
        null,
        "template: test:1:11: executing \"test\" at <1>: expected string; found 1");
    fails(
        "{{ 1 | toUpper }}",
        null,
        "template: test:1:7: executing \"test\" at <toUpper>: wrong type for value; expected"
            + " string; got int");
    fails(
        "ü\n é{{ .a.b }}",
        GoMap.ofAny(Map.of()),
        "template: test:2:8: executing \"test\" at <.a.b>: nil pointer evaluating interface {}.b");
    assertThatThrownBy(
            () ->
                Template.parse("test", "{{ .Foo }}", FUNCTIONS, MissingKey.ERROR)
                    .execute(null, FUNCTIONS, TemplateLimits.DEFAULT))
        .hasMessage(
            "template: test:1:3: executing \"test\" at <.Foo>: nil data; no entry for key \"Foo\"");
  }

  @Test
  void queriesInTemplates() {
    assertThat(run("{{ query \"1.5\" | first | value }}", null)).isEqualTo("1.5");
    assertThat(run("{{ query \"metric\" | first | label \"instance\" }}", null)).isEqualTo("b");
    assertThat(run("{{ query \"metric\" | first | label \"foo\" }}", null)).isEmpty();
    assertThat(run("{{ query \"metric\" | sortByLabel \"instance\" | first | strvalue }}", null))
        .isEqualTo("v");
    assertThat(run("{{ $x := query \"metric\" | first }}{{ $x.Labels.foo }}", null)).isEmpty();
    assertThat(
            run(
                "{{ range query \"metric\" | sortByLabel \"instance\""
                    + " }}{{.Labels.instance}}:{{.Value}}: {{end}}",
                null))
        .isEqualTo("a:11: b:21: ");
  }

  @Test
  void humanizing() {
    String all = "{{ range . }}{{ humanize . }}:{{ end }}";
    assertThat(run(all, floats(0.0, 1.0, 1234567.0, .12))).isEqualTo("0:1:1.235M:120m:");
    assertThat(run(all, texts("0.0", "1.0", "1234567.0", ".12"))).isEqualTo("0:1:1.235M:120m:");
    assertThat(run(all, ints(0L, -1L, 1L, 1234567L, Long.MAX_VALUE)))
        .isEqualTo("0:-1:1:1.235M:9.223E:");
    assertThat(run("{{ range . }}{{ humanize1024 . }}:{{ end }}", floats(0.0, 1.0, 1048576.0, .12)))
        .isEqualTo("0:1:1Mi:0.12:");
    String durations = "{{ range . }}{{ humanizeDuration . }}:{{ end }}";
    assertThat(
            run(
                durations,
                floats(
                    0.0,
                    1.0,
                    60.0,
                    3600.0,
                    86400.0,
                    90000.0,
                    -(86400 * 2 + 3600 * 3 + 60 * 4 + 5.0),
                    899.99)))
        .isEqualTo("0s:1s:1m 0s:1h 0m 0s:1d 0h 0m 0s:1d 1h 0m 0s:-2d 3h 4m 5s:14m 59s:");
    assertThat(run(durations, floats(.1, .0001, .12345, 60.1, 60.5, 1.2345, 12.345)))
        .isEqualTo("100ms:100us:123.5ms:1m 0s:1m 0s:1.234s:12.35s:");
    assertThat(
            run(
                "{{ range . }}{{ humanize . }}:{{ humanize1024 . }}:{{ humanizeDuration ."
                    + " }}:{{humanizeTimestamp .}}:{{ end }}",
                texts("+Inf", "-Inf", "NaN")))
        .isEqualTo("+Inf:+Inf:+Inf:+Inf:-Inf:-Inf:-Inf:-Inf:NaN:NaN:NaN:NaN:");
    assertThat(
            run(
                "{{ -0.22222 | humanizePercentage }}:{{ 0.0 | humanizePercentage }}:{{ 0.1234567 |"
                    + " humanizePercentage }}:{{ 1.23456 | humanizePercentage }}",
                null))
        .isEqualTo("-22.22%:0%:12.35%:123.5%");
    assertThat(run("{{ range . }}{{ humanizeTimestamp . }}:{{ end }}", ints(0L, -1L, 9223372036L)))
        .isEqualTo(
            "1970-01-01 00:00:00 +0000 UTC:1969-12-31 23:59:59 +0000 UTC:2262-04-11 23:47:16 +0000"
                + " UTC:");
    fails(
        "{{ range . }}{{ humanizeTimestamp . }}:{{ end }}",
        ints(Long.MIN_VALUE),
        "template: test:1:16: executing \"test\" at <humanizeTimestamp .>: error calling"
            + " humanizeTimestamp: -9.223372036854776e+18 cannot be represented as a nanoseconds"
            + " timestamp since it overflows int64");
    assertThat(run("{{ 1435065584.128 | humanizeTimestamp }}", null))
        .isEqualTo("2015-06-23 13:19:44.128 +0000 UTC");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '\0',
      value = {
        "{{ (\"1435065584.128\" | toTime).Format \"2006\" }}#2015",
        "{{ (1800 | toDuration).String }}#30m0s",
        "{{ now }}#1.353755652e+09",
        "{{ (now | toTime).Format \"Mon Jan 2 15:04:05 2006\" }}#Sat Nov 24 11:14:12 2012",
        "{{ (\"-30m\" | parseDuration | toDuration | (now | toTime).Add).UnixMilli"
            + " }}#1353753852000",
        "{{ \"aa bb CC\" | title }}#Aa Bb CC",
        "{{ \"aa bb CC\" | toUpper }}#AA BB CC",
        "{{ \"aA bB CC\" | toLower }}#aa bb cc",
        "{{ match \"a+\" \"aa\" }} {{ match \"a+\" \"b\" }}#true false",
        "{{ graphLink \"up\" }}#/graph?g0.expr=up&g0.tab=0",
        "{{ tableLink \"up{a='b'}\" }}#/graph?g0.expr=up%7Ba%3D%27b%27%7D&g0.tab=1",
        "{{ pathPrefix }}#/path/prefix",
        "{{ externalURL }}#http://testhost:9090/path/prefix",
        "{{ printf \"%0.2f\" (parseDuration \"1h2m10ms\") }}#3720.01",
        "{{ printf \"%0.2f\" (parseDuration \"-1h2m10ms\") }}#-3720.01",
        "{{ reReplaceAll \"(a)b\" \"x$1\" \"ab\" }}#xa",
        "{{ reReplaceAll \"(?P<n>a)b\" \"${n}y$$\" \"abab\" }}#ay$ay$",
        "{{ \"foo.example.com:12345\" | stripPort }}#foo.example.com",
        "{{ \"[2001:0DB8::1]:12345\" | stripPort }}#2001:0DB8::1",
        "{{ \"[2001:0DB8::1]::12345\" | stripPort }}#[2001:0DB8::1]::12345",
        "{{ \"2001:0DB8::1\" | stripPort }}#2001:0DB8::1",
        "{{ \"foo.example.com\" | stripDomain }}#foo",
        "{{ \"foo.example.com:12345\" | stripDomain }}#foo:12345",
        "{{ \"192.0.2.1:12345\" | stripDomain }}#192.0.2.1:12345",
        "{{ \"2001:0DB8::1\" | stripDomain }}#2001:0DB8::1",
        "{{ \"[2001:0DB8::1]:12345\" | stripDomain }}#[2001:0DB8::1]:12345",
        "{{ \"[2001:0DB8::1]::12345\" | stripDomain }}#[2001:0DB8::1]::12345",
        "{{ urlQueryEscape \"a b/c~\" }}#a+b%2Fc~",
        "{{ (0.0015 | toDuration) }} {{ 90061.5 | toDuration }}#1.5ms 25h1m1.5s",
      })
  void functions(String text, String expected) {
    assertThat(run(text, null)).isEqualTo(expected);
  }

  @Test
  void nothingRunsForever() {
    fails(
        "{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}",
        null,
        "template: test:1:25: executing \"x\" at <{{template \"x\"}}>: exceeded maximum template"
            + " depth (200)");
    assertThatThrownBy(() -> run("{{range 1000000000}}{{end}}", null))
        .hasMessageContaining("more than 1000000 steps");
    assertThatThrownBy(
            () -> run("{{$x := \"ab\"}}{{range 100}}{{$x = printf \"%s%s\" $x $x}}{{end}}", null))
        .hasMessageContaining("printf gives more than");
    assertThatThrownBy(() -> run("{{range 900000}}abcdefgh{{end}}", null))
        .hasMessageContaining("output is longer than");
    TemplateLimits none = new TemplateLimits(1000, 10, 1_000_000, Duration.ofNanos(-1));
    assertThatThrownBy(
            () ->
                Template.parse("test", "{{range 1000}}{{end}}", FUNCTIONS, MissingKey.ZERO)
                    .execute(null, FUNCTIONS, none))
        .hasMessageContaining("takes longer than");
    assertThatThrownBy(() -> run("{{" + "(".repeat(100_000) + "1}}", null))
        .hasMessageContaining("nested more than 200 levels deep");
    assertThatThrownBy(() -> run("{{if 1}}".repeat(10_000), null))
        .hasMessageContaining("nested more than 200 levels deep");
  }

  /** Each function makes text of many times the size of its arguments. */
  @Test
  void functionTextsAndValuesAreBounded() {
    String megabyte = "{{$x := printf \"%1000000s\" \"a\"}}";
    String tooLong = "text of more than 16777216 characters";
    for (String action :
        List.of(
            "{{reReplaceAll \"\" $x $x}}",
            "{{reReplaceAll \"(.*)\" \"" + "$1".repeat(20) + "\" $x}}",
            "{{print" + " $x".repeat(20) + "}}",
            "{{println" + " $x".repeat(20) + "}}",
            "{{printf \"" + "%s".repeat(20) + "\"" + " $x".repeat(20) + "}}",
            "{{html" + " $x".repeat(20) + "}}")) {
      assertThatThrownBy(() -> run(megabyte + action, null))
          .as(action)
          .isInstanceOf(TemplateException.class)
          .hasMessageContaining(tooLong);
    }
    assertThatThrownBy(
            () -> run("{{$x := args 1}}{{range 100}}{{$x = args $x $x}}{{end}}{{$x}}", null))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining(tooLong);
    assertThatThrownBy(
            () -> run("{{$x := args 1}}{{range 100000}}{{$x = args $x}}{{end}}{{$x}}", null))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("nested more than 200 levels deep");
  }

  @Property(tries = 2000)
  void printsOrRejectsAnyText(@ForAll @StringLength(max = 60) String text) {
    try {
      run(text, null);
    } catch (TemplateException e) {
      assertThat(e).hasMessageStartingWith("template: test");
    }
  }

  @Property(tries = 3000)
  void printsOrRejectsAnyAction(@ForAll("actions") String text) {
    try {
      run(text, GoMap.ofStrings(Map.of("a", "b")));
    } catch (TemplateException e) {
      assertThat(e).hasMessageStartingWith("template: test");
    }
  }

  @net.jqwik.api.Provide
  net.jqwik.api.Arbitrary<String> actions() {
    return net.jqwik.api.Arbitraries.of(
            "{{",
            "}}",
            " ",
            "-",
            "if",
            "else",
            "end",
            "range",
            "with",
            "define",
            "block",
            "template",
            "\"x\"",
            "$x",
            ":=",
            "=",
            "|",
            "(",
            ")",
            ".",
            ".a",
            "1",
            "1.5",
            "printf",
            "\"%d %s\"",
            "eq",
            "humanize",
            "text",
            "\n",
            ",",
            "break",
            "continue",
            "nil",
            "true",
            "{{end}}",
            "{{if .}}",
            "{{range .}}",
            "/*",
            "*/",
            "index",
            "slice")
        .list()
        .ofMaxSize(25)
        .map(l -> String.join(" ", l).replace("{ {", "{{"));
  }
}
