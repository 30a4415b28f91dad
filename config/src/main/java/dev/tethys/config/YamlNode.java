package dev.tethys.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A value in a YAML file, with its position and the path of keys that leads to it.
 *
 * <p>Plain scalars are interpreted like in Go's YAML reader, by the expected type: {@code on} is a
 * string where a string is expected and true if a bool is, except in the Collector's files; {@code
 * 017} is fifteen as a number.
 */
public final class YamlNode {
  private static final String BINARY = "tag:yaml.org,2002:binary";
  private static final int MAX_DEPTH = YamlDocument.MAX_DEPTH;

  private final YamlDocument document;
  private final @Nullable Node node;
  private final String path;

  YamlNode(YamlDocument document, @Nullable Node node, String path) {
    this.document = document;
    this.node = node;
    this.path = path;
  }

  /** Returns the position as {@code file:line:column}. */
  public String where() {
    return node == null
        ? document.name()
        : node.getStartMark()
            .map(m -> YamlDocument.where(m.getName(), m.getLine(), m.getColumn()))
            .orElse(document.name());
  }

  /**
   * Returns the path of keys to this node, such as {@code scrape_configs[0].job_name}; empty at the
   * top.
   */
  public String path() {
    return path;
  }

  boolean takesNullAsAbsent() {
    return document.takesNullAsAbsent();
  }

  boolean ignoresUnknownKeys() {
    return document.ignoresUnknownKeys();
  }

  /** Creates an error at this position, to be thrown. */
  public ConfigException error(String problem) {
    return new ConfigException(where(), problem);
  }

  /**
   * Reads a part of a document. A mistake is thrown, or recorded and returned while all mistakes of
   * the document are collected, so that the caller reads the other parts too.
   *
   * @return the mistake; null without one
   * @see YamlDocument#readWhole
   */
  public @Nullable ConfigException attempt(Runnable reading) {
    try {
      reading.run();
      return null;
    } catch (ConfigException e) {
      return record(e);
    }
  }

  /** Reads a value, replacing an invalid one. */
  public <T> T attempt(Supplier<T> reading, T otherwise) {
    try {
      return reading.get();
    } catch (ConfigException e) {
      record(e);
      return otherwise;
    }
  }

  private ConfigException record(ConfigException e) {
    Mistakes m = document.mistakes();
    if (m == null) {
      throw e;
    }
    m.add(e);
    return e;
  }

  /**
   * Marks this value as valid elsewhere but not supported; see {@link
   * YamlDocument#refuseNotBuilt()}.
   */
  public void notBuilt(String what) {
    notBuilt(what, "");
  }

  void notBuilt(String what, String about) {
    document.addNotBuilt(this, what, about);
  }

  /** Whether the value is empty, {@code ~} or {@code null}. */
  public boolean isNull() {
    return node == null
        || node instanceof ScalarNode s && isPlain(s) && PlainScalar.isNull(s.getValue());
  }

  /** True for a scalar that is not null. */
  public boolean isScalar() {
    return node instanceof ScalarNode && !isNull();
  }

  /** True for a list. */
  public boolean isList() {
    return node instanceof SequenceNode;
  }

  /** True for a map. */
  public boolean isMap() {
    return node instanceof MappingNode;
  }

  private static boolean isPlain(ScalarNode s) {
    return s.getScalarStyle() == ScalarStyle.PLAIN;
  }

  private String plainOr(String wanted) {
    if (node instanceof ScalarNode s && isPlain(s)) {
      return s.getValue();
    }
    throw error("must be " + wanted + ", not " + describe());
  }

  String describe() {
    return switch (node) {
      case null -> "nothing";
      case ScalarNode s ->
          isNull()
              ? "nothing"
              : (isPlain(s) ? "" : "the string ") + '"' + shortened(s.getValue()) + '"';
      case SequenceNode s -> "a list";
      case MappingNode m -> "a map";
      default -> "an alias";
    };
  }

  private static String shortened(String s) {
    return s.length() <= 60 ? s : s.substring(0, 57) + "...";
  }

