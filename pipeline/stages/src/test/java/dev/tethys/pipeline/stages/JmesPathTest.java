package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.JsonWriter;
import dev.tethys.codec.json.tree.MalformedJsonException;
import io.burt.jmespath.JmesPathException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JmesPathTest {
  private static final String DATA =
      """
      {"app": {"name": "loki", "ports": [80, 443, 3100], "big": 9007199254740993},
       "hosts": [{"n": "a", "up": true, "load": 2.5, "tags": ["x", "y"]},
                 {"n": "b", "up": false, "load": 1, "tags": []},
                 {"n": "c", "up": true, "load": 7, "tags": ["z"]}],
       "empty": [], "none": null, "text": "log line", "we ird": 1}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiterString = " ## ",
      quoteCharacter = '\u00a7',
      textBlock =
          """
          app.name ## "loki"
          app.big ## 9007199254740993
          "we ird" ## 1
          app.ports[0] ## 80
          app.ports[-1] ## 3100
          app.ports[1:] ## [443,3100]
          app.ports[::-1] ## [3100,443,80]
          hosts[*].n ## ["a","b","c"]
          hosts[?up].n ## ["a","c"]
          hosts[?load > `2`].n ## ["a","c"]
          hosts[?n == 'b' || load == `7`].n ## ["b","c"]
          hosts[?!up].tags ## [[]]
          hosts[].tags[] ## ["x","y","z"]
          hosts[*].tags | [0] ## ["x","y"]
          hosts[0].[n, load] ## ["a",2.5]
          hosts[0].{name: n, l: load} ## {"l":2.5,"name":"a"}
          app.* ## ["loki",[80,443,3100],9007199254740993]
          length(hosts) ## 3
          length('😀é') ## 2
          to_string(hosts[0].tags) ## "[\\"x\\",\\"y\\"]"
          to_string(`1000.0`) ## "1000"
          sort_by(hosts, &load)[*].n ## ["b","a","c"]
          max_by(hosts, &load).n ## "c"
          sum(hosts[*].load) ## 10.5
          avg(app.ports) ## 1207.6666666666667
          join(',', hosts[*].n) ## "a,b,c"
          contains(text, 'log') ## true
          starts_with(text, 'log') && app.name ## "loki"
          not_null(none, gone, text) ## "log line"
          to_number('12') ## 12
          to_number('1e21') ## 1e+21
          to_number('12345678901234567890') ## 12345678901234567890
          to_number('0x10') ## null
          to_number(hosts) ## null
          `12345678901234567890` ## 12345678901234567890
          [`1e21`, `-0.5`, `{"a": [null]}`] ## [1e+21,-0.5,{"a":[null]}]
          type(none) ## "null"
          keys(app) ## ["name","ports","big"]
          map(&n, hosts) ## ["a","b","c"]
          gone.deeper[0].x ## null
          empty[0] ## null
          merge(`{"a":1}`, `{"b":2}`) ## {"a":1,"b":2}
          """)
  void evaluatesExpressions(String expression, String expected) throws MalformedJsonException {
    Object found = JmesPath.compile(expression).search(JsonReader.read(DATA));
    assertThat(JsonWriter.write(found)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u00a7',
      textBlock =
          """
          3##@$#33            | at position 1
          a.                  | '<EOF>'
          a[                  | no viable alternative
          a ==                | '<EOF>'
          a = b               | '= ' at position 2
          'open               | 'open
          nothing(a)          | unknown function "nothing"
          length(a, b)        | expected 1 but was 2
          a[0:1:2:3]          | mismatched input ':'
          foo bar             | extraneous input 'bar'
          """)
  void rejectsInvalidExpressions(String expression, String message) {
    assertThatThrownBy(() -> JmesPath.compile(expression)).hasMessageContaining(message);
  }

  @Test
  void rejectsWrongArgumentTypes() {
    JmesPath p = JmesPath.compile("abs(@)");
    assertThat(p.search(-5L)).isEqualTo(5.0);
    assertThatThrownBy(() -> p.search("x"))
        .isInstanceOf(JmesPathException.class)
        .hasMessageContaining("expected number but was string");
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "{a:", "!", "not_null(", "a[?"})
  void rejectsDeepNesting(String prefix) {
    assertThatThrownBy(() -> JmesPath.compile(prefix.repeat(300) + "a"))
        .hasMessageContaining("more than 200 levels");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.", "a|", "a||", "a&&", "a==", "a[0].", "a[]."})
  void compilesLongChainsAndRejectsLongerOnes(String link) {
    boolean counted = link.contains("&");
    String longest = link.repeat((counted ? 300 : 3_999) / link.length()) + "a";
    assertThat(JmesPath.compile(longest).search(null)).isIn(null, true, false);
    assertThatThrownBy(() -> JmesPath.compile(link.repeat(4_000) + "[0]"))
        .hasMessageMatching("it (has|is nested) more than .*");
  }

  @Test
  void knowsPlainPaths() {
    assertThat(JmesPath.compile("a.\"b c\".d_1").keys()).containsExactly("a", "b c", "d_1");
    assertThat(JmesPath.compile("a[0]").keys()).isNull();
    assertThat(JmesPath.compile("a.*").keys()).isNull();
    assertThat(JmesPath.compile("\"a\\n\"").keys()).isNull();
  }

  @Property(tries = 500)
  void parsesOrRejectsAnyText(@ForAll String text) {
    try {
      JmesPath.compile(text).search(null);
    } catch (IllegalArgumentException | JmesPathException e) {
      assertThat(e).hasMessageContaining(" ");
    }
  }
}
