package dev.tethys.tools;

import dev.tethys.alert.rule.RuleFile;
import dev.tethys.config.ConfigException;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveRules;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.file.ObjectiveFiles;
import dev.tethys.model.NameScheme;
import dev.tethys.model.file.IoFailures;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.BuildInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code check objectives} and {@code objectives rules}: files with service level objectives. */
final class ObjectiveCommands {
  private static final int MAX_OBJECTIVES = 10_000;

  private ObjectiveCommands() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "check objectives",
            "<files>...",
            "Check if files with service level objectives are valid. They may refer to each other, so"
                + " name all of them.",
            List.of(),
            1,
            Command.ANY,
            ObjectiveCommands::check),
        new Command(
            "objectives rules",
            "<files>...",
            "Print the recording and alerting rules of objectives as a rule file of Prometheus.",
            List.of(),
            1,
            Command.ANY,
            ObjectiveCommands::rules));
  }

  private static int check(Command.Arguments a, Console console) {
    List<String> files = Operands.files(a.operands());
    files.forEach(f -> console.out().println("Checking " + f));
    ObjectiveSet set = read(files, console);
    if (set == null) {
      return 1;
    }
    set.notices().forEach(n -> console.out().println("  WARNING: " + n));
    long n = 0;
    try {
      for (Objective o : set.objectives()) {
        String rules = ObjectiveRules.text(List.of(o), "");
        n +=
            RuleFile.parse("rules", rules, NameScheme.UTF8, ParserOptions.STABLE).stream()
                .mapToLong(g -> g.rules().size())
                .sum();
      }
    } catch (ConfigException e) {
      console.err().println("  FAILED: a label or annotation of an alert is not valid:");
      console.err().println(e.getMessage());
      return 1;
    }
    console
        .out()
        .println(
            "  SUCCESS: " + set.objectives().size() + " objectives with " + n + " rules found");
    return 0;
  }

  private static int rules(Command.Arguments a, Console console) {
    ObjectiveSet set = read(Operands.files(a.operands()), console);
    if (set == null) {
      return 1;
    }
    set.notices().forEach(n -> console.err().println("WARNING: " + n));
    console.out().print(text(set));
    return 0;
  }

  private static String text(ObjectiveSet set) {
    return ObjectiveRules.text(set.objectives(), BuildInfo.current().version());
  }

  /** Reads files; null after an error, which was printed. */
  private static @Nullable ObjectiveSet read(List<String> files, Console console) {
    try {
      return ObjectiveFiles.read(files.stream().map(Path::of).toList(), MAX_OBJECTIVES);
    } catch (ConfigException | IOException e) {
      console.err().println("  FAILED:");
      IoFailures.describe(e).lines().forEach(l -> console.err().println("    " + l));
      return null;
    }
  }
}