  /** Returns any scalar as text; null is {@code ""}. */
  public String asString() {
    String original = node == null ? null : document.original(node);
    if (original != null) {
      return original;
    }
    if (isNull()) {
      return "";
    }
    if (!(node instanceof ScalarNode s)) {
      throw error("must be a string, not " + describe());
    }
    if (!s.getTag().getValue().equals(BINARY)) {
      return s.getValue();
    }
    try {
      byte[] bytes = Base64.getMimeDecoder().decode(s.getValue());
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException | IllegalArgumentException e) {
      throw error("\"" + s.getValue() + "\" in !!binary is not valid base64 of valid UTF-8 text");
    }
  }

  /**
   * Returns any scalar as bytes, one per character: the content of {@code !!binary}, or text in
   * UTF-8; null is {@code ""}.
   */
  public String asByteString() {
    byte[] bytes;
    if (node instanceof ScalarNode s && s.getTag().getValue().equals(BINARY)) {
      try {
        bytes = Base64.getMimeDecoder().decode(s.getValue());
      } catch (IllegalArgumentException e) {
        throw error("\"" + s.getValue() + "\" in !!binary is not valid base64");
      }
    } else {
      bytes = asString().getBytes(StandardCharsets.UTF_8);
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Returns a boolean; null is false. */
  public boolean asBool() {
    if (isNull()) {
      return false;
    }
    String s = plainOr("true or false");
    Boolean b = PlainScalar.bool(s, document.isCollectors());
    if (b != null) {
      return b;
    }
    throw error("must be true or false, not " + describe());
  }

  /** Returns an integer; null is 0. */
  public long asLong() {
    if (isNull()) {
      return 0;
    }
    BigDecimal n = PlainScalar.number(plainOr("a whole number"));
    try {
      if (n != null) {
        return n.longValueExact();
      }
    } catch (ArithmeticException e) {
      // reported below
    }
    throw error("must be a whole number, not " + describe());
  }

  /** Returns an unsigned 64-bit integer, as its bits; null is 0. */
  public long asUnsignedLong() {
    if (isNull()) {
      return 0;
    }
    BigDecimal n = PlainScalar.number(plainOr("a whole number that is not negative"));
    if (n != null && n.signum() >= 0 && n.stripTrailingZeros().scale() <= 0) {
      BigInteger i = n.toBigInteger();
      if (i.bitLength() <= 64) {
        return i.longValue();
      }
    }
    throw error("must be a whole number that is not negative, not " + describe());
  }

  /** Returns a number; null is 0. */
  public double asDouble() {
    if (isNull()) {
      return 0;
    }
    String s = plainOr("a number");
    Double named = PlainScalar.named(s);
    if (named != null) {
      return named;
    }
    BigDecimal n = PlainScalar.number(s);
    if (n == null) {
      throw error("must be a number, not " + describe());
    }
    return n.doubleValue();
  }

  /** Whether this is an unquoted scalar that Go's parser would not treat as a string. */
  boolean isSpecial() {
    return node instanceof ScalarNode s && isPlain(s) && PlainScalar.isSpecial(s.getValue());
  }

  /** Parses a value from the text; parser failures describe the problem. */
  public <T> T parse(Function<String, T> parser) {
    try {
      return parser.apply(asString());
    } catch (IllegalArgumentException e) {
      throw error(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Returns a path, with relative ones resolved against the folder of the file; {@code ""} stays
   * unchanged.
   */
  public String asPath() {
    String resolved = resolve(asString());
    if (node != null) {
      document.read(node, resolved);
    }
    return resolved;
  }

  /** Returns the base directory of relative paths in this file; null for the working directory. */
  public @Nullable Path directory() {
    return document.directoryOf(node);
  }

  /** Resolves a path from anywhere in this file, like {@link #asPath()}. */
  public String resolve(String s) {
    Path dir = document.directoryOf(node);
    if (s.isEmpty() || dir == null || s.indexOf('\0') >= 0) {
      return s;
    }
    Path p = Path.of(s);
    return p.isAbsolute() ? s : dir.resolve(p).normalize().toString();
  }

  /** Returns the items of a list; null is an empty list. */
  public List<YamlNode> items() {
    if (isNull()) {
      return List.of();
    }
    if (document.splitsTexts() && node instanceof ScalarNode t && t.getTag().equals(Tag.STR)) {
      return split(t);
    }
    if (!(node instanceof SequenceNode s)) {
      throw error("must be a list, not " + describe());
    }
    List<YamlNode> out = new ArrayList<>(s.getValue().size());
    for (Node n : s.getValue()) {
      out.add(new YamlNode(document, n, path + "[" + out.size() + "]"));
    }
    return out;
  }

  /** Splits a text at commas; an empty text has no parts. */
  private List<YamlNode> split(ScalarNode text) {
    List<YamlNode> out = new ArrayList<>();
    if (!text.getValue().isEmpty()) {
      for (String part : text.getValue().split(",", -1)) {
        out.add(
            new YamlNode(
                document,
                new ScalarNode(
                    Tag.STR,
                    true,
                    part,
                    ScalarStyle.DOUBLE_QUOTED,
                    text.getStartMark(),
                    text.getEndMark()),
                path + "[" + out.size() + "]"));
      }
    }
    return out;
  }

  /** Map entry. */
  public record Entry(YamlNode key, YamlNode value) {}

  /**
   * Returns the entries of a map by key, in order, with {@code <<} merged; null is an empty map.
   */
  public Map<String, Entry> entries() {
    Map<String, Entry> out = new LinkedHashMap<>();
    if (!isNull()) {
      addEntries(out, new ArrayList<>(), 0);
    }
    return out;
  }

  /**
   * Returns the entries merged by {@code <<} that have no effect, because the map or a map merged
   * earlier has their key. They are nevertheless part of the text.
   */
  public List<Entry> replacedEntries() {
    List<Entry> out = new ArrayList<>();
    if (!isNull()) {
      addEntries(new LinkedHashMap<>(), out, 0);
    }
    return out;
  }

  private void addEntries(Map<String, Entry> out, List<Entry> replaced, int depth) {
    if (!(node instanceof MappingNode m)) {
      throw error("must be a map, not " + describe());
    }
    if (depth > MAX_DEPTH) {
      throw error("a map is merged into itself by <<");
    }
    Map<String, Entry> own = new LinkedHashMap<>();
    List<YamlNode> merged = new ArrayList<>();
    for (NodeTuple t : m.getValue()) {
      YamlNode k = new YamlNode(document, t.getKeyNode(), path);
      if (!(t.getKeyNode() instanceof ScalarNode s)) {
        throw k.error("a key must be a string, not " + k.describe());
      }
      if (isPlain(s) && s.getValue().equals("<<")) {
        YamlNode v = new YamlNode(document, t.getValueNode(), path);
        merged.addAll(v.isList() ? v.items() : List.of(v));
        continue;
      }
      String key = s.getTag().getValue().equals(BINARY) ? k.asString() : s.getValue();
      YamlNode v =
          new YamlNode(document, t.getValueNode(), path.isEmpty() ? key : path + "." + key);
      if (own.put(key, new Entry(k, v)) != null) {
        record(k.error("key \"" + key + "\" appears twice in this map"));
      }
    }
    own.forEach(
        (key, e) -> {
          if (out.putIfAbsent(key, e) != null) {
            replaced.add(e);
          }
        });
    for (YamlNode other : merged) {
      other.addEntries(out, replaced, depth + 1);
    }
  }

  /** Whether a map has a non-empty value for a key. */
  public boolean writes(Key<?> key) {
    Entry e = entries().get(key.name());
    return e != null && !(takesNullAsAbsent() && e.value().isNull());
  }

  /**
   * Returns the node as strings, numbers, bools, lists and maps; null is {@code ""}. Integers are
   * {@link BigDecimal}, floats {@link Double}.
   */
  public Object asTree() {
    return Objects.requireNonNull(asTree(0, ""));
  }

  /** Returns the tree like {@link #asTree()}, but null stays null, also in lists and maps. */
  public @Nullable Object asNullableTree() {
    return asTree(0, null);
  }

  private @Nullable Object asTree(int depth, @Nullable Object ofNull) {
    if (depth > MAX_DEPTH) {
      throw error("lists and maps are nested too deeply here");
    }
    if (isNull()) {
      return ofNull;
    }
    if (isList()) {
      List<@Nullable Object> l = new ArrayList<>();
      items().forEach(n -> l.add(n.asTree(depth + 1, ofNull)));
      return Collections.unmodifiableList(l);
    }
    if (isMap()) {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      entries().forEach((k, e) -> m.put(k, e.value().asTree(depth + 1, ofNull)));
      return m;
    }
    String s = asString();
    Object typed =
        node instanceof ScalarNode n && isPlain(n)
            ? PlainScalar.value(n.getValue(), document.isCollectors())
            : null;
    return typed == null ? s : typed;
  }

  /**
   * Returns the value with plain scalars read as in Prometheus's own files: {@code yes} is true if
   * a boolean is expected, even in a Collector file.
   */
  public YamlNode readingAsPrometheus() {
    return document.isCollectors() ? YamlDocument.ofPrometheus(document, node, path).root() : this;
  }

  /** Returns a copy of the map without some of its keys. */
  public YamlNode without(Set<String> keys) {
    if (!(node instanceof MappingNode m)) {
      return this;
    }
    List<NodeTuple> kept = new ArrayList<>(m.getValue());
    kept.removeIf(t -> t.getKeyNode() instanceof ScalarNode k && keys.contains(k.getValue()));
    return new YamlNode(
        document,
        new MappingNode(m.getTag(), true, kept, m.getFlowStyle(), m.getStartMark(), m.getEndMark()),
        path);
  }

  @Nullable Node node() {
    return node;
  }

  YamlDocument document() {
    return document;
  }

  /**
   * Returns the node as a separate document, with other scalars at the same positions.
   *
   * @param scalars gives for a scalar a string, a number or a bool in its place, {@link
   *     Optional#empty()} for nothing there, or null for itself
   * @param otherwise keys of this map, each with the value for a map that lacks the key
   */
  public YamlDocument rewritten(
      Function<YamlNode, @Nullable Object> scalars, Map<String, YamlNode> otherwise) {
    Node n = rewritten(node, scalars, 0);
    if (otherwise.isEmpty()) {
      return YamlDocument.of(document, n, path);
    }
    if (!isNull() && !isMap()) {
      throw error("must be a map, not " + describe());
    }
    List<NodeTuple> all = new ArrayList<>();
    if (n instanceof MappingNode m) {
      all.addAll(m.getValue());
    }
    Map<String, Entry> written = entries();
    otherwise.forEach(
        (k, v) -> {
          if (!written.containsKey(k)) {
            all.add(
                new NodeTuple(
                    scalar(node, k, false), v.node == null ? scalar(node, "null", true) : v.node));
          }
        });
    return YamlDocument.of(
        document,
        new MappingNode(
            Tag.MAP,
            true,
            all,
            FlowStyle.BLOCK,
            node == null ? Optional.empty() : node.getStartMark(),
            node == null ? Optional.empty() : node.getEndMark()),
        path);
  }

  private @Nullable Node rewritten(
      @Nullable Node n, Function<YamlNode, @Nullable Object> scalars, int depth) {
    if (depth > MAX_DEPTH) {
      throw error("lists and maps are nested too deeply here");
    }
    return switch (n) {
      case MappingNode m -> {
        List<NodeTuple> out = new ArrayList<>(m.getValue().size());
        for (NodeTuple t : m.getValue()) {
          out.add(
              new NodeTuple(
                  t.getKeyNode(),
                  Objects.requireNonNull(rewritten(t.getValueNode(), scalars, depth + 1))));
        }
        yield new MappingNode(
            m.getTag(), true, out, m.getFlowStyle(), m.getStartMark(), m.getEndMark());
      }
      case SequenceNode s -> {
        List<Node> out = new ArrayList<>(s.getValue().size());
        for (Node i : s.getValue()) {
          out.add(Objects.requireNonNull(rewritten(i, scalars, depth + 1)));
        }
        yield new SequenceNode(
            s.getTag(), true, out, s.getFlowStyle(), s.getStartMark(), s.getEndMark());
      }
      case ScalarNode s -> {
        Object v = scalars.apply(new YamlNode(document, s, path));
        yield switch (v) {
          case null -> s;
          case Optional<?> o when o.isEmpty() -> scalar(s, "null", true);
          default -> scalar(s, v.toString(), !(v instanceof String));
        };
      }
      case null, default -> n;
    };
  }

  private static ScalarNode scalar(@Nullable Node at, String text, boolean plain) {
    return new ScalarNode(
        Tag.STR,
        true,
        text,
        plain ? ScalarStyle.PLAIN : ScalarStyle.DOUBLE_QUOTED,
        at == null ? Optional.empty() : at.getStartMark(),
        at == null ? Optional.empty() : at.getEndMark());
  }

  /** Reads a map with described keys; any other key is an error. */
  public YamlObject object(Section section) {
    return new YamlObject(this, section);
  }
}
