package dev.tethys.pipeline.ottl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.ottl.syntax.OttlParser;
import dev.tethys.pipeline.ottl.syntax.OttlPrinter;
import dev.tethys.pipeline.ottl.syntax.OttlTree;
import java.time.InstantSource;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Tag;

@Tag("slow")
class OttlPropertiesTest {
  private static final Ottl OTTL = new Ottl(OttlFunctions.standard(InstantSource.system()));

  private static final List<String> PIECES =
      List.of(
          "set",
          "(",
          ")",
          "[",
          "]",
          "{",
          "}",
          "attributes",
          ".",
          "\"a\"",
          "1",
          "-2",
          "1.5",
          ",",
          "=",
          "==",
          "!=",
          "<",
          "=>",
          "+",
          "*",
          "/",
          "where",
          "and",
          "or",
          "not",
          "nil",
          "true",
          "Concat",
          "IsMatch",
          "SHA256",
          "0xff",
          "k",
          "_",
          ":",
          " ",
          "body",
          "log",
          "resource",
          "limit",
          "\\",
          "\"",
          "Split",
          "Any",
          "(k, v) => ");

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.of(PIECES).list().ofMaxSize(30).map(l -> String.join("", l)),
        Arbitraries.of(PIECES).list().ofMaxSize(30).map(l -> String.join(" ", l)),
        Arbitraries.strings().ofMaxLength(40));
  }

  /** Any text loads or is rejected with its position; nothing else happens. */
  @Property(tries = 3000)
  void loadsOrReportsAPosition(@ForAll("texts") String text) {
    Cursor at = Samples.at(OttlContext.LOG);
    try {
      OTTL.statements(OttlContext.LOGS, OttlContext.LOG, List.of(), List.of(text), ErrorMode.SILENT)
          .run(at);
    } catch (OttlException e) {
      assertThat(e.getMessage()).startsWith("OTTL ");
      assertThat(e.offset()).isBetween(0, text.length());
    }
    try {
      OTTL.conditions(OttlContext.LOGS, null, List.of(text), ErrorMode.SILENT).any(at);
    } catch (OttlException e) {
      assertThat(e.offset()).isBetween(0, text.length());
    }
  }

  @Provide
  Arbitrary<String> values() {
    return value(3);
  }

  private static Arbitrary<String> value(int depth) {
    Arbitrary<String> leaf =
        Arbitraries.oneOf(
            Arbitraries.longs().map(String::valueOf),
            Arbitraries.doubles().between(-1e6, 1e6).map(String::valueOf),
            Arbitraries.strings()
                .all()
                .ofMaxLength(8)
                .map(s -> OttlPrinter.print(new OttlTree.StringLiteral(0, s))),
            Arbitraries.of("true", "nil", "0x0a", "body", "log.attributes[\"a\"][1]", "NAME_1"));
    if (depth == 0) {
      return leaf;
    }
    Arbitrary<String> inner = value(depth - 1);
    Arbitrary<String> number =
        Arbitraries.oneOf(Arbitraries.longs().map(String::valueOf), Arbitraries.of("a", "F()"));
    return Arbitraries.oneOf(
        leaf,
        inner.list().ofMaxSize(3).map(l -> "[" + String.join(", ", l) + "]"),
        inner.list().ofMaxSize(3).map(l -> "Foo(" + String.join(", ", l) + ")[\"x\"]"),
        inner.map(v -> "{\"k\": " + v + "}"),
        inner.map(v -> "Any(x, (k, _) => k == " + v + " and not (true or P(n = " + v + ")))"),
        Combinators.combine(number, number, number, Arbitraries.of("+", "-", "*", "/"))
            .as((a, b, c, o) -> "(" + a + " " + o + " " + b + ") * " + c + " - " + a));
  }

  /** The printed text of a tree parses to the same tree. */
  @Property(tries = 2000)
  void printedTextParsesToTheSameTree(@ForAll("values") String text) {
    String printed = OttlPrinter.print(OttlParser.value(text));
    assertThat(OttlPrinter.print(OttlParser.value(printed))).isEqualTo(printed);
    String statement = "set(a, " + printed + ") where a == " + printed + " or not B()";
    assertThat(OttlPrinter.print(OttlParser.statement(statement))).isEqualTo(statement);
  }
}
