package dev.tethys.query.promql.function;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.PromqlFunction;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Consistency of the table of functions, and of the texts that name them. */
class PromqlFunctionsTest {
  private static final Pattern HELP =
      Pattern.compile("(?m)^  ([a-z0-9_]+): (?:f|each|perSeries|datePart)\\(");

  @Test
  void editorHelpNamesTheSameFunctions() throws IOException {
    String text = Files.readString(Shared.root().resolve("ui/src/explore/functions.ts"));
    int from = text.indexOf("FUNCTIONS: Record<string, FunctionHelp> = {");
    Matcher m = HELP.matcher(text.substring(from, text.indexOf("\n};", from)));
    TreeSet<String> helped = new TreeSet<>();
    while (m.find()) {
      helped.add(m.group(1));
    }
    TreeSet<String> language = new TreeSet<>();
    PromqlFunctions.all().forEach(d -> language.add(d.signature().name()));
    for (AggregateOp op : AggregateOp.values()) {
      language.add(op.text());
    }
    assertThat(helped).containsExactlyElementsOf(language);
  }

  @Test
  void onlyRangeFunctionsAcceptRanges() {
    for (FunctionDefinition f : PromqlFunctions.all()) {
      boolean window = f.signature().argumentTypes().contains(ValueType.MATRIX);
      for (FunctionTrait t :
          List.of(
              FunctionTrait.ANCHORED,
              FunctionTrait.SMOOTHED,
              FunctionTrait.START_TIMESTAMPS,
              FunctionTrait.TWO_SAMPLES)) {
        assertThat(window || !f.has(t)).as("%s %s", f.signature().name(), t).isTrue();
      }
      assertThat(window || f.summary() == null).as(f.signature().name()).isTrue();
    }
  }

  @Test
  void constantsTakeNoArguments() {
    for (FunctionDefinition f : PromqlFunctions.all()) {
      PromqlFunction s = f.signature();
      if (f.has(FunctionTrait.CONSTANT)) {
        assertThat(s.argumentTypes()).as(s.name()).isEmpty();
        assertThat(s.returnType()).as(s.name()).isEqualTo(ValueType.SCALAR);
      }
    }
  }
}
