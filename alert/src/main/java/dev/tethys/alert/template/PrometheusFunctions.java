package dev.tethys.alert.template;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.codec.template.GoDuration;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.codec.template.TemplateFunction.Parameter;
import dev.tethys.config.Durations;
import dev.tethys.model.GoCase;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Template functions of Prometheus, in addition to Go's own. */
public final class PrometheusFunctions {
  /** Runs the queries of templates. */
  @FunctionalInterface
  public interface Querier {
    /**
     * Returns the elements of an instant vector, or a scalar as the only one.
     *
     * @param time Unix milliseconds
     * @throws RuntimeException with a message for users
     */
    List<QuerySample> query(String expression, long time);
  }

  private static final String RESULT_TYPE = "template.queryResult";
  private static final Parameter RESULT =
      new Parameter(
          RESULT_TYPE, v -> v instanceof GoList l && l.typeName().equals(RESULT_TYPE), true);
  private static final Parameter SAMPLE =
      new Parameter("*template.sample", v -> v instanceof QuerySample, true);

  /** Functions without dependencies. */
  private static final Map<String, TemplateFunction> PURE =
      Map.ofEntries(
          Map.entry("first", TemplateFunction.of(a -> first(a[0]), RESULT)),
          Map.entry("label", TemplateFunction.of(a -> label(a[1], (String) a[0]), STRING, SAMPLE)),
          Map.entry("value", TemplateFunction.of(a -> sample(a[0]).shown(), SAMPLE)),
          Map.entry("strvalue", TemplateFunction.of(a -> label(a[0], "__value__"), SAMPLE)),
          Map.entry(
              "sortByLabel",
              TemplateFunction.of(a -> sorted(String.valueOf(a[0]), a[1]), STRING, RESULT)),
          Map.entry("args", TemplateFunction.variadic(PrometheusFunctions::args, ANY)),
          Map.entry(
              "reReplaceAll",
              TemplateFunction.of(PrometheusFunctions::replaceAll, STRING, STRING, STRING)),
          Map.entry("match", TemplateFunction.of(PrometheusFunctions::match, STRING, STRING)),
          Map.entry("safeHtml", text(s -> s)),
          Map.entry("title", text(GoStrings::title)),
          Map.entry("toUpper", text(GoCase::upper)),
          Map.entry("toLower", text(GoCase::lower)),
          Map.entry("graphLink", text(s -> link(s, 0))),
          Map.entry("tableLink", text(s -> link(s, 1))),
          Map.entry("stripPort", text(Hosts::stripPort)),
          Map.entry("stripDomain", text(Hosts::stripDomain)),
          Map.entry("urlQueryEscape", text(GoStrings::queryEscape)),
          Map.entry("humanize", TemplateFunction.of(a -> Humanize.number(a[0]), ANY)),
          Map.entry("humanize1024", TemplateFunction.of(a -> Humanize.binary(a[0]), ANY)),
          Map.entry("humanizeDuration", TemplateFunction.of(a -> Humanize.duration(a[0]), ANY)),
          Map.entry("humanizePercentage", TemplateFunction.of(a -> Humanize.percent(a[0]), ANY)),
          Map.entry("humanizeTimestamp", TemplateFunction.of(a -> Humanize.timestamp(a[0]), ANY)),
          Map.entry("toTime", TemplateFunction.of(a -> Humanize.time(a[0]), ANY)),
          Map.entry(
              "toDuration",
              TemplateFunction.of(
                  a -> new GoDuration((long) (Humanize.real(a[0]) * 1_000_000_000)), ANY)),
          Map.entry(
              "parseDuration",
              TemplateFunction.of(a -> parseDuration(String.valueOf(a[0])), STRING)));

  private PrometheusFunctions() {}

