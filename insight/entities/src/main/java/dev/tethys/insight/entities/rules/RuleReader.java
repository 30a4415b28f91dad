package dev.tethys.insight.entities.rules;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads files of rules. */
final class RuleReader {
  private static final Duration MIN_AGE = Duration.ofSeconds(30);
  private static final long MIN_OBSERVATIONS = 2;

  private static final Type<EntityKind> KIND = Type.lowerCase("kind of entity", EntityKind.class);
  private static final Type<Template> TEMPLATE =
      Type.of("template", null, n -> n.parse(Template::parse));
  private static final Type<List<Template>> TEMPLATES =
      Type.of("list of template", List.of(), RuleReader::templates);
  private static final Type<Expression> REGEX =
      Type.of("regex", null, n -> n.parse(RuleReader::expression));

  private static final Section ENTITY = new Section("entity", "Entity that a series creates.");
  private static final Key<EntityKind> ENTITY_KIND = ENTITY.required("kind", KIND, "Its kind.");
  private static final Key<String> AS =
      ENTITY.key("as", Type.STRING, "", "Name in relations of the rule; the kind by default.");
  private static final Key<List<Template>> KEYS =
      ENTITY.required("keys", TEMPLATES, "Identities; the first present one names the entity.");
  private static final Key<List<Template>> HINTS =
      ENTITY.key("hints", TEMPLATES, List.of(), "Names that join a weak entity with a strong one.");
  private static final Key<List<Template>> NAMES =
      ENTITY.required(
          "name", TEMPLATES, "Names for people, of which the first present one counts.");
  private static final Key<Map<String, Template>> ATTRIBUTES =
      ENTITY.key("attributes", Type.map(TEMPLATE), Map.of(), "Attributes by name.");
  private static final Key<List<String>> SERIES =
      ENTITY.key(
          "series", Type.list(Type.STRING), List.of(), "Labels that select the entity's series.");
  private static final Key<Boolean> WEAK =
      ENTITY.key(
          "weak", Type.BOOL, false, "Joins the only strong entity with a common key or hint.");
  private static final Key<Boolean> ON_DEMAND =
      ENTITY.key("on_demand", Type.BOOL, false, "Exists only as an end of a relation.");
  private static final Key<Boolean> PREFERRED =
      ENTITY.key(
          "preferred", Type.BOOL, false, "Its name and first key come before those of all others.");
  private static final Type<YamlObject> ENTITY_OBJECT = ENTITY.type(o -> o);

  private static final Section RELATION = new Section("relation", "Relation of two entities.");
  private static final Key<RelationKind> RELATION_KIND =
      RELATION.required(
          "kind", Type.lowerCase("kind of relation", RelationKind.class), "Its kind.");
  private static final Key<String> FROM =
      RELATION.required("from", Type.STRING, "Entity of the rule.");
  private static final Key<String> TO =
      RELATION.key("to", Type.STRING, "", "Entity of the rule; with find, if nothing is found.");
  private static final Key<List<Template>> FIND =
      RELATION.key("find", TEMPLATES, List.of(), "Keys or hints of the other end.");
  private static final Key<List<EntityKind>> IN =
      RELATION.key("in", Type.list(KIND), List.of(), "Kinds among which find looks, in order.");
  private static final Key<EntityKind> LIFT =
      RELATION.optional("lift", KIND, "Kind of the parents between which it is repeated.");
  private static final Key<Boolean> FALLBACK =
      RELATION.key(
          "fallback", Type.BOOL, false, "Only for entities without another such relation.");
  private static final Key<Boolean> EXISTING =
      RELATION.key("existing", Type.BOOL, false, "Only if to exists without this relation.");
  private static final Key<String> INSTEAD =
      RELATION.key(
          "instead", Type.STRING, "", "Entity of the rule to which it is not related then.");
  private static final Type<YamlObject> RELATION_OBJECT = RELATION.type(o -> o);

  private static final Section RULE = new Section("rule", "Rule that creates entities.");
  private static final Key<String> NAME = RULE.required("name", Type.STRING, "Name, unique.");
  private static final Key<InsightRule.Source> SOURCE =
      RULE.key(
          "source",
          Type.lowerCase("source", InsightRule.Source.class),
          InsightRule.Source.METRICS,
          "Index that is read.");
  private static final Key<String> METRIC =
      RULE.key("metric", Type.STRING, "", "Name of the metrics, or an RE2 expression of names.");
  private static final Key<Map<String, Expression>> MATCH =
      RULE.key(
          "match",
          Type.map(REGEX),
          Map.of(),
          "RE2 expressions of labels; named groups are labels.");
  private static final Key<Map<String, Expression>> UNLESS =
      RULE.key("unless", Type.map(REGEX), Map.of(), "Expressions that exclude a series.");
  private static final Key<Duration> AGE =
      RULE.key("min_age", Type.DURATION, MIN_AGE, "Age from which a series counts.");
  private static final Key<Long> OBSERVATIONS =
      RULE.key(
          "min_observations", Type.INT, MIN_OBSERVATIONS, "Readings from which a series counts.");
  private static final Key<List<YamlObject>> ENTITIES =
      RULE.required("entities", Type.list(ENTITY_OBJECT), "Entities that it creates.");
  private static final Key<List<YamlObject>> RELATIONS =
      RULE.key("relations", Type.list(RELATION_OBJECT), List.of(), "Relations that it creates.");
  private static final Type<InsightRule> RULE_TYPE = RULE.type(RuleReader::rule);

