package dev.tethys.tools;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.NameScheme;
import dev.tethys.model.file.IoFailures;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.tools.ruletest.RuleErrors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** {@code check rules}: rule files that are read, and linted for duplicates. */
final class CheckRules {
  static final int LINT = 3;

  static final Flag LINT_FATAL =
      Flag.of("lint-fatal", Flag.Kind.BOOLEAN, "false", "Make lint errors exit with exit code 3.");
  static final Flag IGNORE_UNKNOWN =
      Flag.of(
          "ignore-unknown-fields",
          Flag.Kind.BOOLEAN,
          "false",
          "Pass over fields of rule files that mean nothing to the server.");

  /**
   * Selected lints.
   *
   * @param fatal whether findings result in a separate exit code
   */
  record Lint(boolean duplicates, boolean fatal) {
    /** Reads {@code --lint} and reports unknown options. */
    static Lint of(List<String> options, boolean fatal, Console console) {
      boolean duplicates = false;
      for (String o : options) {
        switch (o) {
          case "all", "duplicate-rules" -> duplicates = true;
          case "none", "" -> {}
          default -> console.out().println("WARNING: unknown lint option: \"" + o + "\"");
        }
      }
      return new Lint(duplicates, fatal);
    }
  }

  /** Result of the lints: whether there were findings, and whether one of them was an error. */
  record Result(boolean failed, boolean errors) {
    static final Result GOOD = new Result(false, false);

    Result and(Result o) {
      return new Result(failed || o.failed, errors || o.errors);
    }

    int status(boolean fatal) {
      return failed && errors ? 1 : failed && fatal ? LINT : 0;
    }
  }

  private final Console console;
  private final Lint lint;
  private final ParserOptions parser;
  private final boolean ignoreUnknown;

  CheckRules(Console console, Lint lint, ParserOptions parser, boolean ignoreUnknown) {
    this.console = console;
    this.lint = lint;
    this.parser = parser;
    this.ignoreUnknown = ignoreUnknown;
  }

  static Command command() {
    return new Command(
        "check rules",
        "[<rule-files>...]",
        "Check if the rule files are valid or not. Without a file standard input is read.",
        List.of(
            Flag.of(
                "lint",
                Flag.Kind.STRING,
                "duplicate-rules",
                "Linting checks to apply: all, duplicate-rules, none. For more, see tethys tool"
                    + " lint."),
            LINT_FATAL,
            IGNORE_UNKNOWN),
        0,
        Command.ANY,
        CheckRules::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    List<String> files = Operands.files(a.operands());
    boolean fatal = a.flags().bool("lint-fatal");
    CheckRules c =
        new CheckRules(
            console,
            Lint.of(List.of(a.flags().get("lint").split(",", -1)), fatal, console),
            PromqlFeatures.of(a.flags(), console).parser(),
            a.flags().bool("ignore-unknown-fields"));
    Result r;
    if (files.isEmpty()) {
      console.out().println("Checking standard input");
      String text = new String(console.in().readAllBytes(), StandardCharsets.UTF_8);
      r = c.check("", () -> YamlDocument.parse("standard input", null, text));
    } else {
      r = c.files(files);
    }
    return r.status(fatal);
  }

  /** Checks files one by one. */
  Result files(List<String> files) {
    Result all = Result.GOOD;
    for (String f : files) {
      console.out().println("Checking " + f);
      all = all.and(check(f, () -> YamlDocument.read(Path.of(f))));
    }
    return all;
  }

  /** Reads a document. */
  private interface Source {
    YamlDocument read() throws IOException;
  }

  private Result check(String file, Source source) {
    List<GroupSpec> groups;
    try {
      YamlDocument d = source.read();
      groups =
          RuleFile.parse(
              file, ignoreUnknown ? d.ignoringUnknownKeys() : d, NameScheme.UTF8, parser);
    } catch (ConfigException e) {
      console.err().println("  FAILED:");
      RuleErrors.of(file, e).forEach(console.err()::println);
      return new Result(true, true);
    } catch (IOException e) {
      console.err().println("  FAILED:\n" + file + ": " + IoFailures.reason(e));
      return new Result(true, true);
    }
    List<RuleSpec> duplicates = lint.duplicates ? duplicates(groups) : List.of();
    if (!duplicates.isEmpty()) {
      StringBuilder sb = new StringBuilder("lint error ");
      sb.append(duplicates.size()).append(" duplicate rule(s) found.\n");
      for (RuleSpec r : duplicates) {
        sb.append("Metric: ").append(r.name()).append("\nLabel(s):\n");
        r.labels().forEach((k, v) -> sb.append('\t').append(k).append(": ").append(v).append('\n'));
      }
      console.err().println("  FAILED:");
      console.err().println(sb + "Might cause inconsistency while recording expressions");
      console.out().println();
      return new Result(true, false);
    }
    int n = groups.stream().mapToInt(g -> g.rules().size()).sum();
    console.out().println("  SUCCESS: " + n + " rules found");
    console.out().println();
    return Result.GOOD;
  }

  /** Rules with the name and labels of another rule, each once, in order. */
  private static List<RuleSpec> duplicates(List<GroupSpec> groups) {
    Set<Map.Entry<String, SortedMap<String, String>>> seen = new HashSet<>();
    Set<Map.Entry<String, SortedMap<String, String>>> reported = new HashSet<>();
    List<RuleSpec> out = new ArrayList<>();
    for (GroupSpec g : groups) {
      for (RuleSpec r : g.rules()) {
        Map.Entry<String, SortedMap<String, String>> key = Map.entry(r.name(), r.labels());
        if (!seen.add(key) && reported.add(key)) {
          out.add(r);
        }
      }
    }
    out.sort(
        Comparator.comparing(RuleSpec::name)
            .thenComparing(r -> dev.tethys.model.Labels.of(r.labels())));
    return out;
  }
}
