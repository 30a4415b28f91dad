package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.insight.entities.rules.EntityRule;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RelationRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.entities.rules.Selected;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Builds a world out of evidence. The result depends on the set of the evidence, not on its order.
 *
 * <ol>
 *   <li>Entities of a kind that share a key become one class. A class of more than {@link
 *       #MAX_KEYS} keys is the mistake of a rule: its keys stay apart.
 *   <li>A class with weak evidence only joins the strong class that has one of its keys or hints,
 *       if there is exactly one; see {@link #joinWeak}.
 *   <li>Merges of the user join classes by name.
 *   <li>Relations find their ends; fallbacks apply if there is no other relation; calls are
 *       repeated between the parents of their ends.
 *   <li>Classes on demand exist if a relation leads to them.
 * </ol>
 *
 * <p>For one use.
 */
final class WorldBuilder {
  /** The most keys of one entity. */
  static final int MAX_KEYS = 64;

  /** Maximum number of entities joined by one merge. */
  static final int MAX_MERGED = 1_000;

  /** Maximum number of endpoints called by one entity and not known to any rule. */
  static final int MAX_UNKNOWN = 100;

  /** The most label sets that select the series of an entity. */
  static final int MAX_SERIES = 64;

  private static final int NONE = -1;
  private static final int SEVERAL = -2;

  private final RuleSet rules;
  private final Strings strings;
  private final List<int[]> evidence;
  private final Evidence.Reader reader;
  private final List<String> problems;
  private final UnionFind classes;
  private final boolean[] strong; // by class
  private final Map<Link, Integer> replaced = new HashMap<>(); // and to what instead
  private final Set<Integer> substitutes = new HashSet<>(); // parents instead of others
  private final Set<RelationKind> fallbacks = EnumSet.noneOf(RelationKind.class); // that rules have
  private final Map<Integer, Draft> drafts = new HashMap<>(); // by class

  /** Entity being built. */
  private static final class Draft {
    final EntityKind kind;
    final List<String> keys = new ArrayList<>();
    final Set<Integer> series = new HashSet<>();
    final Map<Integer, Ranked> attributes = new HashMap<>(); // by number of the name
    @Nullable Ranked key;
    @Nullable Ranked name;
    boolean exists;
    String id = "";
    int place; // among the entities, by id

    Draft(EntityKind kind) {
      this.kind = kind;
    }

    String shownName() {
      return name != null ? name.text : key != null ? key.text : "";
    }

    Map<String, String> attributeTexts(Strings strings) {
      Map<String, String> out = new TreeMap<>();
      attributes.forEach((k, v) -> out.put(strings.get(k), v.text));
      return out;
    }
  }

  /** Text by priority: the lowest rank wins, then the first text. */
  private record Ranked(int rank, int number, String text) {
    static Ranked best(@Nullable Ranked before, int rank, int number, Strings strings) {
      if (before != null
          && (before.rank < rank || before.rank == rank && before.number == number)) {
        return before;
      }
      String text = strings.get(number);
      return before == null || before.rank > rank || before.text.compareTo(text) > 0
          ? new Ranked(rank, number, text)
          : before;
    }
  }

  /** Relation between classes. */
  private record Link(RelationKind kind, int from, int to) {}

  /** Calls to be repeated between parents. */
  private record Lift(Link link, EntityKind kind) {}

  /** Ends of a relation that a fallback must not repeat. */
  private record Taken(RelationKind kind, int from, EntityKind to) {}

  /**
   * @param evidence evidence from series that are old enough
   * @param problems receives human-readable messages about omitted items
   */
  WorldBuilder(RuleSet rules, Strings strings, List<int[]> evidence, List<String> problems) {
    this.rules = rules;
    this.strings = strings;
    this.evidence = evidence;
    this.problems = problems;
    this.reader = new Evidence.Reader(rules.rules());
    this.classes = new UnionFind(strings.size());
    this.strong = new boolean[strings.size()];
    for (InsightRule r : rules.rules()) {
      r.relations().stream().filter(RelationRule::fallback).forEach(l -> fallbacks.add(l.kind()));
    }
  }

  /** Visits an entity of the evidence. */
  private interface EntityVisitor {
    void visit(EntityRule rule, int entity);
  }

  private void forEachEntity(EntityVisitor v) {
    for (int[] e : evidence) {
      reader.read(e);
      while (reader.next()) {
        List<EntityRule> all = reader.rule().entities();
        for (int i = 0; i < all.size(); i++) {
          if (reader.keys(i) > 0) {
            v.visit(all.get(i), i);
          }
        }
      }
    }
  }

  private int classOf(int entity) {
    return classes.find(reader.key(entity, 0));
  }

  World build() {
    joinKeys();
    joinWeak();
    draft();
    merge();
    Set<Link> links = link();
    return world(links);
  }

  private void joinKeys() {
    boolean[] used = new boolean[strings.size()];
    forEachEntity(
        (_, i) -> {
          used[reader.key(i, 0)] = true;
          for (int k = 1; k < reader.keys(i); k++) {
            used[reader.key(i, k)] = true;
            classes.union(reader.key(i, 0), reader.key(i, k));
          }
        });
    int[] counts = new int[used.length];
    for (int i = 0; i < used.length; i++) {
      counts[classes.find(i)] += used[i] ? 1 : 0;
    }
    int[] roots = new int[used.length];
    Arrays.setAll(roots, classes::find);
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < used.length; i++) {
      if (used[i] && counts[roots[i]] > MAX_KEYS) {
        classes.split(i);
        refused.add(strings.get(i).substring(1));
      }
    }
    if (!refused.isEmpty()) {
      refused.sort(Comparator.naturalOrder());
      problems.add(
          refused.size()
              + " keys would be one entity, first "
              + refused.getFirst()
              + "; an entity has at most "
              + MAX_KEYS
              + " keys, so they stay apart. Remove the key that they have in common from a rule");
    }
    forEachEntity(
        (rule, i) -> {
          if (!rule.weak()) {
            strong[classOf(i)] = true;
          }
        });
  }

  /**
   * Joins each weak class with the only strong one that has one of its names; without any, with the
   * only weak one that has a hint of it as key. Those that exist on demand are first, so that the
   * others find their keys. Classes of preferred evidence that would join one class by different
   * ports stay apart: a proxy has a port for each of its destinations.
   */
  private void joinWeak() {
    boolean[] ambiguous = new boolean[strings.size()];
    join(true, true, ambiguous);
    join(false, true, ambiguous);
    join(false, false, ambiguous);
  }

  private void join(boolean onDemand, boolean toStrong, boolean[] ambiguous) {
    int[] owners = toStrong ? owners(true) : weakKeys();
    int[] joined = new int[strings.size()];
    Arrays.fill(joined, NONE);
    boolean[] exists = new boolean[strings.size()];
    forEachEntity((rule, i) -> exists[classOf(i)] |= !rule.onDemand());
    Map<Integer, Set<String>> ports = new HashMap<>(); // by preferred class
    forEachEntity(
        (rule, i) -> {
          int own = classOf(i);
          if (strong[own] || ambiguous[own] || exists[own] == onDemand) {
            return;
          }
          for (int k = 0; toStrong && k < reader.keys(i); k++) {
            choose(joined, own, owners[reader.key(i, k)]);
          }
          for (int h = 0; h < reader.hints(i); h++) {
            int owner = owners[reader.hint(i, h)];
            if (owner != own) {
              choose(joined, own, owner);
            }
            if (owner >= 0 && rule.preferred()) {
              String hint = strings.get(reader.hint(i, h));
              ports
                  .computeIfAbsent(own, _ -> new HashSet<>())
                  .add(hint.substring(hint.lastIndexOf(':') + 1));
            }
          }
        });
    separatePorts(joined, ports);
    for (int i = 0; i < joined.length; i++) {
      ambiguous[i] |= joined[i] == SEVERAL;
      if (joined[i] >= 0) {
        classes.union(i, joined[i]);
        strong[classes.find(i)] = toStrong;
      }
    }
  }

  private static void separatePorts(int[] joined, Map<Integer, Set<String>> ports) {
    Map<Integer, Set<String>> all = new HashMap<>();
    Map<Integer, Integer> count = new HashMap<>();
    ports.forEach(
        (own, its) -> {
          if (joined[own] >= 0) {
            all.computeIfAbsent(joined[own], _ -> new HashSet<>()).addAll(its);
            count.merge(joined[own], 1, Integer::sum);
          }
        });
    for (int own : ports.keySet()) {
      int to = joined[own];
      if (to >= 0 && count.getOrDefault(to, 0) > 1 && all.getOrDefault(to, Set.of()).size() > 1) {
        joined[own] = SEVERAL;
      }
    }
  }

  /** Weak class that has a name as key. */
  private int[] weakKeys() {
    int[] keys = new int[strings.size()];
    Arrays.fill(keys, NONE);
    forEachEntity(
        (_, i) -> {
          int own = classOf(i);
          for (int k = 0; !strong[own] && k < reader.keys(i); k++) {
            keys[reader.key(i, k)] = own;
          }
        });
    return keys;
  }

  private static void choose(int[] chosen, int at, int candidate) {
    if (candidate >= 0 && chosen[at] != candidate) {
      chosen[at] = chosen[at] == NONE ? candidate : SEVERAL;
    }
  }

  /**
   * Returns, for each name, the class that has it as key or, if none, as hint; {@link #SEVERAL} if
   * ambiguous.
   */
  private int[] owners(boolean strongOnly) {
    int[] keys = new int[strings.size()];
    int[] hints = new int[strings.size()];
    Arrays.fill(keys, NONE);
    Arrays.fill(hints, NONE);
    forEachEntity(
        (_, i) -> {
          int own = classOf(i);
          if (strongOnly && !strong[own]) {
            return;
          }
          for (int k = 0; k < reader.keys(i); k++) {
            choose(keys, reader.key(i, k), own);
          }
          for (int h = 0; h < reader.hints(i); h++) {
            choose(hints, reader.hint(i, h), own);
          }
        });
    for (int i = 0; i < keys.length; i++) {
      keys[i] = keys[i] == NONE ? hints[i] : keys[i];
    }
    return keys;
  }

  private void draft() {
    drafts.clear();
    int count = rules.rules().size();
    Set<Integer> named = new HashSet<>(); // keys that are in their draft
    forEachEntity(
        (rule, i) -> {
          Draft d = drafts.computeIfAbsent(classOf(i), _ -> new Draft(rule.kind()));
          d.exists |= !rule.onDemand();
          int weak = rule.weak() ? 1 : 0;
          int rank = (rule.preferred() ? -2 : weak) * count + reader.number();
          int first = rule.preferred() ? -2 * MAX_KEYS : weak;
          for (int k = 0; k < reader.keys(i); k++) {
            d.key = Ranked.best(d.key, 2 * k + first, reader.key(i, k), strings);
            if (named.add(reader.key(i, k))) {
              d.keys.add(strings.get(reader.key(i, k)).substring(1));
            }
          }
          if (reader.name(i) >= 0) {
            d.name = Ranked.best(d.name, rank, reader.name(i), strings);
          }
          for (int a = 0; a < reader.attributes(i); a++) {
            int value = reader.attributeValue(i, a);
            d.attributes.compute(
                reader.attributeName(i, a),
                (_, before) -> Ranked.best(before, rank, value, strings));
          }
          if (reader.series(i) >= 0) {
            d.series.add(reader.series(i));
          }
        });
  }

  /** Applies the merges of the user. */
  private void merge() {
    boolean any = false;
    Map<Integer, Selected> byMember = new HashMap<>();
    for (Selected m : rules.merges()) {
      Map<EntityKind, List<Integer>> members = new HashMap<>();
      drafts.forEach(
          (own, d) -> {
            if (d.shownName().equals(m.value()) && (m.kind() == null || m.kind() == d.kind)
                || m.selects(d.kind, d.shownName(), d.attributeTexts(strings))) {
              members.computeIfAbsent(d.kind, _ -> new ArrayList<>()).add(own);
            }
          });
      for (Map.Entry<EntityKind, List<Integer>> e : members.entrySet()) {
        List<Integer> all = e.getValue();
        if (all.size() > MAX_MERGED) {
          problems.add(
              m.where()
                  + ": the merge \""
                  + m.value()
                  + "\" matches "
                  + all.size()
                  + " entities of kind "
                  + e.getKey().text()
                  + "; at most "
                  + MAX_MERGED
                  + " are joined, so it is not applied. Narrow its \"match\"");
          continue;
        }
        any |= all.size() > 1;
        for (int own : all) {
          classes.union(all.getFirst(), own);
          byMember.putIfAbsent(own, m);
        }
      }
    }
    if (any) {
      draft();
    }
    byMember.forEach(
        (own, m) -> {
          Draft d = drafts.get(classes.find(own));
          if (d != null) {
            d.name = new Ranked(-1, NONE, m.value());
          }
        });
  }

  private Set<Link> link() {
    int[] owners = owners(false);
    Set<Link> links = new HashSet<>();
    Set<Taken> taken = new HashSet<>();
    List<Lift> lifts = new ArrayList<>();
    Map<Integer, Set<Integer>> unknown = new HashMap<>();
    addLinks(owners, false, links, taken, lifts, unknown);
    addLinks(owners, true, links, taken, lifts, unknown);
    removeUnknown(links, lifts, unknown);
    replace(links, lifts);
    lift(links, lifts);
    return links;
  }

  private void addLinks(
      int[] owners,
      boolean fallback,
      Set<Link> links,
      Set<Taken> taken,
      List<Lift> lifts,
      Map<Integer, Set<Integer>> unknown) {
    for (int[] e : evidence) {
      reader.read(e);
      while (reader.next()) {
        InsightRule rule = reader.rule();
        for (int i = 0; i < rule.relations().size(); i++) {
          RelationRule r = rule.relations().get(i);
          if (r.fallback() != fallback || reader.keys(r.from()) == 0) {
            continue;
          }
          int from = classOf(r.from());
          int to = found(owners, i);
          boolean isKnown = to >= 0;
          if (!isKnown && r.to() >= 0 && reader.keys(r.to()) > 0) {
            to = classOf(r.to());
          }
          Draft other = to < 0 ? null : drafts.get(to);
          if (other == null || from == to || r.existing() && !other.exists) {
            continue;
          }
          if (!isKnown && r.instead() >= 0 && reader.keys(r.instead()) > 0) {
            replaced.put(new Link(r.kind(), from, classOf(r.instead())), to);
          }
          if (fallbacks.contains(r.kind())) {
            Taken t = new Taken(r.kind(), from, other.kind);
            if (fallback && taken.contains(t)) {
              continue;
            }
            if (!fallback) {
              taken.add(t);
            }
          }
          Link link = new Link(r.kind(), from, to);
          links.add(link);
          if (!isKnown && r.kinds().size() > 0) {
            unknown.computeIfAbsent(from, _ -> new HashSet<>()).add(to);
          }
          if (r.lift() != null) {
            lifts.add(new Lift(link, r.lift()));
          }
        }
      }
    }
  }

  private int found(int[] owners, int relation) {
    for (int i = 0; i < reader.found(relation); i++) {
      int owner = owners[reader.found(relation, i)];
      if (owner >= 0) {
        return owner;
      }
    }
    return NONE;
  }

  /** Omits unknown endpoints of an entity that has very many, for example after a port scan. */
  private void removeUnknown(
      Set<Link> links, List<Lift> lifts, Map<Integer, Set<Integer>> unknown) {
    List<String> all = new ArrayList<>();
    unknown.forEach(
        (from, to) -> {
          Draft d = drafts.get(from);
          if (to.size() > MAX_UNKNOWN && d != null) {
            links.removeIf(l -> l.from == from && to.contains(l.to));
            lifts.removeIf(l -> l.link.from == from && to.contains(l.link.to));
            all.add(d.shownName() + " calls " + to.size() + " endpoints that no rule knows");
          }
        });
    all.sort(Comparator.naturalOrder());
    for (String s : all) {
      problems.add(s + "; more than " + MAX_UNKNOWN + " are left out. Add a rule that names them");
    }
  }

  /**
   * Removes relations in whose place are others. A service whose instances are all parts of another
   * entity is that entity. One that takes part in requests of its own keeps its instances.
   */
  private void replace(Set<Link> links, List<Lift> lifts) {
    keepCallingParents(links);
    if (replaced.isEmpty()) {
      return;
    }
    links.removeAll(replaced.keySet());
    lifts.removeIf(l -> replaced.containsKey(l.link));
    Map<Integer, Set<Integer>> parts = new HashMap<>(); // by former parent
    replaced.forEach(
        (l, to) -> {
          if (l.kind == RelationKind.PART_OF) {
            parts.computeIfAbsent(l.to, _ -> new HashSet<>()).add(to);
            substitutes.add(to);
          }
        });
    for (Link l : links) {
      if (l.kind == RelationKind.PART_OF) {
        parts.remove(l.to);
      }
    }
    List<Link> moved = links.stream().filter(l -> parts.containsKey(l.from)).toList();
    for (Link l : moved) {
      links.remove(l);
      parts.getOrDefault(l.from, Set.of()).forEach(p -> links.add(new Link(l.kind, p, l.to)));
    }
    parts.forEach(this::absorb);
  }

  private void absorb(int former, Set<Integer> now) {
    Draft d = drafts.get(former);
    if (d == null) {
      return;
    }
    d.exists = false;
    Draft only = now.size() == 1 ? drafts.get(now.iterator().next()) : null;
    if (only != null) {
      only.series.addAll(d.series);
    }
  }

  private void keepCallingParents(Set<Link> links) {
    Set<Integer> calling = new HashSet<>();
    for (Link l : links) {
      if (l.kind == RelationKind.CALLS) {
        calling.add(l.from);
        calling.add(l.to);
      }
    }
    List<Link> kept =
        replaced.keySet().stream()
            .filter(l -> l.kind == RelationKind.PART_OF && calling.contains(l.to))
            .toList();
    for (Link l : kept) {
      int to = Objects.requireNonNull(replaced.remove(l));
      links.remove(new Link(l.kind, l.from, to));
      Draft d = drafts.get(to);
      if (d != null && !calling.contains(to)) {
        d.exists = false;
      }
    }
  }

  /** Repeats relations between the parents of their ends; an end without parents stays as it is. */
  private void lift(Set<Link> links, List<Lift> lifts) {
    Map<Integer, List<Integer>> parents = new HashMap<>();
    for (Link l : links) {
      if (l.kind == RelationKind.PART_OF) {
        parents.computeIfAbsent(l.from, _ -> new ArrayList<>()).add(l.to);
      }
    }
    for (Lift l : lifts) {
      List<Integer> from = parents(parents, l.link.from, l.kind);
      List<Integer> to = parents(parents, l.link.to, l.kind);
      if (from.isEmpty()) {
        continue;
      }
      for (int a : from) {
        for (int b : to.isEmpty() ? List.of(l.link.to) : to) {
          if (a != b) {
            links.add(new Link(l.link.kind, a, b));
          }
        }
      }
    }
  }

  private List<Integer> parents(Map<Integer, List<Integer>> all, int of, EntityKind kind) {
    List<Integer> out = new ArrayList<>();
    for (int p : all.getOrDefault(of, List.of())) {
      Draft d = drafts.get(p);
      if (d != null && (d.kind == kind || substitutes.contains(p))) {
        out.add(p);
      }
    }
    return out;
  }

  private World world(Set<Link> links) {
    boolean more = true;
    while (more) { // each round adds an entity at least
      more = false;
      for (Link l : links) {
        Draft from = drafts.get(l.from);
        Draft to = drafts.get(l.to);
        if (from != null && to != null && from.exists && !to.exists) {
          to.exists = true;
          more = true;
        }
      }
    }
    List<Draft> existing = new ArrayList<>();
    for (Draft d : drafts.values()) {
      if (d.exists && d.key != null) {
        d.id = d.kind.text() + ":" + d.key.text.substring(1);
        existing.add(d);
      }
    }
    existing.sort(Comparator.comparing(d -> d.id));
    List<Entity> entities = new ArrayList<>();
    for (Draft d : existing) {
      d.place = entities.size();
      entities.add(entity(d));
    }
    return new World(entities, relations(links, entities));
  }

  /** Relations in the order of the numbers that encode them. */
  private List<Relation> relations(Set<Link> links, List<Entity> entities) {
    long[] packed = new long[links.size()];
    int n = 0;
    for (Link l : links) {
      Draft from = drafts.get(l.from);
      Draft to = drafts.get(l.to);
      if (from != null && to != null && from.exists && to.exists) {
        packed[n++] = (long) from.place << 34 | (long) to.place << 4 | l.kind.ordinal();
      }
    }
    Arrays.sort(packed, 0, n);
    RelationKind[] kinds = RelationKind.values();
    List<Relation> out = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      out.add(
          new Relation(
              kinds[(int) packed[i] & 15],
              entities.get((int) (packed[i] >>> 34)).id(),
              entities.get((int) (packed[i] >>> 4) & (1 << 30) - 1).id()));
    }
    return out;
  }

  private Entity entity(Draft d) {
    String key = d.key == null ? "" : d.key.text.substring(1);
    String name = d.name == null ? key : d.name.text;
    Map<String, String> attributes = d.attributeTexts(strings);
    for (Selected s : rules.names()) {
      if (s.selects(d.kind, name, attributes)) {
        name = s.value();
        break;
      }
    }
    if (!attributes.containsKey("category")) {
      for (Selected s : rules.categories()) {
        if (s.selects(d.kind, name, attributes)) {
          attributes.put("category", s.value());
          break;
        }
      }
    }
    d.keys.sort(Comparator.naturalOrder());
    List<Labels> series = new ArrayList<>();
    for (int s : d.series) {
      series.add(Evidence.series(strings.get(s)));
    }
    series.sort(Comparator.naturalOrder());
    return new Entity(
        d.kind,
        d.id,
        name,
        Collections.unmodifiableMap(attributes),
        List.copyOf(d.keys),
        List.copyOf(series.size() > MAX_SERIES ? series.subList(0, MAX_SERIES) : series));
  }
}
