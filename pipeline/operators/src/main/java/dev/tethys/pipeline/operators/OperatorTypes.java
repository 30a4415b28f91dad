package dev.tethys.pipeline.operators;

import com.google.re2j.Pattern;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.operators.Operator.Action;
import dev.tethys.pipeline.operators.Operator.Change;
import dev.tethys.pipeline.operators.Operator.Common;
import dev.tethys.pipeline.operators.Operator.CommonKeys;
import dev.tethys.pipeline.operators.Operator.OnError;
import dev.tethys.pipeline.operators.expr.Expression;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Operator types and the readers of their settings. */
final class OperatorTypes {
  /** Reads an operator. */
  @FunctionalInterface
  interface Reader {
    OperatorConfig read(String type, YamlNode node);
  }

  private static final Field SOURCE = Field.ATTRIBUTES.child("log.file.path");

  private static final Type<String> ONE_CHARACTER =
      Type.of(
          "character",
          null,
          n -> {
            String s = n.asString();
            if (s.length() != 1 || s.equals("\n") || s.equals("\r")) {
              throw n.error("\"" + s + "\" is not one character, line ends excepted");
            }
            return s;
          });

  static final Map<String, Reader> ALL = new HashMap<>();

  static {
    parsers();
    embedded();
    flow();
    Transforms.addTo(ALL);
  }

  private OperatorTypes() {}

  /** Adds an operator that changes entries. */
  static void change(
      Map<String, Reader> to,
      String type,
      String about,
      Function<Section, Function<YamlObject, Change>> keys) {
    Section s = new Section(type, about);
    CommonKeys common = new CommonKeys(s);
    Function<YamlObject, Change> reader = keys.apply(s);
    to.put(
        type,
        (t, node) -> {
          YamlObject o = node.object(s);
          Change c = reader.apply(o);
          return OperatorConfig.of(t, common.read(o), node, c::action);
        });
  }

  private static void parser(
      String type, String about, Function<Section, Function<YamlObject, ParserKeys.Parse>> keys) {
    change(
        ALL,
        type,
        about,
        s -> {
          ParserKeys p = new ParserKeys(s);
          Function<YamlObject, ParserKeys.Parse> reader = keys.apply(s);
          return o -> p.change(o, reader.apply(o));
        });
  }

  private static Key<YamlNode> cache(Section s) {
    return s.optional("cache", Type.ANY, "No effect: results are not cached.");
  }

  private static void parsers() {
    parser(
        "json_parser",
        "Parses a JSON object.",
        s -> {
          Key<Boolean> ints =
              s.key(
                  "parse_ints",
                  Type.BOOL,
                  false,
                  "If true, whole numbers are parsed as integers instead of doubles.");
          return o -> {
            boolean whole = o.get(ints);
            return (v, _) -> {
              Attributes a = TextParsers.json(ParserKeys.string(v, "what is parsed"));
              return whole ? a : TextParsers.floats(a);
            };
          };
        });
    parser(
        "regex_parser",
        "Parses text with the named groups of a regular expression.",
        s -> {
          Key<Pattern> regex =
              s.required("regex", Type.REGEX, "Regular expression with named groups.");
          Key<YamlNode> cache = cache(s);
          return o -> {
            o.find(cache);
            Pattern p = o.get(regex);
            Map<String, Integer> groups = groups(p);
            if (groups.isEmpty()) {
              throw o.error(regex, "the expression has no named group, (?P<name>…)");
            }
            return (v, _) -> TextParsers.groups(ParserKeys.string(v, "what is parsed"), p, groups);
          };
        });
    parser("csv_parser", "Parses a row of comma-separated values.", OperatorTypes::csv);
    parser(
        "key_value_parser",
        "Parses key=value pairs.",
        s -> {
          Key<String> delimiter =
              s.key("delimiter", Type.STRING, "=", "Delimiter between key and value.");
          Key<String> pairs =
              s.key(
                  "pair_delimiter",
                  Type.STRING,
                  "",
                  "Delimiter between pairs; white space if empty.");
          return o -> {
            String d = o.get(delimiter);
            String p = o.get(pairs);
            if (d.isEmpty() || d.equals(p)) {
              throw o.error(delimiter, "the delimiter is empty, or the same as that of pairs");
            }
            String by = p.isBlank() ? "" : p;
            return (v, _) -> TextParsers.keyValues(ParserKeys.string(v, "what is parsed"), d, by);
          };
        });
    parser(
        "uri_parser",
        "Parses the parts of a URI.",
        s -> o -> (v, _) -> TextParsers.uri(ParserKeys.string(v, "what is parsed")));
    jsonArray();
    syslog();
    container();
  }

