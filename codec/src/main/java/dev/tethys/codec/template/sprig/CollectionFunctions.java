package dev.tethys.codec.template.sprig;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.BOOL;
import static dev.tethys.codec.template.TemplateFunction.Parameter.INT;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;
import static dev.tethys.codec.template.sprig.LineFunctions.n;
import static dev.tethys.codec.template.sprig.LineFunctions.s;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.JsonWriter;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Sprig's functions for lists, maps, JSON and choices. */
final class CollectionFunctions {
  /** Maximum length of a list created by a function. */
  static final int MAX_ITEMS = 100_000;

  private CollectionFunctions() {}

  static void addTo(Map<String, TemplateFunction> m) {
    addChoices(m);
    addLists(m);
    addMaps(m);
    addJson(m);
  }

  private static TemplateFunction onList(Function<List<@Nullable Object>, @Nullable Object> f) {
    return TemplateFunction.of(a -> f.apply(items(a[0])), ANY);
  }

  private static void addChoices(Map<String, TemplateFunction> m) {
    m.put("default", TemplateFunction.of(a -> empty(a[1]) ? a[0] : a[1], ANY, ANY));
    m.put("empty", TemplateFunction.of(a -> empty(a[0]), ANY));
    m.put(
        "coalesce",
        TemplateFunction.variadic(
            a -> Arrays.stream(a).filter(v -> !empty(v)).findFirst().orElse(null), ANY));
    m.put(
        "all",
        TemplateFunction.variadic(
            a -> Arrays.stream(a).noneMatch(CollectionFunctions::empty), ANY));
    m.put(
        "any",
        TemplateFunction.variadic(
            a -> !Arrays.stream(a).allMatch(CollectionFunctions::empty), ANY));
    m.put(
        "ternary",
        TemplateFunction.of(a -> Boolean.TRUE.equals(a[2]) ? a[0] : a[1], ANY, ANY, BOOL));
    m.put(
        "fail",
        TemplateFunction.of(
            a -> {
              throw new Failure(s(a[0]));
            },
            STRING));
    m.put("typeOf", TemplateFunction.of(a -> type(a[0]), ANY));
    m.put("typeIs", TemplateFunction.of(a -> type(a[1]).equals(a[0]), STRING, ANY));
    m.put("kindOf", TemplateFunction.of(a -> kind(a[0]), ANY));
    m.put("kindIs", TemplateFunction.of(a -> kind(a[1]).equals(a[0]), STRING, ANY));
    m.put("deepEqual", TemplateFunction.of(a -> Objects.equals(a[0], a[1]), ANY, ANY));
  }

  private static void addLists(Map<String, TemplateFunction> m) {
    m.put("list", TemplateFunction.variadic(a -> list(Arrays.asList(a)), ANY));
    m.put("tuple", Objects.requireNonNull(m.get("list")));
    m.put("first", onList(l -> l.isEmpty() ? null : l.getFirst()));
    m.put("last", onList(l -> l.isEmpty() ? null : l.getLast()));
    m.put("rest", onList(l -> list(l.isEmpty() ? l : l.subList(1, l.size()))));
    m.put("initial", onList(l -> list(l.isEmpty() ? l : l.subList(0, l.size() - 1))));
    m.put("reverse", onList(l -> list(l.reversed())));
    m.put("uniq", onList(l -> list(l.stream().distinct().toList())));
    m.put(
        "compact",
        onList(l -> list(l.stream().filter(v -> !empty(v)).collect(Collectors.toList()))));
    m.put(
        "sortAlpha",
        onList(l -> StringFunctions.strings(l.stream().map(SprigStrings::text).sorted().toList())));
    m.put("append", TemplateFunction.of(a -> list(plus(items(a[0]), a[1])), ANY, ANY));
    m.put("push", Objects.requireNonNull(m.get("append")));
    m.put(
        "prepend",
        TemplateFunction.of(a -> list(plus(items(a[0]).reversed(), a[1]).reversed()), ANY, ANY));
    m.put(
        "concat",
        TemplateFunction.variadic(
            a ->
                list(Arrays.stream(a).flatMap(v -> items(v).stream()).collect(Collectors.toList())),
            ANY));
    m.put("has", TemplateFunction.of(a -> items(a[1]).contains(a[0]), ANY, ANY));
    m.put(
        "without",
        TemplateFunction.variadic(
            a -> {
              List<@Nullable Object> out = new ArrayList<>(items(a[0]));
              out.removeAll(Arrays.asList(a).subList(1, a.length));
              return list(out);
            },
            ANY,
            ANY));
    m.put(
        "join",
        TemplateFunction.of(
            a -> items(a[1]).stream().map(SprigStrings::text).collect(Collectors.joining(s(a[0]))),
            STRING,
            ANY));
    m.put(
        "toStrings",
        onList(l -> StringFunctions.strings(l.stream().map(SprigStrings::text).toList())));
    m.put(
        "splitList",
        TemplateFunction.of(
            a -> StringFunctions.strings(split(s(a[1]), s(a[0]), -1)), STRING, STRING));
    m.put("split", TemplateFunction.of(a -> numbered(split(s(a[1]), s(a[0]), -1)), STRING, STRING));
    m.put(
        "splitn",
        TemplateFunction.of(a -> numbered(split(s(a[2]), s(a[0]), n(a[1]))), STRING, INT, STRING));
    m.put("until", TemplateFunction.of(a -> range(0, n(a[0]), n(a[0]) < 0 ? -1 : 1), INT));
    m.put("untilStep", TemplateFunction.of(a -> range(n(a[0]), n(a[1]), n(a[2])), INT, INT, INT));
  }