  private static final Section SELECTED = new Section("selection", "Entities by name.");
  private static final Key<EntityKind> SELECTED_KIND =
      SELECTED.optional("kind", KIND, "Kind; all by default.");
  private static final Key<Expression> SELECTED_NAME =
      SELECTED.required("match", REGEX, "RE2 expression of names.");
  private static final Key<Map<String, Expression>> SELECTED_ATTRIBUTES =
      SELECTED.key("attributes", Type.map(REGEX), Map.of(), "Expressions of attributes.");
  private static final Key<String> SELECTED_VALUE =
      SELECTED.required("as", Type.STRING, "Name, or category, that they get.");
  private static final Type<List<Selected>> SELECTION =
      Type.list(SELECTED.type(RuleReader::selected));

  private static final Section FILE = new Section("entity rules", "Rules of entities.");
  private static final Key<List<InsightRule>> RULES =
      FILE.key("rules", Type.list(RULE_TYPE), List.of(), "Rules that create entities.");
  private static final Key<YamlNode> DISABLE =
      FILE.optional("disable", Type.ANY, "Names of built-in rules that do not apply.");
  private static final Key<List<Selected>> MERGES =
      FILE.key("merges", SELECTION, List.of(), "Entities that are one.");
  private static final Key<List<Selected>> CATEGORIES =
      FILE.key("categories", SELECTION, List.of(), "Categories of entities.");
  private static final Key<List<Selected>> CUSTOM_NAMES =
      FILE.key("names", SELECTION, List.of(), "Names of entities.");

  private final @Nullable RuleSet defaults;

  /**
   * @param defaults built-in rules; null to read these
   */
  RuleReader(@Nullable RuleSet defaults) {
    this.defaults = defaults;
  }

  RuleSet read(YamlDocument document) {
    if (document.root().isNull()) {
      return defaults == null ? new RuleSet(List.of(), List.of(), List.of(), List.of()) : defaults;
    }
    YamlObject o = document.root().object(FILE);
    RuleSet own = new RuleSet(o.get(RULES), o.get(MERGES), o.get(CATEGORIES), o.get(CUSTOM_NAMES));
    Map<String, InsightRule> names = new HashMap<>();
    for (InsightRule r : own.rules()) {
      InsightRule before = names.putIfAbsent(r.name(), r);
      if (before != null) {
        throw o.error(
            RULES,
            "two rules are named \""
                + r.name()
                + "\", at "
                + before.where()
                + " and "
                + r.where()
                + "; names must be unique");
      }
    }
    RuleSet built = defaults;
    List<Selected> all = new ArrayList<>(own.merges());
    if (built != null) {
      all.addAll(built.merges());
    }
    checkMerges(o, all);
    return built == null ? own : built.with(own, disabled(o, built));
  }

  private static List<String> disabled(YamlObject o, RuleSet built) {
    List<String> out = new ArrayList<>();
    YamlNode list = o.find(DISABLE);
    for (YamlNode n : list == null ? List.<YamlNode>of() : list.items()) {
      String name = n.asString();
      if (built.rules().stream().noneMatch(r -> r.name().equals(name))) {
        throw n.error(
            "there is no built-in rule \""
                + name
                + "\"; built in: "
                + String.join(", ", built.rules().stream().map(InsightRule::name).toList()));
      }
      out.add(name);
    }
    return out;
  }

  /**
   * Rejects merges whose result is merged again, because their order would matter and cycles would
   * be possible.
   */
  private static void checkMerges(YamlObject o, List<Selected> merges) {
    for (Selected a : merges) {
      for (Selected b : merges) {
        boolean sameKind = a.kind() == b.kind() || a.kind() == null || b.kind() == null;
        if (sameKind && !a.value().equals(b.value()) && b.name().matches(a.value())) {
          throw o.error(
              MERGES,
              "the merge at "
                  + a.where()
                  + " makes \""
                  + a.value()
                  + "\", which the merge at "
                  + b.where()
                  + " makes \""
                  + b.value()
                  + "\"; write one merge with all names");
        }
      }
    }
  }