  static Map<String, Integer> groups(Pattern p) {
    Map<String, Integer> byPlace = new LinkedHashMap<>();
    p.namedGroups().entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(e -> byPlace.put(e.getKey(), e.getValue()));
    return byPlace;
  }

  private static Function<YamlObject, ParserKeys.Parse> csv(Section s) {
    Key<String> header =
        s.optional("header", Type.STRING, "Names of the fields, separated by header_delimiter.");
    Key<String> headerOf =
        s.optional(
            "header_attribute", Type.STRING, "Attribute that contains the names of the fields.");
    Key<String> headerDelimiter =
        s.optional(
            "header_delimiter",
            ONE_CHARACTER,
            "Delimiter of the header; by default that of the fields.");
    Key<String> delimiter = s.key("delimiter", ONE_CHARACTER, ",", "Delimiter of the fields.");
    Key<Boolean> lazy =
        s.key("lazy_quotes", Type.BOOL, false, "If true, quotes may appear anywhere in a field.");
    Key<Boolean> ignore =
        s.key("ignore_quotes", Type.BOOL, false, "If true, quotes have no special meaning.");
    return o -> {
      String h = o.find(header);
      String attribute = o.find(headerOf);
      if ((h == null) == (attribute == null)) {
        throw o.error("exactly one of header and header_attribute is required");
      }
      char by = o.get(delimiter).charAt(0);
      String hd = o.find(headerDelimiter);
      String headerBy = java.util.regex.Pattern.quote(hd == null ? o.get(delimiter) : hd);
      if (o.get(lazy) && o.get(ignore)) {
        throw o.error(ignore, "lazy_quotes and ignore_quotes are mutually exclusive");
      }
      boolean l = o.get(lazy);
      boolean i = o.get(ignore);
      List<String> fixed = h == null ? null : List.of(h.split(headerBy, -1));
      if (h != null && h.isEmpty()) {
        throw o.error(header, "the header names no field");
      }
      return (v, e) -> {
        List<String> names = fixed;
        if (names == null) {
          if (!(e.record().attributes().get(String.valueOf(attribute)) instanceof String x)) {
            throw new OperatorException(
                "the attribute " + attribute + " with the field names is missing");
          }
          names = List.of(x.split(headerBy, -1));
        }
        return TextParsers.named(
            names, TextParsers.csv(ParserKeys.string(v, "what is parsed"), by, l, i));
      };
    };
  }

  private static void jsonArray() {
    change(
        ALL,
        "json_array_parser",
        "Text that is a JSON list.",
        s -> {
          Key<String> header =
              s.optional("header", Type.STRING, "Names of the elements, separated by commas.");
          ParserKeys p = new ParserKeys(s);
          return o -> {
            String h = o.find(header);
            if (!p.hasTarget(o)) {
              throw o.error("json_array_parser needs parse_to");
            }
            Field to = p.target(o);
            if (h == null && to.isRoot() && to.root() != Field.Root.BODY) {
              throw o.error("a list without a header cannot be put at " + to + ", which is a map");
            }
            List<String> names = h == null ? null : List.of(h.split(",", -1));
            return p.change(
                o,
                (v, _) -> {
                  ArrayValue a = TextParsers.jsonList(ParserKeys.string(v, "what is parsed"));
                  return names == null ? a : TextParsers.named(names, a);
                });
          };
        });
  }

  private static void syslog() {
    change(
        ALL,
        "syslog_parser",
        "A message of syslog.",
        s -> {
          SyslogOperator.Keys keys = new SyslogOperator.Keys(s);
          ParserKeys p = new ParserKeys(s);
          return o -> {
            SyslogOperator syslog = keys.read(o);
            Field from = p.source(o);
            Field to = p.target(o);
            Change more = p.embedded(o);
            return e -> {
              syslog.apply(e, from, to);
              more.apply(e);
            };
          };
        });
  }