  private static void addMaps(Map<String, TemplateFunction> m) {
    m.put("dict", TemplateFunction.variadic(CollectionFunctions::dict, ANY));
    m.put(
        "get",
        TemplateFunction.of(
            a -> Objects.requireNonNullElse(map(a[0]).get(s(a[1])), ""), ANY, STRING));
    m.put("hasKey", TemplateFunction.of(a -> map(a[0]).containsKey(s(a[1])), ANY, STRING));
    m.put(
        "set",
        TemplateFunction.of(
            a -> {
              Map<String, @Nullable Object> copy = new LinkedHashMap<>(map(a[0]));
              copy.put(s(a[1]), a[2]);
              return GoMap.ofAny(copy);
            },
            ANY,
            STRING,
            ANY));
    m.put(
        "unset",
        TemplateFunction.of(
            a -> {
              Map<String, @Nullable Object> copy = new LinkedHashMap<>(map(a[0]));
              copy.remove(s(a[1]));
              return GoMap.ofAny(copy);
            },
            ANY,
            STRING));
    m.put(
        "keys",
        TemplateFunction.variadic(
            a ->
                StringFunctions.strings(
                    Arrays.stream(a).flatMap(v -> map(v).keySet().stream()).toList()),
            ANY));
    m.put("values", TemplateFunction.of(a -> list(new ArrayList<>(map(a[0]).values())), ANY));
    m.put("pick", TemplateFunction.variadic(a -> chosen(a, true), ANY, STRING));
    m.put("omit", TemplateFunction.variadic(a -> chosen(a, false), ANY, STRING));
    m.put("merge", TemplateFunction.variadic(a -> merged(Arrays.asList(a).reversed()), ANY));
    m.put("mergeOverwrite", TemplateFunction.variadic(a -> merged(Arrays.asList(a)), ANY));
  }

  private static void addJson(Map<String, TemplateFunction> m) {
    TemplateFunction write = TemplateFunction.of(a -> JsonWriter.write(plain(a[0])), ANY);
    m.put("toJson", write);
    m.put("mustToJson", write);
    m.put(
        "toRawJson",
        TemplateFunction.of(
            a ->
                JsonWriter.write(plain(a[0]))
                    .replace("\\u003c", "<")
                    .replace("\\u003e", ">")
                    .replace("\\u0026", "&"),
            ANY));
    m.put("fromJson", TemplateFunction.of(a -> parsed(s(a[0]), false), STRING));
    m.put("mustFromJson", TemplateFunction.of(a -> parsed(s(a[0]), true), STRING));
  }

  static boolean empty(@Nullable Object v) {
    return switch (v) {
      case null -> true;
      case Boolean b -> !b;
      case Long l -> l == 0;
      case Double d -> d == 0;
      case String s -> s.isEmpty();
      case GoMap m -> m.entries().isEmpty();
      case GoList l -> l.items().isEmpty();
      default -> false;
    };
  }

  private static String type(@Nullable Object v) {
    return v == null ? "<nil>" : GoStrings.typeName(v);
  }

  private static String kind(@Nullable Object v) {
    return switch (v) {
      case null -> "invalid";
      case GoMap m -> "map";
      case GoList l -> "slice";
      case Long l -> "int";
      case Double d -> "float64";
      case String s -> "string";
      case Boolean b -> "bool";
      default -> "struct";
    };
  }

