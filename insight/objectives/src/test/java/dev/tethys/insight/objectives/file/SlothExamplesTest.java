package dev.tethys.insight.objectives.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.RecordedMetrics;
import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.format.PromqlPrinter;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Examples in Sloth's repository and the rules that Sloth generates from them, where they are
 * present: folder {@code examples} with {@code _gen}.
 */
class SlothExamplesTest {
  private static boolean isSupported(Path file, String text) {
    return text.contains("prometheus/v1\"")
        && !text.contains("plugin:")
        && !text.contains("plugins:")
        && !String.valueOf(file.getFileName()).startsWith("k8s-");
  }

  @Test
  void generatesTheRulesThatSlothGenerates() throws IOException {
    int compared = 0;
    for (Path p : Shared.conformanceFiles("sloth/examples", ".yml")) {
      String text = Files.readString(p);
      if (p.toString().contains("_gen") || p.toString().contains("windows")) {
        continue;
      }
      if (!isSupported(p, text)) {
        assertThatThrownBy(() -> ObjectiveFiles.read(List.of(p), 1000))
            .as(p.toString())
            .isInstanceOf(ConfigException.class);
        continue;
      }
      List<Objective> all = ObjectiveFiles.read(List.of(p), 1000).objectives();
      Path generated = p.resolveSibling("_gen").resolve(p.getFileName());
      List<GroupSpec> theirs = new ArrayList<>();
      for (YamlDocument d : YamlDocument.readAll(generated)) {
        theirs.addAll(RuleFile.parse("r.yml", d, NameScheme.UTF8, ParserOptions.STABLE));
      }
      assertThat(names(RecordedMetrics.groups(all))).as(p.toString()).isEqualTo(names(theirs));
      compare(p, RecordedMetrics.groups(all), theirs);
      compared++;
    }
    assertThat(compared).isGreaterThan(4);
  }

  private static List<String> names(List<GroupSpec> all) {
    return all.stream().map(GroupSpec::name).toList();
  }

  private static void compare(Path p, List<GroupSpec> ours, List<GroupSpec> theirs) {
    for (int g = 0; g < theirs.size(); g++) {
      List<RuleSpec> a = ours.get(g).rules();
      List<RuleSpec> b = theirs.get(g).rules();
      assertThat(a).as(p.toString()).hasSameSizeAs(b);
      for (int i = 0; i < b.size(); i++) {
        String at = p + " " + theirs.get(g).name() + " " + b.get(i).name();
        assertThat(a.get(i).name()).as(at).isEqualTo(b.get(i).name());
        assertThat(labels(a.get(i))).as(at).isEqualTo(labels(b.get(i)));
        String expected = b.get(i).query();
        if (b.get(i).name().startsWith("slo:sli_error")
            && !expected.startsWith("sum_over_time(slo:")) {
          expected = withoutEmptyWindows(expected);
        }
        assertThat(a.get(i).query()).as(at).isEqualTo(expected);
        if (b.get(i) instanceof RuleSpec.Alerting alert) {
          assertThat(((RuleSpec.Alerting) a.get(i)).annotations())
              .as(at)
              .isEqualTo(alert.annotations());
        }
      }
    }
  }

  /** Sloth's ratio with the filter of windows without events. */
  private static String withoutEmptyWindows(String ratio) {
    Expr e = PromqlParser.parse(ratio, ParserOptions.STABLE);
    String text =
        e instanceof Expr.Binary b && b.op() == BinaryOp.DIV
            ? PromqlPrinter.print(b.left()) + " / (" + PromqlPrinter.print(b.right()) + " > 0)"
            : ratio + " > -Inf";
    return PromqlPrinter.print(PromqlParser.parse(text, ParserOptions.STABLE));
  }

  /** Labels without those that differ by the generating program. */
  private static Map<String, String> labels(RuleSpec r) {
    Map<String, String> out = new TreeMap<>(r.labels());
    out.keySet().removeAll(List.of("cmd", "sloth_version", "sloth_mode"));
    return out;
  }
}
