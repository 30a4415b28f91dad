package dev.tethys.control.mdai;

import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.control.state.StateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Variable values of all hubs. Readers use an immutable snapshot; a change is written to disk
 * before its snapshot becomes visible and does not block readers.
 *
 * <p>Format of the file, which is replaced as a whole: a JSON object with {@code format} (1) and
 * {@code hubs}, by name of the hub and of the variable: a string, a list or an object of strings.
 */
public final class Variables {
  private static final int MAX_REFS = 8;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_./][A-Za-z0-9_./-]*");
  private static final Pattern WORD = Pattern.compile("(?i)true|false|null|yes|no|on|off|y|n");

  /** Largest value, in characters, and number of entries of a set or map. */
  static final int MAX_TEXT = 65_536;

  static final int MAX_ENTRIES = 10_000;

  /**
   * Variables as agents get them.
   *
   * @param json object of strings by name
   */
  public record Environment(SortedMap<String, String> texts, String json) {
    static final Environment NONE = new Environment(new TreeMap<>(), "");
  }

  /** Values at one time. */
  public static final class Snapshot {
    private final Manifests manifests;
    private final Map<String, Map<String, Value>> values;
    private final Map<String, Environment> environments = new ConcurrentHashMap<>();

    private Snapshot(Manifests manifests, Map<String, Map<String, Value>> values) {
      this.manifests = manifests;
      this.values = values;
    }

    public Manifests manifests() {
      return manifests;
    }

    /** Returns the value of a variable; for a meta variable, the value it is computed from. */
    public Value value(Hub hub, HubVariable v) {
      return value(hub, v, 0);
    }

    private Value value(Hub hub, HubVariable v, int depth) {
      if (depth > MAX_REFS) {
        return Value.of(""); // the references have a cycle
      }
      return switch (v.type()) {
        case META_PRIORITY_LIST -> {
          for (String ref : v.refs()) {
            HubVariable r = hub.variable(ref);
            Value found = r == null ? Value.of("") : value(hub, r, depth + 1);
            if (!found.isEmpty()) {
              yield found;
            }
          }
          yield Value.of("");
        }
        case META_HASH_SET -> {
          HubVariable key = hub.variable(v.refs().getFirst());
          HubVariable map = hub.variable(v.refs().getLast());
          yield key != null
                  && map != null
                  && value(hub, key, depth + 1) instanceof Value.Scalar k
                  && value(hub, map, depth + 1) instanceof Value.Entries m
              ? Value.of(m.all().getOrDefault(k.text(), ""))
              : Value.of("");
        }
        case STRING, INT, FLOAT, BOOLEAN, SET, MAP ->
            values.getOrDefault(hub.meta().name(), Map.of()).getOrDefault(v.key(), v.initial());
      };
    }

    /**
     * Returns the strings of a hub under their {@code serializeAs} names; empty if there is no such
     * hub.
     */
    public Environment environment(String hub) {
      return environments.computeIfAbsent(hub, this::serialized);
    }

    private Environment serialized(String name) {
      Hub hub = manifests.hub(name);
      if (hub == null) {
        return Environment.NONE;
      }
      TreeMap<String, String> out = new TreeMap<>();
      for (HubVariable v : hub.variables()) {
        for (HubVariable.Serializer s : v.serializers()) {
          out.put(s.name(), text(value(hub, v), s.delimiter()));
        }
      }
      return out.isEmpty()
          ? Environment.NONE
          : new Environment(out, JsonMapper.shared().writeValueAsString(out));
    }
  }

  private final StateFile file;
  private volatile Snapshot now;

  /**
   * Reads the values of a file, which need not exist.
   *
   * @throws IOException if it cannot be read or is damaged
   */
  public Variables(Path file) throws IOException {
    this.file = new StateFile(file);
    this.now = new Snapshot(Manifests.NONE, load());
  }

  public Snapshot now() {
    return now;
  }

  /** Replaces the resources; values of variables that are no longer defined are kept. */
  synchronized void define(Manifests manifests) {
    now = new Snapshot(manifests, now.values);
  }

  /**
   * Variable values changed by a sequence of actions; nothing is visible before {@link #commit}.
   */
  static final class Change {
    private final Snapshot before;
    private final Map<String, Map<String, Value>> values = new HashMap<>();
    private boolean changed;

    private Change(Snapshot before) {
      this.before = before;
      before.values.forEach((hub, m) -> values.put(hub, new HashMap<>(m)));
    }

    Value value(Hub hub, HubVariable v) {
      return new Snapshot(before.manifests, values).value(hub, v);
    }

    /**
     * Sets a value.
     *
     * @throws IllegalArgumentException if a limit is exceeded
     */
    void set(Hub hub, HubVariable v, Value next) {
      check(v, next);
      Map<String, Value> all = values.computeIfAbsent(hub.meta().name(), k -> new HashMap<>());
      changed |= !next.equals(all.put(v.key(), next));
    }

    private static void check(HubVariable v, Value next) {
      int entries =
          switch (next) {
            case Value.Scalar s -> 1;
            case Value.Elements e -> e.all().size();
            case Value.Entries e -> e.all().size();
          };
      if (entries > MAX_ENTRIES || text(next, null).length() > MAX_TEXT) {
        throw new IllegalArgumentException(
            "variable "
                + v.key()
                + " would have "
                + entries
                + " entries and "
                + text(next, null).length()
                + " characters; at most "
                + MAX_ENTRIES
                + " and "
                + MAX_TEXT);
      }
    }
  }

  /** Starts a change. The caller ensures that only one change is in progress. */
  Change change() {
    return new Change(now);
  }

  /**
   * Publishes a change.
   *
   * @return whether it changed a value
   * @throws IOException if it is not on disk; nothing is changed then
   */
  synchronized boolean commit(Change c) throws IOException {
    if (!c.changed) {
      return false;
    }
    save(c.values);
    now = new Snapshot(now.manifests, c.values);
    return true;
  }

  private Map<String, Map<String, Value>> load() throws IOException {
    return file.read(
        n -> {
          Map<String, Map<String, Value>> out = new HashMap<>();
          for (Map.Entry<String, JsonNode> hub : n.path("hubs").properties()) {
            Map<String, Value> values = new HashMap<>();
            for (Map.Entry<String, JsonNode> v : hub.getValue().properties()) {
              DataType type =
                  v.getValue().isArray()
                      ? DataType.SET
                      : v.getValue().isObject() ? DataType.MAP : DataType.STRING;
              values.put(v.getKey(), type.read(v.getValue()));
            }
            out.put(hub.getKey(), values);
          }
          return out;
        });
  }

  private void save(Map<String, Map<String, Value>> values) throws IOException {
    ObjectNode n = StateFile.content();
    ObjectNode hubs = n.putObject("hubs");
    new TreeMap<>(values)
        .forEach(
            (hub, all) -> {
              ObjectNode h = hubs.putObject(hub);
              new TreeMap<>(all).forEach((k, v) -> h.set(k, v.json()));
            });
    file.write(n);
  }

  /** Renders a value as text: a set joined, a map as YAML. */
  static String text(Value v, @Nullable String delimiter) {
    return switch (v) {
      case Value.Scalar s -> s.text();
      case Value.Elements e -> String.join(delimiter == null ? "," : delimiter, e.all());
      case Value.Entries e ->
          e.all().entrySet().stream()
              .map(x -> quoted(x.getKey()) + ": " + quoted(x.getValue()) + "\n")
              .collect(Collectors.joining());
    };
  }

  private static String quoted(String text) {
    return PLAIN.matcher(text).matches() && !WORD.matcher(text).matches()
        ? text
        : JsonMapper.shared().writeValueAsString(text);
  }

  /** Returns a set with an element added or removed. */
  static Value with(Value set, String element, boolean add) {
    Set<String> out = new LinkedHashSet<>();
    if (set instanceof Value.Elements e) {
      out.addAll(e.all());
    }
    if (add) {
      out.add(element);
    } else {
      out.remove(element);
    }
    return Value.of(out);
  }

  /** Returns a map with an entry replaced; null removes it. */
  static Value with(Value map, String key, @Nullable String value) {
    TreeMap<String, String> out =
        map instanceof Value.Entries e ? new TreeMap<>(e.all()) : new TreeMap<>();
    if (value == null) {
      out.remove(key);
    } else {
      out.put(key, value);
    }
    return Value.of(out);
  }
}
