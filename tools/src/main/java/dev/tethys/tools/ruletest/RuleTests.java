package dev.tethys.tools.ruletest;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.NameScheme;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.tools.ruletest.UnitTestFile.TestGroup;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs unit test files and reports failures.
 *
 * @param run runs only tests whose names match; null for all
 * @param debug whether every test prints its start, its end and its stored data
 * @param ignoreUnknownFields whether unknown keys of rule files are ignored
 * @param out stream for empty lines and debug output
 * @param err stream for failures
 */
public record RuleTests(
    ParserOptions parser,
    boolean delayedNameRemoval,
    @Nullable Regex run,
    boolean diff,
    boolean debug,
    boolean ignoreUnknownFields,
    PrintStream out,
    PrintStream err) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

  /** Rules as they were read, or why they cannot be. */
  private record Loaded(List<GroupSpec> groups, List<String> errors) {}

  /** Runs one file; returns false if a test failed. */
  public boolean run(String file, JUnitReport report) {
    List<String> failures = failures(file, report.suite(file));
    if (failures.isEmpty()) {
      out.println("  SUCCESS");
    } else {
      err.println("  FAILED:");
      for (String f : failures) {
        err.println(f);
        out.println();
      }
    }
    out.println();
    return failures.isEmpty();
  }

  private List<String> failures(String file, JUnitReport.Suite suite) {
    UnitTestFile f;
    try {
      f = UnitTestFile.read(Path.of(file), err::println);
    } catch (ConfigException | IllegalArgumentException e) {
      suite.abort(String.valueOf(e.getMessage()));
      return List.of(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      String text = "open " + file + ": " + IoFailures.reason(e);
      suite.abort(text);
      return List.of(text);
    }
    suite.time(TIME.format(LocalDateTime.now()));
    Loaded rules = rules(f);
    List<String> all = new ArrayList<>();
    for (int i = 0; i < f.tests().size(); i++) {
      TestGroup t = f.tests().get(i);
      if (run != null && !run.find(t.name())) {
        continue;
      }
      String name = t.name().isEmpty() ? "unnamed#" + i : t.name();
      JUnitReport.Case c = suite.test(name);
      long start = System.nanoTime();
      if (debug) {
        out.println("DEBUG: Starting test " + name);
      }
      List<String> failed = failures(f, t, rules);
      if (debug) {
        out.println(
            "DEBUG: Test "
                + name
                + " finished, took "
                + GoDurationText.of(System.nanoTime() - start));
      }
      failed.forEach(x -> suite.fail(c, x));
      all.addAll(failed);
    }
    return all;
  }

  private List<String> failures(UnitTestFile f, TestGroup t, Loaded rules) {
    RuleTest.Settings s = new RuleTest.Settings(parser, delayedNameRemoval, diff, f.fuzzyCompare());
    try (RuleTest test = new RuleTest(t, f.interval(), s)) {
      List<String> bad = test.input();
      if (!bad.isEmpty()) {
        return bad;
      }
      if (!rules.errors().isEmpty()) {
        return rules.errors();
      }
      List<String> failed = test.run(rules.groups(), f.order());
      if (debug) {
        test.dump(out::println);
      }
      return failed;
    }
  }

  private Loaded rules(UnitTestFile f) {
    List<GroupSpec> groups = new ArrayList<>();
    for (String file : f.ruleFiles()) {
      try {
        YamlDocument d = YamlDocument.read(Path.of(file));
        groups.addAll(
            RuleFile.parse(
                file, ignoreUnknownFields ? d.ignoringUnknownKeys() : d, NameScheme.UTF8, parser));
      } catch (ConfigException e) {
        return new Loaded(List.of(), RuleErrors.of(file, e));
      } catch (IOException e) {
        return new Loaded(List.of(), List.of(file + ": " + IoFailures.reason(e)));
      }
    }
    return new Loaded(groups, List.of());
  }
}
