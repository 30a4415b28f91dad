package dev.tethys.tools;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.tools.ruletest.JUnitReport;
import dev.tethys.tools.ruletest.RuleTests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** {@code test rules}: unit tests of rules. */
final class TestRules {
  /**
   * Logger of failing rules, which a test reports itself. Referenced strongly, or its level would
   * be lost.
   */
  private static final Logger RULES = Logger.getLogger("dev.tethys.alert.rule");

  private TestRules() {}

  static Command command() {
    return new Command(
        "test rules",
        "<test-rule-file>...",
        "Unit tests for rules. Files are promtool's: input series, and the alerts and the results"
            + " of queries that are expected at given times.",
        List.of(
            Flag.of(
                "run",
                Flag.Kind.LIST,
                "",
                "Only run test groups whose names this regular expression finds."),
            Flag.of(
                "debug",
                Flag.Kind.BOOLEAN,
                "false",
                "Tell when tests start and end, and all data."),
            Flag.of(
                "diff",
                Flag.Kind.BOOLEAN,
                "false",
                "Show alerts that differ as a coloured difference."),
            Flag.of(
                "ignore-unknown-fields",
                Flag.Kind.BOOLEAN,
                "false",
                "Pass over fields of rule files that mean nothing to the server."),
            Flag.of("junit", Flag.Kind.STRING, "", "Write the results to this file as JUnit XML.")),
        1,
        Command.ANY,
        TestRules::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    List<String> files = Operands.files(a.operands());
    RULES.setLevel(Level.OFF);
    PromqlFeatures features = PromqlFeatures.of(a.flags(), console);
    JUnitReport report = new JUnitReport();
    RuleTests tests =
        new RuleTests(
            features.parser(),
            features.delayedNameRemoval(),
            pattern(a.flags().list("run")),
            a.flags().bool("diff"),
            a.flags().bool("debug"),
            a.flags().bool("ignore-unknown-fields"),
            console.out(),
            console.err());
    boolean good = true;
    for (String f : files) {
      good &= tests.run(f, report);
    }
    String junit = a.flags().get("junit");
    if (!junit.isEmpty()) {
      Files.writeString(Path.of(junit), report.xml());
    }
    return good ? 0 : 1;
  }

  private static @org.jspecify.annotations.Nullable Regex pattern(List<String> expressions) {
    if (expressions.isEmpty()) {
      return null;
    }
    String all = String.join("|", expressions);
    try {
      return Regex.compile(all);
    } catch (RegexSyntaxException e) {
      throw new CommandLineException("--run=" + all + ": " + e.getMessage());
    }
  }
}
