package dev.tethys.app.server;

import static dev.tethys.runtime.cli.Flag.Kind.BOOLEAN;
import static dev.tethys.runtime.cli.Flag.Kind.INTEGER;
import static dev.tethys.runtime.cli.Flag.Kind.LIST;
import static dev.tethys.runtime.cli.Flag.of;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.api.insight.ObjectivesApi;
import dev.tethys.config.ConfigException;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.inspections.check.InspectionCheck;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveRules;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.file.ObjectiveFiles;
import dev.tethys.insight.objectives.state.ObjectiveReports;
import dev.tethys.insight.objectives.state.ObjectiveStates;
import dev.tethys.model.NameScheme;
import dev.tethys.model.access.Scope;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryOrigin;
import dev.tethys.query.promql.QueryPriority;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Objectives of the server: reads their files with each configuration, like rule files, and creates
 * their rule groups. A file that is not valid fails the reload, so that the objectives before stay.
 */
final class ObjectiveRuleFiles {
  private static final String FILES = "insight.objectives-file";
  private static final String LIMIT = "insight.objectives-limit";
  private static final String DEFAULTS = "insight.default-objectives";

  static final List<Flag> FLAGS =
      List.of(
          of(
              FILES,
              LIST,
              "",
              "File with service level objectives in the grammar of Tethys, Sloth or OpenSLO; the"
                  + " last part of the path may be a pattern. Can be repeated. (Tethys)"),
          of(LIMIT, INTEGER, "1000", "Maximum number of objectives in files. (Tethys)"),
          of(
              DEFAULTS,
              BOOLEAN,
              "true",
              "Shows objectives of 99% availability and of 99% of requests below 500ms for services"
                  + " without objectives in files; they have no alerts. (Tethys)"));

  private static final int MAX_LIMIT = 10_000;
  private static final System.Logger LOG = JulLogger.of(ObjectiveRuleFiles.class.getName());

  private final List<String> patterns;
  private final int limit;
  private final ObjectiveReports reports;

  /** Objectives by configuration, so that a reapplied configuration keeps its objectives. */
  private final Map<PrometheusConfig, ObjectiveSet> read = new IdentityHashMap<>();

  private @Nullable PrometheusConfig current;

  /**
   * @param millis current time in Unix milliseconds
   */
  ObjectiveRuleFiles(FlagSet flags, PromqlEngine engine, ScopedSource source, LongSupplier millis) {
    this.patterns = flags.list(FILES).stream().filter(p -> !p.isEmpty()).toList();
    long n = flags.integer(LIMIT);
    if (n < 1 || n > MAX_LIMIT) {
      throw new UsageException(
          "tethys server: --" + LIMIT + "=" + n + ": expected 1 to " + MAX_LIMIT);
    }
    this.limit = (int) n;
    QueryOptions options =
        new QueryOptions(
            0,
            0,
            false,
            new QueryOrigin("objectives", "", "", "", QueryPriority.INTERACTIVE, Scope.DEFAULT));
    this.reports =
        new ObjectiveReports(
            new ObjectiveStates(
                (query, time) ->
                    InspectionCheck.samples(
                        engine
                            .instant(source.within(Scope.DEFAULT), query, time, options)
                            .execute()
                            .value())),
            flags.bool(DEFAULTS),
            millis);
  }

  /** Adds the endpoint with their states. */
  void addTo(Routes routes, Supplier<@Nullable EntityModel> entities) {
    new ObjectivesApi(reports, entities).addTo(routes);
  }

  /** States at present, at most {@link ObjectiveReports#AGE} old. */
  ObjectiveStates.Report states() {
    return reports.read();
  }

  /** The files that match the patterns now, each once. */
  List<Path> files() throws IOException {
    Set<Path> out = new LinkedHashSet<>();
    for (String p : patterns) {
      try {
        out.addAll(ObjectiveFiles.find(p));
      } catch (IllegalArgumentException e) {
        throw new UsageException("tethys server: --" + FILES + ": " + e.getMessage());
      }
    }
    return List.copyOf(out);
  }

  /** Files watched for changes: the readable ones. */
  List<Path> watched() throws IOException {
    return files().stream().filter(ObjectiveFiles::isReadable).toList();
  }

  /**
   * Rule groups of the objectives, which are read from their files at the first call for a
   * configuration.
   *
   * @throws dev.tethys.config.ConfigException if a file is not valid
   * @throws IOException if a file cannot be read
   */
  synchronized List<GroupSpec> groups(PrometheusConfig c, ParserOptions parser) throws IOException {
    ObjectiveSet set = read.get(c);
    if (set == null) {
      for (String p : patterns) {
        if (ObjectiveFiles.find(p).isEmpty()) {
          LOG.log(Level.WARNING, "Objectives not found, no file matches --{0}={1}", FILES, p);
        }
      }
      set = ObjectiveFiles.read(files(), limit);
      set.notices().forEach(n -> LOG.log(Level.WARNING, n));
      read.put(c, set);
    }
    PrometheusConfig before = current;
    read.keySet().removeIf(other -> other != c && other != before);
    List<GroupSpec> out = new ArrayList<>();
    String version = BuildInfo.current().version();
    // One by one: the rules of all could exceed the size of a YAML document.
    for (Objective o : set.objectives()) {
      out.addAll(groups(o.file(), ObjectiveRules.text(List.of(o), version), parser));
    }
    return out;
  }

  private static List<GroupSpec> groups(String file, String rules, ParserOptions parser) {
    try {
      return RuleFile.parse(file, rules, NameScheme.UTF8, parser);
    } catch (ConfigException e) {
      // Positions are those of the generated text.
      throw new ConfigException(
          file,
          "a label or annotation of an alert is not valid: "
              + String.valueOf(e.getMessage()).replaceAll("(?m)^.*?:\\d+:\\d+: ", ""));
    }
  }

  /** Shows the objectives of a configuration from now on, once its rules are applied. */
  synchronized void apply(PrometheusConfig c) {
    current = c;
    ObjectiveSet set = read.get(c);
    if (set != null) {
      reports.set(set);
    }
  }
}
