package dev.tethys.tools;

import dev.tethys.config.ConfigException;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.inspections.check.InspectionCheck;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.tools.ruletest.MemoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@code check inspections}: files of inspections that are read, and their tests. */
final class CheckInspections {
  private CheckInspections() {}

  static Command command() {
    return new Command(
        "check inspections",
        "<inspections-file>...",
        "Read files of inspections and run the tests that they contain.",
        List.of(),
        1,
        Command.ANY,
        CheckInspections::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    int status = 0;
    try (PromqlEngine engine = new PromqlEngine(EngineOptions.builder().threads(1).build())) {
      InspectionCheck check = new InspectionCheck(MemoryStore::new, engine, RuleSet.defaults());
      for (String file : Operands.files(a.operands())) {
        console.out().println("Checking " + file);
        try {
          InspectionSet set = InspectionSet.readAlone(Path.of(file));
          List<String> failures = check.run(set);
          failures.forEach(f -> console.err().println("  FAILED: " + f));
          int tests = set.inspections().stream().mapToInt(i -> i.tests().size()).sum();
          console
              .out()
              .println(
                  "  "
                      + (failures.isEmpty() ? "SUCCESS: " : "")
                      + set.inspections().size()
                      + " inspections, "
                      + tests
                      + " tests");
          status = failures.isEmpty() ? status : 1;
        } catch (ConfigException e) {
          console.err().println("  FAILED: " + e.getMessage());
          status = 1;
        }
      }
    }
    return status;
  }
}