  /**
   * Returns all functions.
   *
   * @param time result of {@code now} and evaluation time of queries, in Unix milliseconds
   * @param externalUrl public URL of the server
   */
  public static Map<String, TemplateFunction> of(Querier querier, long time, URI externalUrl) {
    Map<String, TemplateFunction> m = new HashMap<>(PURE);
    m.put("query", TemplateFunction.of(a -> query(querier, String.valueOf(a[0]), time), STRING));
    m.put("now", TemplateFunction.of(a -> time / 1000.0));
    m.put(
        "pathPrefix",
        TemplateFunction.of(a -> externalUrl.getPath() == null ? "" : externalUrl.getPath()));
    m.put("externalURL", TemplateFunction.of(a -> externalUrl.toString()));
    return m;
  }

  private interface TextFunction {
    String apply(String s);
  }

  private static TemplateFunction text(TextFunction f) {
    return TemplateFunction.of(a -> f.apply(String.valueOf(a[0])), STRING);
  }

  /** Path of the page with profiles, below the server's URL. */
  public static final String PROFILES_PAGE = "/explore/profiles";

  /**
   * Returns the path of the page with a query's graph (tab 0) or table (tab 1), relative to the
   * server's URL.
   */
  public static String link(String expression, int tab) {
    return "/graph?g0.expr=" + GoStrings.queryEscape(expression) + "&g0.tab=" + tab;
  }

  /**
   * Returns the path of the page with the logs and the result of a LogQL query, below the server's
   * URL.
   */
  public static String logsLink(String query) {
    return "/explore/logs?query=" + GoStrings.queryEscape(query);
  }

  /** Returns the path of the page with the result of a TraceQL query, below the server's URL. */
  public static String tracesLink(String query) {
    return "/explore/traces?query=" + GoStrings.queryEscape(query);
  }

  private static Object query(Querier querier, String expression, long time) {
    try {
      return new GoList(RESULT_TYPE, querier.query(expression, time));
    } catch (RuntimeException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }

  private static Object first(@Nullable Object result) {
    if (result instanceof GoList l && !l.items().isEmpty()) {
      return l.items().getFirst();
    }
    throw new Failure("first() called on vector with no elements");
  }

  private static QuerySample sample(@Nullable Object v) {
    if (v instanceof QuerySample s) {
      return s;
    }
    throw new Failure("runtime error: invalid memory address or nil pointer dereference");
  }

  private static Object label(@Nullable Object v, @Nullable String name) {
    return sample(v).labels().getOrDefault(name, "");
  }

  private static Object sorted(String label, @Nullable Object result) {
    List<Object> items = new ArrayList<>(result instanceof GoList l ? l.items() : List.of());
    items.sort(
        Comparator.comparing(
            v -> v instanceof QuerySample s ? s.labels().getOrDefault(label, "") : ""));
    return new GoList(RESULT_TYPE, items);
  }

  private static Object args(@Nullable Object[] args) {
    Map<String, @Nullable Object> m = new HashMap<>();
    for (int i = 0; i < args.length; i++) {
      m.put("arg" + i, args[i]);
    }
    return GoMap.ofAny(m);
  }

  private static Object match(@Nullable Object[] args) {
    try {
      return Pattern.compile(String.valueOf(args[0])).matcher(String.valueOf(args[1])).find();
    } catch (PatternSyntaxException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }

  private static Object replaceAll(@Nullable Object[] args) {
    String pattern = String.valueOf(args[0]);
    try {
      return GoStrings.replaceAll(
          Pattern.compile(pattern), String.valueOf(args[2]), String.valueOf(args[1]));
    } catch (PatternSyntaxException e) {
      throw new Failure("regexp: Compile(`" + pattern + "`): " + e.getMessage());
    }
  }

  private static Object parseDuration(String s) {
    boolean negative = s.startsWith("-");
    try {
      double seconds = Durations.parse(negative ? s.substring(1) : s).toMillis() / 1000.0;
      return negative ? -seconds : seconds;
    } catch (IllegalArgumentException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }
}
