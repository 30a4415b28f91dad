package dev.tethys.insight.inspections.definition;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.Template;
import dev.tethys.insight.inspections.definition.ThresholdOverrides.ScopedThreshold;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.query.promql.parser.SeriesDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads files of inspections. */
final class InspectionReader {
  private static final Pattern ID = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,63}");
  private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9_-]{0,31}");
  private static final Duration LONGEST = Duration.ofHours(6);
  private static final Duration SHORTEST = Duration.ofSeconds(10);
  private static final Duration EVERY = Duration.ofSeconds(30);

  /** Maximum number of values per test series. */
  static final int MAX_VALUES = 20_000;

  private static final Type<List<EntityKind>> KINDS =
      Type.list(Type.lowerCase("kind of entity", EntityKind.class));
  private static final Type<List<Template>> TEMPLATES =
      Type.list(Type.of("template", null, n -> n.parse(Template::parse)));
  private static final Type<InspectionText> TEXT =
      Type.of("text", null, n -> n.parse(InspectionText::parse));
  private static final Type<InspectionSeverity> SEVERITIES =
      Type.lowerCase("severity", InspectionSeverity.class);

  private static final Section EXPECTED = new Section("expected problem", "Problem of a test.");
  private static final Key<String> ENTITY =
      EXPECTED.required("entity", Type.STRING, "Name, id or another key with its kind.");
  private static final Key<InspectionSeverity> EXPECTED_SEVERITY =
      EXPECTED.key("severity", SEVERITIES, InspectionSeverity.WARNING, "Its severity.");
  private static final Key<Double> VALUE = EXPECTED.optional("value", Type.FLOAT, "Its value.");
  private static final Type<InspectionCase.Expected> EXPECTED_TYPE =
      EXPECTED.type(
          o -> new InspectionCase.Expected(o.get(ENTITY), o.get(EXPECTED_SEVERITY), o.find(VALUE)));

  private static final Section CASE = new Section("test", "Series and their problems.");
  private static final Key<String> CASE_NAME = CASE.required("name", Type.STRING, "Its name.");
  private static final Key<Duration> INTERVAL =
      CASE.key("interval", Type.DURATION, EVERY, "Time between two values of a series.");
  private static final Key<List<YamlNode>> SERIES =
      CASE.required("series", Type.list(Type.ANY), "Series in the notation of promtool.");
  private static final Key<Duration> AT =
      CASE.required("at", Type.DURATION, "Time after the first value.");
  private static final Key<List<InspectionCase.Expected>> EXPECT =
      CASE.key("expect", Type.list(EXPECTED_TYPE), List.of(), "Problems at that time.");
  private static final Type<InspectionCase> CASE_TYPE = CASE.type(InspectionReader::test);

  private static final Section INSPECTION = new Section("inspection", "Check of entities.");
  private static final Key<String> IDENTITY = INSPECTION.required("id", Type.STRING, "Unique.");
  private static final Key<String> TITLE =
      INSPECTION.required("title", Type.STRING, "Name for people.");
  private static final Key<String> CATEGORY =
      INSPECTION.required("category", Type.STRING, "Subject, such as cpu or storage.");
  private static final Key<List<EntityKind>> ENTITIES =
      INSPECTION.required("entities", KINDS, "Kinds of the entities of the series.");
  private static final Key<List<Template>> FIND =
      INSPECTION.key("find", TEMPLATES, List.of(), "Keys of the entity, from labels.");
  private static final Key<Template> OTHERWISE =
      INSPECTION.optional(
          "otherwise",
          Type.of("template", null, n -> n.parse(Template::parse)),
          "Name of the entity of a series for which none is known.");
  private static final Key<EntityKind> LIFT =
      INSPECTION.optional(
          "lift",
          Type.lowerCase("kind of entity", EntityKind.class),
          "Kind of the entity at which the problem is shown.");
  private static final Key<String> QUERY =
      INSPECTION.required("query", Type.STRING, "PromQL with a value for each entity.");
  private static final Key<Double> ABOVE =
      INSPECTION.optional("above", Type.FLOAT, "Threshold; higher values are problems.");
  private static final Key<Double> BELOW =
      INSPECTION.optional("below", Type.FLOAT, "Threshold; lower values are problems.");
  private static final Key<Double> CRITICAL =
      INSPECTION.optional("critical", Type.FLOAT, "Threshold from which it is critical.");
  private static final Key<InspectionUnit> UNIT =
      INSPECTION.key(
          "unit",
          Type.lowerCase("unit", InspectionUnit.class),
          InspectionUnit.COUNT,
          "Unit of the values.");
  private static final Key<InspectionSeverity> SEVERITY =
      INSPECTION.key("severity", SEVERITIES, InspectionSeverity.WARNING, "Severity.");
  private static final Key<Duration> HOLD =
      INSPECTION.key("for", Type.DURATION, Duration.ZERO, "Time before it is a problem.");
  private static final Key<Duration> INTERVALS =
      INSPECTION.key("every", Type.DURATION, EVERY, "Interval of evaluation.");
  private static final Key<Duration> BASELINE =
      INSPECTION.optional(
          "baseline", Type.DURATION, "Past whose median the value is compared with.");
  private static final Key<Double> MARGIN =
      INSPECTION.key("margin", Type.FLOAT, 0.0, "Least difference from the median.");
  private static final Key<Boolean> CAUSE =
      INSPECTION.key("cause", Type.BOOL, false, "Explains problems of dependent services.");
  private static final Key<Inspection.SymptomOf> SYMPTOM =
      INSPECTION.key(
          "symptom_of",
          Type.lowerCase("symptom_of", Inspection.SymptomOf.class),
          Inspection.SymptomOf.NONE,
          "Entities whose problems explain it.");
  private static final Key<Boolean> INCIDENT =
      INSPECTION.key(
          "incident", Type.BOOL, false, "Opens an incident even as a warning without symptoms.");
  private static final Key<InspectionText> MESSAGE =
      INSPECTION.required("message", TEXT, "Explanation of the problem.");
  private static final Key<InspectionText> REMEDY =
      INSPECTION.required("remedy", TEXT, "What to do.");
  private static final Key<List<InspectionCase>> TESTS =
      INSPECTION.key("tests", Type.list(CASE_TYPE), List.of(), "Series and expected problems.");
  private static final Type<YamlObject> INSPECTION_OBJECT = INSPECTION.type(o -> o);

  private static final Section OVERRIDE = new Section("override", "Threshold of a scope.");
  private static final Key<String> SCOPE =
      OVERRIDE.required("scope", Type.STRING, "namespace/kind/name with *, or (default).");
  private static final Key<String> OF =
      OVERRIDE.required("inspection", Type.STRING, "Id of the inspection.");
  private static final Key<Double> THRESHOLD =
      OVERRIDE.required("threshold", Type.FLOAT, "Threshold that counts.");
  private static final Type<ScopedThreshold> OVERRIDE_TYPE =
      OVERRIDE.type(InspectionReader::override);

  private static final Section FILE = new Section("inspections", "Inspections of entities.");
  private static final Key<Map<String, String>> DEFINITIONS =
      FILE.key("definitions", Type.map(Type.STRING), Map.of(), "Parts of queries, by name.");
  private static final Key<List<YamlObject>> INSPECTIONS =
      FILE.key("inspections", Type.list(INSPECTION_OBJECT), List.of(), "Inspections.");
  private static final Key<List<ScopedThreshold>> OVERRIDES =
      FILE.key("overrides", Type.list(OVERRIDE_TYPE), List.of(), "Thresholds by scope.");
  private static final Key<YamlNode> DISABLE =
      FILE.optional("disable", Type.ANY, "Ids of inspections that are not evaluated.");

  private final InspectionDefinitions definitions;

  /**
   * @param known definitions of other files
   */
  private InspectionReader(InspectionDefinitions known) {
    this.definitions = known;
  }

  /**
   * Parsed file contents.
   *
   * @param disabled ids by the positions that disable them
   */
  record Contents(
      InspectionDefinitions definitions,
      List<Inspection> inspections,
      List<ScopedThreshold> overrides,
      List<YamlNode> disabled) {}

  static Contents read(YamlDocument document, InspectionDefinitions known) {
    if (document.root().isNull()) {
      return new Contents(known, List.of(), List.of(), List.of());
    }
    YamlObject o = document.root().object(FILE);
    Map<String, String> own = o.get(DEFINITIONS);
    for (String name : own.keySet()) {
      if (!InspectionDefinitions.isName(name)) {
        throw o.error(
            DEFINITIONS,
            "definition \""
                + name
                + "\" cannot be referred to; a name has small letters, digits and _");
      }
    }
    InspectionReader r = new InspectionReader(known.with(own));
    return r.read(o);
  }

  private Contents read(YamlObject o) {
    List<YamlObject> all = o.get(INSPECTIONS);
    if (all.size() > InspectionSet.MAX_INSPECTIONS) {
      throw o.error(
          INSPECTIONS,
          all.size()
              + " inspections in one file; at most "
              + InspectionSet.MAX_INSPECTIONS
              + " are read");
    }
    List<Inspection> out = new ArrayList<>();
    for (YamlObject each : all) {
      each.node().attempt(() -> out.add(inspection(each)), true);
    }
    YamlNode disabled = o.at(DISABLE);
    return new Contents(
        definitions,
        List.copyOf(out),
        o.get(OVERRIDES),
        disabled == null || disabled.isNull() ? List.of() : disabled.items());
  }

  private Inspection inspection(YamlObject o) {
    String id = word(o, IDENTITY, ID);
    Double above = o.find(ABOVE);
    Double below = o.find(BELOW);
    if ((above == null) == (below == null)) {
      throw o.error("inspection \"" + id + "\" needs either \"above\" or \"below\"");
    }
    double threshold = above != null ? above : below != null ? below : 0;
    Double critical = o.find(CRITICAL);
    if (critical != null && (below == null ? critical < threshold : critical > threshold)) {
      throw o.error(
          CRITICAL, "critical is " + critical + ", which is less severe than " + threshold);
    }
    Duration baseline = o.find(BASELINE);
    if (baseline != null
        && (baseline.compareTo(Duration.ofMinutes(10)) < 0 || baseline.compareTo(LONGEST) > 0)) {
      throw o.error(BASELINE, "baseline must be from 10m to 6h");
    }
    if (o.get(MARGIN) != 0 && baseline == null) {
      throw o.error(MARGIN, "\"margin\" counts with a \"baseline\" only; add one or remove it");
    }
    if (o.get(MARGIN) < 0) {
      throw o.error(MARGIN, "margin must not be negative");
    }
    Duration every = o.get(INTERVALS);
    if (every.compareTo(SHORTEST) < 0 || every.compareTo(LONGEST) > 0) {
      throw o.error(INTERVALS, "every must be from 10s to 6h");
    }
    if (o.get(HOLD).compareTo(LONGEST) > 0) {
      throw o.error(HOLD, "for must be at most 6h");
    }
    if (o.get(ENTITIES).isEmpty()) {
      throw o.error(ENTITIES, "entities is empty; name at least one kind");
    }
    return new Inspection(
        id,
        o.node().where(),
        o.get(TITLE),
        word(o, CATEGORY, WORD),
        o.get(ENTITIES),
        o.get(FIND),
        o.find(OTHERWISE),
        o.find(LIFT),
        query(o),
        below != null,
        threshold,
        critical,
        o.get(UNIT),
        o.get(SEVERITY),
        o.get(HOLD),
        every,
        baseline,
        o.get(MARGIN),
        o.get(CAUSE),
        o.get(SYMPTOM),
        o.get(INCIDENT),
        o.get(MESSAGE),
        o.get(REMEDY),
        o.get(TESTS));
  }

  private static String word(YamlObject o, Key<String> key, Pattern pattern) {
    String s = o.get(key);
    if (!pattern.matcher(s).matches()) {
      throw o.error(
          key, key.name() + " \"" + s + "\" is not valid; it must match " + pattern.pattern());
    }
    return s;
  }

  private String query(YamlObject o) {
    String text;
    try {
      text = definitions.fill(o.get(QUERY));
    } catch (IllegalArgumentException e) {
      throw o.error(QUERY, String.valueOf(e.getMessage()));
    }
    try {
      Expr e = PromqlParser.parse(text, ParserOptions.STABLE);
      if (e.type() != Expr.ValueType.VECTOR) {
        throw o.error(
            QUERY,
            "the query is a "
                + e.type().documented()
                + "; it must be a vector, with a series for each entity");
      }
    } catch (PromqlParseException e) {
      throw o.error(QUERY, "the query is not valid PromQL: " + e.getMessage());
    }
    return text;
  }

  private static InspectionCase test(YamlObject o) {
    Duration interval = o.get(INTERVAL);
    Duration at = o.get(AT);
    if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
      throw o.error(INTERVAL, "interval must be at least 1s");
    }
    if (at.compareTo(Duration.ofHours(24)) > 0) {
      throw o.error(AT, "at must be at most 24h");
    }
    List<String> series = new ArrayList<>();
    for (YamlNode n : o.get(SERIES)) {
      String text = n.asString().strip().replace('\n', ' ');
      try {
        SeriesDescription.parse(text, MAX_VALUES);
      } catch (PromqlParseException e) {
        throw n.error("the series is not valid: " + e.getMessage());
      }
      series.add(text);
    }
    return new InspectionCase(
        o.get(CASE_NAME), o.node().where(), interval, List.copyOf(series), at, o.get(EXPECT));
  }

  private static ScopedThreshold override(YamlObject o) {
    String scope = o.get(SCOPE);
    if (!scope.equals(ThresholdOverrides.DEFAULT)) {
      try {
        ThresholdOverrides.parts(scope);
      } catch (IllegalArgumentException e) {
        throw o.error(SCOPE, String.valueOf(e.getMessage()));
      }
    }
    return new ScopedThreshold(o.node().where(), scope, o.get(OF), o.get(THRESHOLD));
  }
}