  private static List<@Nullable Object> items(@Nullable Object v) {
    if (v instanceof GoList l) {
      return new ArrayList<>(l.items());
    }
    throw new Failure("Cannot use type " + type(v) + " as a list");
  }

  private static Map<String, ?> map(@Nullable Object v) {
    if (v instanceof GoMap m) {
      return m.entries();
    }
    throw new Failure("must be a map, not " + type(v));
  }

  private static GoList list(List<?> items) {
    return new GoList("[]interface {}", bounded(items));
  }

  private static <T> List<T> bounded(List<T> items) {
    if (items.size() > MAX_ITEMS) {
      throw new Failure("list of more than " + MAX_ITEMS + " items");
    }
    return items;
  }

  private static List<@Nullable Object> plus(List<@Nullable Object> l, @Nullable Object v) {
    List<@Nullable Object> out = new ArrayList<>(l);
    out.add(v);
    return out;
  }

  private static List<String> split(String s, String separator, long most) {
    List<String> out = new ArrayList<>();
    if (separator.isEmpty()) {
      s.codePoints().limit(MAX_ITEMS + 1L).forEach(c -> out.add(Character.toString(c)));
      return bounded(out);
    }
    int from = 0;
    for (int at = s.indexOf(separator);
        at >= 0 && (most < 0 || out.size() < most - 1);
        at = s.indexOf(separator, from)) {
      out.add(s.substring(from, at));
      bounded(out);
      from = at + separator.length();
    }
    out.add(s.substring(from));
    return out;
  }

  private static GoMap numbered(List<String> parts) {
    Map<String, String> m = new LinkedHashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      m.put("_" + i, parts.get(i));
    }
    return GoMap.ofStrings(m);
  }

  private static GoList range(long start, long stop, long step) {
    List<Long> out = new ArrayList<>();
    if (step != 0 && Math.abs((stop - start) / step) > MAX_ITEMS) {
      throw new Failure("list of more than " + MAX_ITEMS + " items");
    }
    for (long i = start; step > 0 ? i < stop : step < 0 && i > stop; i += step) {
      out.add(i);
    }
    return new GoList("[]int", out);
  }

  private static GoMap dict(@Nullable Object[] a) {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    for (int i = 0; i < a.length; i += 2) {
      m.put(SprigStrings.text(a[i]), i + 1 < a.length ? a[i + 1] : "");
    }
    return GoMap.ofAny(m);
  }

  private static GoMap chosen(@Nullable Object[] a, boolean keep) {
    List<@Nullable Object> names = Arrays.asList(a).subList(1, a.length);
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    map(a[0])
        .forEach(
            (k, v) -> {
              if (names.contains(k) == keep) {
                out.put(k, v);
              }
            });
    return GoMap.ofAny(out);
  }

  private static GoMap merged(List<@Nullable Object> maps) {
    Map<String, @Nullable Object> out = new LinkedHashMap<>();
    maps.forEach(v -> out.putAll(map(v)));
    return GoMap.ofAny(out);
  }

  private static @Nullable Object plain(@Nullable Object v) {
    return switch (v) {
      case GoMap m -> {
        Map<String, @Nullable Object> out = new TreeMap<>();
        m.entries().forEach((k, e) -> out.put(k, plain(e)));
        yield out;
      }
      case GoList l -> {
        List<@Nullable Object> out = new ArrayList<>();
        l.items().forEach(e -> out.add(plain(e)));
        yield out;
      }
      case null -> null;
      case Long l -> v;
      case Double d -> v;
      case Boolean b -> v;
      default -> SprigStrings.text(v);
    };
  }

  private static @Nullable Object parsed(String text, boolean must) {
    try {
      return value(JsonReader.read(text));
    } catch (MalformedJsonException e) {
      if (must) {
        throw new Failure("invalid JSON");
      }
      return null;
    }
  }

  private static @Nullable Object value(@Nullable Object json) {
    return switch (json) {
      case Map<?, ?> m -> {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        m.forEach((k, v) -> out.put(String.valueOf(k), value(v)));
        yield GoMap.ofAny(out);
      }
      case List<?> l -> {
        List<@Nullable Object> out = new ArrayList<>();
        l.forEach(v -> out.add(value(v)));
        yield new GoList("[]interface {}", Collections.unmodifiableList(out));
      }
      case java.math.BigInteger b -> b.doubleValue();
      case null -> null;
      default -> json;
    };
  }
}
