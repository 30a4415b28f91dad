package dev.tethys.collect.exporter.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.collect.exporter.CelCompiler.CelException;
import dev.tethys.collect.exporter.CelCompiler.Program;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions mean what they mean to cel-go: asked of the real blackbox_exporter. */
@Timeout(120)
@Tag("slow")
class CelBesideTest {
  private static final String JSON =
      """
      {"n": 3, "half": 0.5, "big": 9007199254740993, "s": "héllo", "t": "2024-02-29T12:34:56.789Z",
       "yes": true, "nothing": null, "list": [1, 2, 3], "mixed": [1, "a", null], "empty": [],
       "map": {"a": 1, "b": {"c": "d"}}, "items": [{"name": "x", "ok": true}, {"name": "y", "ok": false}],
       "d": "1h30m"}
      """;

  private static final List<String> EXPRESSIONS =
      List.of(
          "body.n == 3",
          "body.n == 3.0 && body.n == 3u",
          "body.n != 3",
          "body.n + 1 == 4",
          "body.n + 1.0 == 4.0",
          "int(body.n) % 2 == 1",
          "-body.n == -3.0",
          "body.n / 0.0 > 1.0",
          "1 / 0 == 1",
          "9223372036854775807 + 1 > 0",
          "uint(3) - 4u == 1u",
          "-9223372036854775808 < 0",
          "0x1F == 31 && 1e3 == 1000.0 && .5 == body.half",
          "body.big > 9007199254740992",
          "dyn(9007199254740993) > dyn(9007199254740992.0)",
          "body.missing == 1",
          "has(body.missing)",
          "has(body.map.b.c) && !has(body.map.x)",
          "has(body.missing.x)",
          "has(body.n.x)",
          "has(body.nothing.x)",
          "has(body.list.x)",
          "dyn(9007199254740993) == dyn(9007199254740993u)",
          "dyn(18446744073709551615u) == dyn(18446744073709551616.0)",
          "dyn(9223372036854775807) == dyn(9223372036854775808.0) && dyn(1u) > dyn(-1)",
          "body['map']['a'] == 1",
          "body.list[1] == 2",
          "body.list[1.0] == 2",
          "body.list[1.5] == 2",
          "body.list[3] == 2",
          "body.list[-1] == 2",
          "body.list[body.n - 1.0] == 3.0",
          "body.list[body.half] == 3.0",
          "body.list[body.mixed[0]] == 2.0",
          "body.list[body.items.size()] == 3.0",
          "body.list[body.s] == 3.0",
          "body.nothing == null",
          "body.nothing.x == null",
          "body.s == 'h\\u00e9llo' && size(body.s) == 5 && body.s.size() == 5",
          "body.s.startsWith('hé') && body.s.endsWith(\"lo\") && body.s.contains('ll')",
          "body.s.matches('^h.l+o$') && matches(body.s, 'l')",
          "body.s.matches('(')",
          "r'\\d' == '\\\\d' && '''a\nb''' == 'a\\nb'",
          "b'abc' == bytes('abc') && b'\\xff' != b'\\303'",
          "body.n.startsWith('a')",
          "body.yes ? body.n > 1 : body.missing",
          "body.n ? true : false",
          "body.missing || true",
          "true || body.missing",
          "body.missing && false",
          "body.missing && true",
          "body.n && false",
          "body.n || true",
          "!body.yes",
          "!body.n",
          "2 in body.list && !(4 in body.list) && 'a' in body.map",
          "1 in body.mixed && 'a' in body.mixed && null in body.mixed",
          "1 in body.n",
          "body.list.all(x, x > 0)",
          "body.list.exists(x, x == 2) && !body.list.exists(x, x == 9)",
          "body.list.exists_one(x, x > 2)",
          "body.mixed.all(x, x > 0)",
          "body.mixed.exists(x, x == 'a')",
          "body.mixed.exists(x, x > 5)",
          "body.mixed.exists_one(x, x > 0)",
          "body.list.map(x, x * 2.0) == [2.0, 4.0, 6.0]",
          "body.list.map(x, x > 1, x * 2.0) == [4.0, 6.0]",
          "body.list.filter(x, x > 1) == [2, 3]",
          "body.map.exists(k, k == 'b')",
          "body.map.map(k, k).size() == 2",
          "body.items.filter(i, i.ok).map(i, i.name) == ['x']",
          "body.items.all(i, has(i.name) && i.name.size() == 1)",
          "body.empty.all(x, x.no.way) && !body.empty.exists(x, x)",
          "body.n.all(x, true)",
          "[1, 'a', 2.0] == [1.0, 'a', 2u]",
          "dyn({'a': 1}) == {'a': 1.0}",
          "dyn({1: 'x'})[1u] == 'x' && {1: 'x'}[body.list[0]] == 'x'",
          "body.map == {'a': 1, 'b': {'c': 'd'}}",
          "[1, 2] + [3] == [1, 2, 3] && 'a' + 'b' == 'ab'",
          "type(body.n) == double && type(1) == int && type(body) == map && type(null) == null_type",
          "type(body.list) == list && type('') == string && type(type(1)) == type",
          "int('42') == 42 && uint(2.9) == 2u && int(-2.9) == -2 && double('1.5') == 1.5",
          "int('x') == 1",
          "int(1e30) == 1",
          "uint(-1) == 1u",
          "string(1) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(b'a') == 'a'",
          "string(1e21) == '1e+21' && string(body.n) == '3'",
          "bool('true') && !bool('0')",
          "bool('yes')",
          "'a' < 'b' && 'a' < 'á' && !(true < false)",
          "body.s < 1",
          "body.s == 1",
          "timestamp(body.t) < timestamp('2024-03-01T00:00:00Z')",
          "timestamp(body.t).getFullYear() == 2024 && timestamp(body.t).getMonth() == 1",
          "timestamp(body.t).getDate() == 29 && timestamp(body.t).getDayOfMonth() == 28",
          "timestamp(body.t).getDayOfWeek() == 4 && timestamp(body.t).getDayOfYear() == 59",
          "timestamp(body.t).getHours('+02:00') == 14 && timestamp(body.t).getMilliseconds() == 789",
          "timestamp(body.t).getHours('America/New_York') == 7",
          "timestamp(body.t) - timestamp('2024-02-29T12:34:00Z') == duration('56.789s')",
          "timestamp(body.t) + duration('1h') > timestamp(body.t)",
          "timestamp('yesterday') == timestamp(0)",
          "duration(body.d) == duration('90m') && duration(body.d).getMinutes() == 90",
          "duration('1h').getSeconds() == 3600 && string(duration('1.5s')) == '1.5s'",
          "duration('1 h') == duration('1h')",
          "string(timestamp(body.t)) == '2024-02-29T12:34:56.789Z'",
          "1 < 2 == true",
          "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 - 2 - 1 == 4",
          "false && false || true",
          "body.n // a comment\n == 3",
          "body.n",
          "1",
          "dyn(null) == false",
          "body.list == [1, 2, 3,]",
          "dyn([[1]]) == [[1.0]] && size({}) == 0 && size(body.map) == 2",
          "body.n > 'a'",
          "body.list > dyn([1])",
          "dyn('a') == 1",
          "double('NaN') == double('NaN')",
          "double('NaN') < 1.0 || double('NaN') >= 1.0",
          "double('Infinity') > dyn(1) && -double('Infinity') < dyn(-9223372036854775807)");