  private static void container() {
    Section s = new Section("container", "Parses log lines of container engines.");
    CommonKeys common = new CommonKeys(s);
    SequencedMap<String, ContainerParser.Format> words = new LinkedHashMap<>();
    for (ContainerParser.Format f : ContainerParser.Format.values()) {
      words.put(f.name().toLowerCase(Locale.ROOT), f);
    }
    Key<ContainerParser.Format> format =
        s.optional(
            "format",
            Type.oneOf("format", words),
            "Format of the lines: docker, crio or containerd.");
    Key<Boolean> metadata =
        s.key(
            "add_metadata_from_filepath",
            Type.BOOL,
            true,
            "If true, resource attributes of the pod are taken from the path of " + "the file.");
    Key<Long> max =
        s.key(
            "max_log_size",
            Sizes.TYPE,
            1L << 20,
            "Maximum size of a line joined from partial lines, in bytes.");
    ParserKeys p = new ParserKeys(s);
    ALL.put(
        "container",
        (t, node) -> {
          YamlObject o = node.object(s);
          ContainerParser.Format f = o.find(format);
          boolean m = o.get(metadata);
          long size = o.get(max);
          Field from = p.source(o);
          Field to = p.target(o);
          Change more = p.embedded(o);
          Field tag = to.child("logtag");
          Supplier<Action> made =
              () ->
                  new ContainerParser(
                      f,
                      m,
                      from,
                      to,
                      more,
                      new Recombine(
                          new Recombine.Settings(
                              e -> "F".equals(tag.get(e)),
                              false,
                              Field.BODY,
                              "",
                              0,
                              0,
                              true,
                              Duration.ofSeconds(5),
                              SOURCE,
                              1000,
                              size)));
          return OperatorConfig.of(t, common.read(o), node, made);
        });
  }

  private static void embedded() {
    change(
        ALL,
        "time_parser",
        "The time of an entry.",
        s -> {
          TimeSetting.Keys k = new TimeSetting.Keys(s);
          return o -> k.read(o)::apply;
        });
    change(
        ALL,
        "severity_parser",
        "The severity of an entry.",
        s -> {
          SeveritySetting.Keys k = new SeveritySetting.Keys(s);
          return o -> k.read(o)::apply;
        });
    change(
        ALL,
        "trace_parser",
        "The trace of an entry.",
        s -> {
          TraceSetting.Keys k = new TraceSetting.Keys(s);
          return o -> k.read(o)::apply;
        });
    change(
        ALL,
        "scope_name_parser",
        "The name of the scope of an entry.",
        s -> {
          Key<Field> from = s.key("parse_from", Field.TYPE, Field.BODY, "Field to parse.");
          return o -> {
            Field f = o.get(from);
            return e -> ParserKeys.scope(f, e);
          };
        });
  }

  private static void flow() {
    router();
    filter();
    recombine();
  }

  private record Route(
      Expression<Entry> expression, List<String> output, Map<String, TextTemplate> attributes) {}

  private static void router() {
    Section route = new Section("route", "Outputs of entries that match an expression.");
    Key<Expression<Entry>> expr =
        route.required("expr", Conditions.TYPE, "Condition of the route.");
    Key<List<String>> output =
        route.required("output", Operator.ONE_OR_MORE, "Operators that receive the entries.");
    Key<Map<String, TextTemplate>> attributes =
        route.key(
            "attributes",
            Type.map(TextTemplate.TYPE),
            Map.of(),
            "Attributes added to the entries.");
    Type<Route> routeType =
        route.type(o -> new Route(o.get(expr), o.get(output), o.get(attributes)));

    Section s =
        new Section(
            "router",
            "Sends each entry to the outputs of the first route whose condition " + "matches.");
    s.required("type", Type.STRING, "Type of the operator.");
    Key<String> id = s.optional("id", Type.STRING, "Identifier of the operator.");
    Key<List<Route>> routes = s.required("routes", Type.list(routeType), "Routes in order.");
    Key<List<String>> otherwise =
        s.optional(
            "default",
            Operator.ONE_OR_MORE,
            "Outputs of all other entries; without it they are dropped.");
    ALL.put(
        "router",
        (t, node) -> {
          YamlObject o = node.object(s);
          List<Route> all = o.get(routes);
          List<String> rest = o.find(otherwise);
          List<String> outputs = new ArrayList<>(rest == null ? List.of() : rest);
          all.forEach(r -> outputs.addAll(r.output));
          // Operators after a router are reached only by its routes.
          return new OperatorConfig(
              t,
              new Common(o.find(id), List.of(), OnError.DROP, null),
              targets -> route(all, rest, targets),
              List.copyOf(outputs),
              node);
        });
  }

  private static Action route(
      List<Route> routes, @Nullable List<String> otherwise, Map<String, Sink> targets) {
    List<List<Sink>> to =
        routes.stream().map(r -> r.output.stream().map(id -> sink(targets, id)).toList()).toList();
    List<Sink> rest =
        otherwise == null ? null : otherwise.stream().map(id -> sink(targets, id)).toList();
    return (e, self) -> {
      for (int i = 0; i < to.size(); i++) {
        Route r = routes.get(i);
        boolean matches;
        try {
          matches = r.expression.test(e);
        } catch (dev.tethys.pipeline.operators.expr.ExpressionException x) {
          // As in the Collector, the next condition is evaluated.
          self.reportFailure(String.valueOf(x.getMessage()));
          continue;
        }
        if (matches) {
          for (Map.Entry<String, TextTemplate> a : r.attributes.entrySet()) {
            e.record().attributes().put(a.getKey(), a.getValue().of(e));
          }
          Operator.to(to.get(i), e);
          return;
        }
      }
      if (rest == null) {
        self.drop(e);
      } else {
        Operator.to(rest, e);
      }
    };
  }

