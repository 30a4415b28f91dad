package dev.tethys.query.promql.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PromqlPrinterTest {
  private static Expr parse(String s) {
    return PromqlParser.parse(s, ParserOptions.ALL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum by (code) (up{job=\"s\"})",
        "sum without () (up)",
        "sum by (\"a.b\", c) (up)",
        "topk(5, up)",
        "count_values(\"v\", up)",
        "a - on () c",
        "a - on (b) group_left (x, y) c",
        "a - ignoring () group_left (__name__) c",
        "a + on (b) group_left () fill (-23) c",
        "a + fill_left (-23) fill_right (42) b",
        "up > bool 0",
        "a </ 5 >/ 2",
        "a offset -7m",
        "a[12m] offset -3m",
        "a[1h:5m] offset 1m",
        "a[1h:]",
        "a anchored",
        "a{b=\"c\"}[5m] smoothed @ start() offset 1m",
        "a @ end() anchored offset 1m",
        "a @ 10.000",
        "{__name__=\"a\"}",
        "{__name__=\"\",a=\"x\"}",
        "{\"a.b\"=\"c\"}",
        "{\"\"=\"0\"}",
        "a{b!=\"c\",d=~\"e.*\",f!~\"g\"}",
        "1048576",
        "-1",
        "-1 ^ 2",
        "-a",
        "+a",
        "90d",
        "1h30m",
        "0.000001",
        "NaN",
        "+Inf",
        "-Inf",
        "\"a\\\\\\\"\\n\\u200b☺\"",
        "foo[-(step())]",
        "foo offset (5)",
        "foo offset -(5m)",
        "foo[(5m):(1m)]",
        "foo offset -min_of(10s, max_of(step() ^ 2, 2))",
        "foo[200 - min_of(-step() ^ range(), 1)]",
        "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")",
        "start",
        "start() - end() + step() * range()",
        "a and b or c unless on (x) d",
        "(a + b)[5m:1m] @ 1234.000",
      })
  void keepsCanonicalInput(String s) {
    assertThat(PromqlPrinter.print(parse(s))).isEqualTo(s);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sum by() (up) | sum(up)",
        "sum(up) by (a) | sum by (a) (up)",
        "SUM(up) WITHOUT (a,) | sum without (a) (up)",
        "a - ignoring() c | a - c",
        "a + fill_left(5) fill_right(5) b | a + fill (5) b",
        "a + fill(1000000) b | a + fill (1e+06) b",
        "a{d=\"1\",b=\"2\"} | a{b=\"2\",d=\"1\"}",
        "{\"up\"} | {__name__=\"up\"}",
        "{\"_0\"='1'} | {_0=\"1\"}",
        "a[60] | a[1m]",
        "0x1F | 31",
        "1_000.5e1 | 10005",
        "0755 | 493",
        "1e3 | 1000",
        "--1 | 1",
        "foo offset +min_of(10s, 20s) | foo offset min_of(10s, 20s)",
        "foo[((5s))] | foo[(5s)]",
        "a #c | a",
        "a offset 1m @ 5 | a @ 5.000 offset 1m",
        "a @ -0.0005 | a @ -0.001",
        "1w1d | 8d",
        "14d | 2w",
      })
  void normalises(String in, String out) {
    assertThat(PromqlPrinter.print(parse(in))).isEqualTo(out);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0s",
    "1,1ms",
    "-1,-1ms",
    "60000,1m",
    "5400000,1h30m",
    "31536000000,1y",
    "604800000,1w",
    "7776000000,90d",
    "31536000001,365d1ms",
    "-9223372036854,-106751d23h47m16s854ms"
  })
  void durations(long millis, String text) {
    assertThat(PromqlPrinter.duration(millis)).isEqualTo(text);
  }

  @Test
  void prettyWrapsLongExpressions() {
    assertThat(PrettyPrinter.format(parse("sum(up)"), 10)).isEqualTo("sum(up)");
    assertThat(PrettyPrinter.format(parse("topk(10, up{job=\"s\"})"), 10))
        .isEqualTo(
            """
            topk(
              10,
              up{job="s"}
            )\
            """);
    assertThat(PrettyPrinter.format(parse("foo_1 + ignoring(a) foo_2 - (foo_3 * foo_4)"), 10))
        .isEqualTo(
            """
                foo_1
              + ignoring (a)
                foo_2
            -
              (
                  foo_3
                *
                  foo_4
              )\
            """);
    assertThat(PrettyPrinter.format(parse("max_over_time(rate(foo[1m])[5m:] offset 1m)"), 15))
        .isEqualTo(
            """
            max_over_time(
              rate(foo[1m])[5m:] offset 1m
            )\
            """);
    assertThat(PrettyPrinter.format(parse("-sum by(x)(abcdefghij)"), 10))
        .isEqualTo(
            """
            -sum by (x) (
              abcdefghij
            )\
            """);
  }

  @Test
  void prettyCountsBytes() {
    String name = "{\"" + "ü".repeat(45) + "\"}"; // 45 characters, 90 bytes, and the rest
    assertThat(PrettyPrinter.format(parse("abs(" + name + ")"))).contains("\n");
  }

  @Test
  void treeAsJson() {
    assertThat(AstJson.toJson(parse("sum by (a) (rate(up{b=\"c\"}[5m] offset 1m)) / -2")))
        .isEqualTo(
            "{\"bool\":false,\"lhs\":{\"expr\":{\"args\":[{\"anchored\":false,\"matchers\":"
                + "[{\"name\":\"b\",\"type\":\"=\",\"value\":\"c\"},{\"name\":\"__name__\","
                + "\"type\":\"=\",\"value\":\"up\"}],\"name\":\"up\",\"offset\":60000,"
                + "\"offsetExpr\":null,\"range\":300000,\"rangeExpr\":null,\"smoothed\":false,"
                + "\"startOrEnd\":null,\"timestamp\":null,\"type\":\"matrixSelector\"}],"
                + "\"func\":{\"argTypes\":[\"matrix\"],\"name\":\"rate\",\"returnType\":"
                + "\"vector\",\"variadic\":0},\"type\":\"call\"},\"grouping\":[\"a\"],\"op\":"
                + "\"sum\",\"param\":null,\"type\":\"aggregation\",\"without\":false},"
                + "\"matching\":null,\"op\":\"/\",\"rhs\":{\"type\":\"numberLiteral\",\"val\":"
                + "\"-2\"},\"type\":\"binaryExpr\"}");
    assertThat(AstJson.toJson(parse("a[(5s):step()] @ end()")))
        .contains(
            "\"rangeExpr\":{\"lhs\":null,\"op\":\"+\",\"rhs\":{\"duration\":true,\"type\":"
                + "\"numberLiteral\",\"val\":\"5\"},\"type\":\"durationExpr\",\"wrapped\":true}",
            "\"stepExpr\":{\"lhs\":null,\"op\":\"step\",\"rhs\":null,\"type\":"
                + "\"durationExpr\",\"wrapped\":false}",
            "\"startOrEnd\":\"end\"");
    assertThat(AstJson.toJson(parse("a + on(b) group_left(c) fill_left(3) d")))
        .contains(
            "\"matching\":{\"card\":\"many-to-one\",\"fillValues\":{\"lhs\":3,\"rhs\":null},"
                + "\"include\":[\"c\"],\"labels\":[\"b\"],\"on\":true}");
  }
}