  /** Logic over a number is an error in cel-java, even if the other side decides. */
  private static final Set<String> STRICTER = Set.of("body.n && false", "body.n || true");

  private static final JsonCelCompiler COMPILER = new JsonCelCompiler();

  @TempDir private Path dir;

  private static String ours(String expression, @Nullable Object body) {
    try {
      return COMPILER.compile(expression).isTrue(body) ? "true" : "false";
    } catch (CelException e) {
      return "an error";
    }
  }

  @Test
  void expressionsMatchTheReference() throws Exception {
    Path program = Shared.peer("prometheus-blackbox-exporter");
    StringBuilder modules = new StringBuilder("modules:\n");
    for (int i = 0; i < EXPRESSIONS.size(); i++) {
      String quoted = "'" + EXPRESSIONS.get(i).replace("'", "''").replace("\n", "\n\n      ") + "'";
      modules.append(
          "  y%d: {prober: http, http: {fail_if_body_json_not_matches_cel: %s}}\n"
              .formatted(i, quoted));
      modules.append(
          "  n%d: {prober: http, http: {fail_if_body_json_matches_cel: %s}}\n"
              .formatted(i, quoted));
    }
    Path file = Files.writeString(dir.resolve("blackbox.yml"), modules);
    HttpServer web =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    web.createContext(
        "/",
        x -> {
          byte[] b = JSON.getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(200, b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    web.start();
    int port = Ports.free();
    Map<String, String> theirs = new LinkedHashMap<>();
    Map<String, String> mine = new LinkedHashMap<>();
    Object body = JsonValues.read(JSON);
    try (ServerProcess real =
        new ServerProcess(
            port,
            dir.resolve("log"),
            Map.of(),
            List.of(
                program.toString(),
                "--config.file=" + file,
                "--web.listen-address=127.0.0.1:" + port))) {
      String target = "&target=http://127.0.0.1:" + web.getAddress().getPort() + "/";
      for (int i = 0; i < EXPRESSIONS.size(); i++) {
        boolean yes = real.get("/probe?module=y" + i + target).contains("probe_success 1");
        boolean no = real.get("/probe?module=n" + i + target).contains("probe_success 1");
        theirs.put(EXPRESSIONS.get(i), yes ? "true" : no ? "false" : "an error");
        mine.put(EXPRESSIONS.get(i), ours(EXPRESSIONS.get(i), body));
      }
    } finally {
      web.stop(0);
    }
    STRICTER.forEach(e -> assertThat(mine.remove(e)).as(e).isEqualTo("an error"));
    theirs.keySet().removeAll(STRICTER);
    assertThat(mine).isEqualTo(theirs);
    assertThat(mine.values()).contains("true", "false", "an error");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1 + ",
        "",
        "foo == 1",
        "has(body)",
        "body.x(1)",
        "body.a.bogus()",
        "size() == 1",
        "body.exists(1, true)",
        "body.list.all(x)",
        "'a",
        "\"\\q\" == ''",
        "1 2",
        "body.?a",
        "(1",
        "[1",
        "{1}",
        "package == 1",
        "99999999999999999999 == 1",
        "math.greatest(1, 2) == 2",
        "startsWith('a', 'b')",
        "'abc'.int() == 1",
        "body = 1",
        "x.y"
      })
  void rejectsInvalidExpressionsWithTheColumn(String text) {
    assertThatThrownBy(() -> COMPILER.compile(text))
        .isInstanceOf(CelException.class)
        .hasMessageStartingWith("column ");
  }

  @Test
  void stopsExpensiveExpressions() {
    String twice = "[1,1,1,1,1,1,1,1,1,1]";
    String deep = "true";
    for (int i = 0; i < 12; i++) {
      deep = twice + ".all(x" + i + ", " + deep + ")";
    }
    Program p = COMPILER.compile(deep);
    assertThatThrownBy(() -> p.isTrue(null)).hasMessageContaining("budget");
    assertThatThrownBy(() -> COMPILER.compile("(".repeat(5000)))
        .hasMessageContaining("recursion limit");
  }
}