  private static Sink sink(Map<String, Sink> targets, String id) {
    Sink s = targets.get(id);
    if (s == null) {
      throw new IllegalStateException("no operator " + id);
    }
    return s;
  }

  private static void filter() {
    Section s = new Section("filter", "Drops entries that match an expression.");
    CommonKeys common = new CommonKeys(s);
    Key<Expression<Entry>> expr =
        s.required("expr", Conditions.TYPE, "Expression of the entries to drop.");
    Key<Double> ratio =
        s.key("drop_ratio", Type.FLOAT, 1.0, "Ratio of the matching entries to drop, 0 to 1.");
    ALL.put(
        "filter",
        (t, node) -> {
          YamlObject o = node.object(s);
          Expression<Entry> x = o.get(expr);
          double r = o.get(ratio);
          if (!(r >= 0 && r <= 1)) {
            throw o.error(ratio, "drop_ratio must be a number from 0 to 1");
          }
          Action a =
              (e, self) -> {
                if (x.test(e) && (r >= 1 || ThreadLocalRandom.current().nextDouble() < r)) {
                  self.drop(e);
                } else {
                  self.emit(e);
                }
              };
          return OperatorConfig.of(t, common.read(o), node, () -> a);
        });
  }

  private static void recombine() {
    Section s = new Section("recombine", "Combines consecutive entries into one.");
    CommonKeys common = new CommonKeys(s);
    Key<Expression<Entry>> first =
        s.optional(
            "is_first_entry",
            Conditions.TYPE,
            "Expression that matches the first entry of a series.");
    Key<Expression<Entry>> last =
        s.optional(
            "is_last_entry",
            Conditions.TYPE,
            "Expression that matches the last entry of a series.");
    Key<Field> field = s.required("combine_field", Field.TYPE, "Field to combine.");
    Key<String> with =
        s.key("combine_with", Type.STRING, "\n", "Separator of the combined values.");
    Key<Long> most =
        s.key("max_batch_size", Type.INT, 1000L, "Maximum number of entries in a series.");
    Key<Long> unmatched =
        s.key(
            "max_unmatched_batch_size",
            Type.INT,
            100L,
            "Maximum number of entries held before the first or last entry of a "
                + "series matches.");
    Key<String> overwrite =
        s.key(
            "overwrite_with",
            Type.oneOf("overwrite_with", List.of("newest", "oldest")),
            "newest",
            "Entry whose other fields are kept: newest or oldest.");
    Key<Duration> flush =
        s.key(
            "force_flush_period",
            GoDurations.TYPE,
            Duration.ofSeconds(5),
            "Maximum time to combine a series, after which it is forwarded.");
    Key<Field> source =
        s.key(
            "source_identifier",
            Field.TYPE,
            SOURCE,
            "Field that identifies the source of an entry.");
    Key<Long> sources =
        s.key(
            "max_sources", Type.INT, 1000L, "Maximum number of sources tracked at the same time.");
    Key<Long> size =
        s.key("max_log_size", Sizes.TYPE, 0L, "Maximum size of the combined text; 0 for no limit.");
    ALL.put(
        "recombine",
        (t, node) -> {
          YamlObject o = node.object(s);
          Expression<Entry> f = o.find(first);
          Expression<Entry> l = o.find(last);
          if ((f == null) == (l == null)) {
            throw o.error("exactly one of is_first_entry and is_last_entry is required");
          }
          Expression<Entry> mark = f == null ? java.util.Objects.requireNonNull(l) : f;
          Recombine.Settings settings =
              new Recombine.Settings(
                  mark::test,
                  f != null,
                  o.get(field),
                  o.get(with),
                  count(o, most),
                  count(o, unmatched),
                  o.get(overwrite).equals("newest"),
                  o.get(flush),
                  o.get(source),
                  Math.max(1, count(o, sources)),
                  o.get(size));
          return OperatorConfig.of(t, common.read(o), node, () -> new Recombine(settings));
        });
  }

  private static int count(YamlObject o, Key<Long> k) {
    long n = o.get(k);
    if (n < 0 || n > Integer.MAX_VALUE) {
      throw o.error(k, k.name() + " must not be negative");
    }
    return (int) n;
  }
}
