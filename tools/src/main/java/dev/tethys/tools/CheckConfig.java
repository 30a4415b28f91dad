package dev.tethys.tools;

import dev.tethys.alert.notify.AlertmanagerConfig;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.FileConfig;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.kubernetes.KubernetesDiscovery;
import dev.tethys.collect.scrape.ScrapeConfig;
import dev.tethys.collect.scrape.TargetPreview;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.config.FilePattern;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.GoQuote;
import dev.tethys.model.file.IoFailures;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code check config} and {@code check web-config}: a configuration is read as the server reads
 * it, and then the files it names.
 */
final class CheckConfig {
  private static final String TOO_LONG = "too-long-scrape-interval";

  private final Console console;
  private final boolean syntaxOnly;
  private final boolean agent;

  private CheckConfig(Console console, boolean syntaxOnly, boolean agent) {
    this.console = console;
    this.syntaxOnly = syntaxOnly;
    this.agent = agent;
  }

  /** Reports an invalid file or value that the configuration refers to. */
  private static final class BadException extends Exception {
    private static final long serialVersionUID = 1L;

    BadException(String message) {
      super(message);
    }
  }

  static List<Command> commands() {
    return List.of(
        new Command(
            "check config",
            "<config-files>...",
            "Check if the config files are valid or not. What Tethys does not do yet is named as"
                + " such.",
            List.of(
                Flag.of(
                    "syntax-only",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Only check the file itself, not the files it refers to."),
                Flag.of(
                    "lint",
                    Flag.Kind.STRING,
                    "duplicate-rules",
                    "Linting checks to apply: all, duplicate-rules, none, " + TOO_LONG + "."),
                CheckRules.LINT_FATAL,
                CheckRules.IGNORE_UNKNOWN,
                Flag.of(
                    "query.lookback-delta",
                    Flag.Kind.DURATION,
                    "5m",
                    "Lookback of the server, compared with scrape intervals."),
                Flag.of(
                    "agent",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Check the config file for Prometheus in agent mode.")),
            1,
            Command.ANY,
            CheckConfig::run),
        new Command(
            "check web-config",
            "<web-config-files>...",
            "Check if the web config files are valid or not.",
            List.of(),
            1,
            Command.ANY,
            CheckConfig::web));
  }

  private static int web(Command.Arguments a, Console console) {
    boolean failed = false;
    for (String f : Operands.files(a.operands())) {
      try {
        WebConfig c = WebConfig.read(Path.of(f));
        for (String named : c.files()) {
          if (!Files.isReadable(Path.of(named))) {
            throw new NoSuchFileException(named);
          }
        }
        console.err().println(f + " SUCCESS");
      } catch (ConfigException | IOException e) {
        failed = true;
        console.err().println(f + " FAILED: " + describe(e));
      }
    }
    return failed ? 1 : 0;
  }

  private static String describe(Exception e) {
    return switch (e) {
      case NoSuchFileException n -> "open " + n.getFile() + ": no such file or directory";
      case AccessDeniedException n -> "open " + n.getFile() + ": permission denied";
      default -> String.valueOf(e.getMessage());
    };
  }

  private static int run(Command.Arguments a, Console console) {
    List<String> files = Operands.files(a.operands());
    boolean fatal = a.flags().bool("lint-fatal");
    List<String> options = new ArrayList<>(Arrays.asList(a.flags().get("lint").split(",", -1)));
    Duration lookback =
        options.contains("none") || !options.contains("all") && !options.contains(TOO_LONG)
            ? Duration.ZERO
            : Durations.parse(a.flags().get("query.lookback-delta"));
    options.remove(TOO_LONG);
    CheckRules.Lint lint =
        CheckRules.Lint.of(options.contains("none") ? List.of() : options, fatal, console);
    CheckConfig check =
        new CheckConfig(console, a.flags().bool("syntax-only"), a.flags().bool("agent"));
    CheckRules rules =
        new CheckRules(
            console,
            lint,
            PromqlFeatures.of(a.flags(), console).parser(),
            a.flags().bool("ignore-unknown-fields"));
    CheckRules.Result all = CheckRules.Result.GOOD;
    for (String f : files) {
      all = all.and(check.file(f, rules, lookback));
    }
    return all.status(fatal);
  }

  private CheckRules.Result file(String file, CheckRules rules, Duration lookback) {
    console.out().println("Checking " + file);
    List<String> ruleFiles;
    PrometheusConfig config;
    try {
      config =
          syntaxOnly
              ? PrometheusConfig.readAlone(Path.of(file))
              : PrometheusConfig.read(Path.of(file));
      String problem = agent ? config.notForAgents() : null;
      if (problem != null) {
        throw new BadException(problem);
      }
      ruleFiles = check(file, config);
    } catch (ConfigException | IOException | BadException e) {
      console.err().println("  FAILED: " + describe(e));
      console.out().println();
      return new CheckRules.Result(true, true);
    }
    if (!ruleFiles.isEmpty()) {
      console.out().println("  SUCCESS: " + ruleFiles.size() + " rule files found");
    }
    console.out().println(" SUCCESS: " + file + " is valid prometheus config file syntax");
    console.out().println();
    if (syntaxOnly) {
      return CheckRules.Result.GOOD;
    }
    CheckRules.Result intervals = new CheckRules.Result(tooLong(config.jobs(), lookback), false);
    return intervals.and(rules.files(ruleFiles));
  }

  private boolean tooLong(List<ScrapeConfig> jobs, Duration lookback) {
    for (ScrapeConfig c : jobs) {
      if (!lookback.isZero() && c.common().interval().compareTo(lookback) >= 0) {
        console
            .err()
            .println(
                "  FAILED: too long scrape interval found, data point will be marked as stale -"
                    + " job: "
                    + c.jobName()
                    + ", interval: "
                    + Durations.format(c.common().interval()));
        return true;
      }
    }
    return false;
  }

  /** Checks the files named in the configuration; returns the rule files in display form. */
  private List<String> check(String file, PrometheusConfig config)
      throws IOException, BadException {
    List<String> ruleFiles = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    if (!syntaxOnly) {
      CollectedExporters.check(config.collect());
    }
    for (String pattern : syntaxOnly ? List.<String>of() : config.ruleFiles()) {
      List<Path> found = config.findRuleFiles(pattern);
      if (found.isEmpty() && pattern.indexOf('*') < 0) {
        problems.add(GoQuote.quote(shown(file, pattern)) + " does not point to an existing file");
      }
      found.forEach(f -> ruleFiles.add(shown(file, f.toString())));
    }
    for (ScrapeConfig c : config.scrapeConfigs()) {
      if (!syntaxOnly) {
        client(file, c.client(), problems);
      }
      discoveries(
          file,
          c.discoveries(),
          true,
          "scrape job " + GoQuote.quote(c.jobName()),
          g -> {
            int i = 0;
            for (TargetPreview t : TargetPreview.of(c, g)) {
              if (t.error() != null) {
                throw new IllegalArgumentException(
                    "instance " + i + " in group " + g.source() + ": " + t.error());
              }
              i++;
            }
          },
          problems);
    }
    for (AlertmanagerConfig c : config.alerting().alertmanagers()) {
      discoveries(file, c.discoveries(), false, "alertmanager config", c::check, problems);
    }
    if (!problems.isEmpty()) {
      throw new BadException(String.join("\n  FAILED: ", problems));
    }
    return ruleFiles;
  }

  private static void client(String file, HttpClientConfig c, List<String> problems) {
    HttpClientConfig.Authorization a = c.authorization();
    if (a != null) {
      exists(
          file,
          a.credentialsFile(),
          "error checking authorization credentials or bearer token file ",
          problems);
    }
    tls(file, c.tls(), problems);
  }

  private static void tls(String file, TlsConfig tls, List<String> problems) {
    exists(file, tls.certFile(), "error checking client cert file ", problems);
    exists(file, tls.keyFile(), "error checking client key file ", problems);
  }

  private static void exists(String config, String file, String what, List<String> problems) {
    if (file.isEmpty()) {
      return;
    }
    try {
      Files.readAttributes(Path.of(file), BasicFileAttributes.class);
    } catch (IOException e) {
      String name = shown(config, file);
      problems.add(what + GoQuote.quote(name) + ": stat " + name + ": " + IoFailures.reason(e));
    }
  }

  private void discoveries(
      String config,
      List<DiscoveryConfig> all,
      boolean jobs,
      String where,
      Consumer<TargetGroup> check,
      List<String> problems)
      throws IOException {
    for (DiscoveryConfig d : all) {
      Settings kubernetes = KubernetesDiscovery.MECHANISM.settings(d);
      if (kubernetes != null && jobs && !syntaxOnly) {
        tls(config, kubernetes.client().tls(), problems);
      }
      if (d instanceof StaticConfig s) {
        groups(s.groups(), check, problems);
      } else if (d instanceof FileConfig f && !syntaxOnly) {
        for (String pattern : f.files()) {
          files(config, pattern, where, check, problems);
        }
      }
    }
  }

  private static void groups(
      List<TargetGroup> groups, Consumer<TargetGroup> check, List<String> problems) {
    for (TargetGroup g : groups) {
      try {
        check.accept(g);
      } catch (IllegalArgumentException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
  }

  private void files(
      String config,
      String pattern,
      String where,
      Consumer<TargetGroup> check,
      List<String> problems)
      throws IOException {
    List<Path> found = FilePattern.of(pattern).files();
    if (found.isEmpty()) {
      console
          .out()
          .println(
              "  WARNING: file "
                  + GoQuote.quote(shown(config, pattern))
                  + " for file_sd in "
                  + where
                  + " does not exist");
    }
    for (Path f : found) {
      try {
        groups(FileConfig.groups(f), check, problems);
      } catch (ConfigException | IOException e) {
        problems.add(
            "checking SD file " + GoQuote.quote(shown(config, pattern)) + ": " + describe(e));
      }
    }
  }

  /**
   * Returns a path as shown by promtool: relative if the configuration was given a relative path
   * and the path is in the same folder.
   */
  private static String shown(String config, String path) {
    Path here = Path.of("").toAbsolutePath();
    Path p = Path.of(path);
    return Path.of(config).isAbsolute() || !p.isAbsolute() || !p.startsWith(here)
        ? path
        : here.relativize(p).toString();
  }
}