  private static InsightRule rule(YamlObject o) {
    List<EntityRule> entities = new ArrayList<>();
    Map<String, Integer> numbers = new HashMap<>();
    Set<EntityKind> kinds = new HashSet<>();
    for (YamlObject e : o.get(ENTITIES)) {
      EntityRule r = entity(e);
      if (numbers.putIfAbsent(r.as(), entities.size()) != null) {
        throw e.error("two entities are named \"" + r.as() + "\"; give one another name by \"as\"");
      }
      kinds.add(r.kind());
      entities.add(r);
    }
    InsightRule.Source source = o.get(SOURCE);
    String metric = o.get(METRIC);
    if (source == InsightRule.Source.METRICS && metric.isEmpty()) {
      throw o.error(
          METRIC, "a rule over metrics has no \"metric\"; name one, or write source: logs");
    }
    if (source == InsightRule.Source.LOGS && !metric.isEmpty()) {
      throw o.error(METRIC, "log streams have no metric; remove \"metric\"");
    }
    YamlNode at = o.at(METRIC);
    if (at != null) {
      at.parse(RuleReader::expression);
    }
    long observations = o.get(OBSERVATIONS);
    if (observations < 1 || observations > 1000) {
      throw o.error(
          OBSERVATIONS, "min_observations is " + observations + "; it must be from 1 to 1000");
    }
    List<RelationRule> relations = new ArrayList<>();
    for (YamlObject r : o.get(RELATIONS)) {
      relations.add(relation(r, numbers));
    }
    return new InsightRule(
        o.get(NAME),
        o.node().where(),
        source,
        metric,
        o.get(MATCH),
        o.get(UNLESS),
        o.get(AGE).toMillis(),
        (int) observations,
        List.copyOf(entities),
        List.copyOf(relations));
  }

  private static EntityRule entity(YamlObject o) {
    EntityKind kind = o.get(ENTITY_KIND);
    List<Template> keys = o.get(KEYS);
    for (Template t : keys) {
      if (t.labels().isEmpty()) {
        throw o.error(
            KEYS,
            "the key \""
                + t
                + "\" has no label, so that all series would be one entity; add a {label}");
      }
    }
    String as = o.get(AS);
    return new EntityRule(
        kind,
        as.isEmpty() ? kind.text() : as,
        keys,
        o.get(HINTS),
        o.get(NAMES),
        o.get(ATTRIBUTES),
        o.get(SERIES),
        o.get(WEAK),
        o.get(ON_DEMAND),
        o.get(PREFERRED));
  }

  private static RelationRule relation(YamlObject o, Map<String, Integer> numbers) {
    String to = o.get(TO);
    List<Template> find = o.get(FIND);
    List<EntityKind> in = o.get(IN);
    if (to.isEmpty() && find.isEmpty()) {
      throw o.error("a relation has neither \"to\" nor \"find\"; name its other end");
    }
    if (find.isEmpty() != in.isEmpty()) {
      throw o.error("\"find\" and \"in\" belong together; give both or none");
    }
    String instead = o.get(INSTEAD);
    if (to.isEmpty() && (o.get(EXISTING) || !instead.isEmpty())) {
      throw o.error("\"existing\" and \"instead\" are about \"to\"; name an entity there");
    }
    return new RelationRule(
        o.get(RELATION_KIND),
        number(o, FROM, o.get(FROM), numbers),
        to.isEmpty() ? -1 : number(o, TO, to, numbers),
        in,
        find,
        o.find(LIFT),
        o.get(FALLBACK),
        o.get(EXISTING),
        instead.isEmpty() ? -1 : number(o, INSTEAD, instead, numbers));
  }

  private static int number(
      YamlObject o, Key<String> key, String name, Map<String, Integer> numbers) {
    Integer n = numbers.get(name);
    if (n == null) {
      throw o.error(
          key,
          "the rule has no entity \""
              + name
              + "\"; it has "
              + String.join(", ", numbers.keySet().stream().sorted().toList()));
    }
    return n;
  }

  private static Selected selected(YamlObject o) {
    return new Selected(
        o.node().where(),
        o.find(SELECTED_KIND),
        o.get(SELECTED_NAME),
        o.get(SELECTED_ATTRIBUTES),
        o.get(SELECTED_VALUE));
  }

  /** Reads one template or a list of them. */
  private static List<Template> templates(YamlNode n) {
    if (!n.isList()) {
      return List.of(TEMPLATE.read(n));
    }
    List<Template> out = new ArrayList<>();
    n.items().forEach(i -> out.add(TEMPLATE.read(i)));
    return List.copyOf(out);
  }

  private static Expression expression(String s) {
    try {
      return Expression.parse(s);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "\"" + s + "\" is not a valid RE2 expression: " + e.getMessage(), e);
    }
  }
}
