package dev.tethys.config;

import dev.tethys.model.file.IoFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * One YAML file: its first document, and the unsupported settings found in it. As in the Go
 * programs that these files come from, further documents in the file are not read. JSON is YAML.
 */
public final class YamlDocument {
  /** Maximum file size in bytes. */
  public static final int MAX_BYTES = 64 << 20;

  /**
   * Maximum number of repetitions of lists and maps by aliases, so that a small file stays small in
   * memory.
   */
  static final int MAX_ALIASES = 10_000;

  /** Maximum number of values that aliases add to a document when expanded. */
  static final long MAX_REPEATED = 1_000_000;

  /** Maximum nesting depth of lists and maps with aliases expanded. */
  static final int MAX_DEPTH = 100;

  static final String TOO_DEEP =
      "yaml: lists and maps are nested in more than "
          + MAX_DEPTH
          + " levels here; write fewer levels";

  private static final int MAX_DOCUMENTS = 10_000;

  private final String name;
  private final @Nullable Path directory;
  private List<NotBuiltException.Part> notBuilt = new ArrayList<>();
  private final YamlNode root;
  private final Map<String, Path> directories = new HashMap<>();
  private @Nullable Map<Node, String> paths;
  private boolean lenient;
  private boolean commas;
  private boolean nullIsAbsent;
  private boolean collectors;
  private Map<Node, String> originals = Map.of();
  private @Nullable Mistakes mistakes; // set while they are collected

  private YamlDocument(String name, @Nullable Path directory, String text) {
    this.name = name;
    this.directory = directory;
    this.root = new YamlNode(this, compose(name, text), "");
  }

  private YamlDocument(String name, @Nullable Node node) {
    this(name, null, node, "");
  }

  private YamlDocument(String name, @Nullable Path directory, @Nullable Node node, String path) {
    this.name = name;
    this.directory = directory;
    this.root = new YamlNode(this, node, path);
  }

  /** Creates a document from a tree merged from several texts; each node refers to its text. */
  static YamlDocument of(String name, @Nullable Node node) {
    return new YamlDocument(name, node);
  }

  /**
   * Creates a document for a part of a Collector file that is read like Prometheus's files.
   * Unsupported keys are reported together with those of the whole document.
   */
  static YamlDocument ofPrometheus(YamlDocument whole, @Nullable Node part, String path) {
    YamlDocument d = of(whole, part, path);
    d.collectors = false;
    d.notBuilt = whole.notBuilt;
    return d;
  }

  /** Creates a document for a part of another document, which keeps its path. */
  static YamlDocument of(YamlDocument whole, @Nullable Node part, String path) {
    YamlDocument d = new YamlDocument(whole.name, whole.directory, part, path);
    d.directories.putAll(whole.directories);
    d.paths = whole.paths;
    d.lenient = whole.lenient;
    d.commas = whole.commas;
    d.nullIsAbsent = whole.nullIsAbsent;
    d.collectors = whole.collectors;
    d.originals = whole.originals;
    d.mistakes = whole.mistakes;
    return d;
  }

  /**
   * Reads a file; relative paths in it are relative to its folder.
   *
   * @throws ConfigException if it is not YAML
   * @throws IOException if it cannot be read or is larger than {@link #MAX_BYTES}
   */
  public static YamlDocument read(Path file) throws IOException {
    return new YamlDocument(file.toString(), file.toAbsolutePath().getParent(), text(file));
  }

  /**
   * Reads a file as text.
   *
   * @throws ConfigException if it is not UTF-8
   * @throws IOException if it cannot be read or is larger than {@link #MAX_BYTES}
   */
  public static String text(Path file) throws IOException {
    byte[] bytes;
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new IOException(file + " has " + size + " bytes; at most " + MAX_BYTES + " are read");
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw IoFailures.named(file, e);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ConfigException(file.toString(), "yaml: invalid UTF-8");
    }
  }

  /**
   * Reads text.
   *
   * @param name name in errors
   * @param directory base of relative paths; null leaves them unchanged
   */
  public static YamlDocument parse(String name, @Nullable Path directory, String text) {
    return new YamlDocument(name, directory, text);
  }

  /**
   * Reads a text that must be one document, so that no part of it stays unread.
   *
   * @param name name in errors
   * @throws ConfigException if it is not YAML, or where a second document begins
   */
  public static YamlDocument parseSingle(String name, String text) {
    List<Node> documents = compose(name, text, 1, true);
    return new YamlDocument(name, documents.isEmpty() ? null : documents.getFirst());
  }

  /**
   * Reads all documents of a file, as in Kubernetes; empty ones are omitted.
   *
   * @throws ConfigException if it is not YAML
   * @throws IOException if it cannot be read or is larger than {@link #MAX_BYTES}
   */
  public static List<YamlDocument> readAll(Path file) throws IOException {
    return parseAll(file.toString(), text(file));
  }

  /** Reads all documents of a text; empty ones are omitted. */
  public static List<YamlDocument> parseAll(String name, String text) {
    List<YamlDocument> out = new ArrayList<>();
    for (Node n : composeAll(name, text)) {
      YamlDocument d = new YamlDocument(name, n);
      if (!d.root.isNull()) {
        out.add(d);
      }
    }
    return out;
  }

  /** Ignores keys not described by any section from now on. */
  public YamlDocument ignoringUnknownKeys() {
    lenient = true;
    return this;
  }

  /** Reads text as a comma-separated list where a list is expected, from now on. */
  public YamlDocument splittingTexts() {
    commas = true;
    return this;
  }

  /**
   * Makes a key with a null value count as absent from now on, so that its default applies. This is
   * how mapstructure and version 3 of Go's YAML package read null; version 2, which most programs
   * of Prometheus use, reads it as the zero value of the type. A key that holds a map is still
   * written: {@code grpc:} without a value is a map of defaults.
   */
  public YamlDocument takingNullAsAbsent() {
    nullIsAbsent = true;
    return this;
  }

  /**
   * Reads values like the Collector from now on: null as in {@link #takingNullAsAbsent}, and
   * scalars without quotes like version 3 of Go's YAML package, so that {@code no} and {@code on}
   * are strings and not booleans.
   */
  public YamlDocument readingAsCollector() {
    collectors = true;
    return takingNullAsAbsent();
  }

  boolean isCollectors() {
    return collectors;
  }

  /** Sets the texts of nodes whose texts differ from their values. */
  YamlDocument withOriginals(Map<Node, String> texts) {
    originals = texts;
    return this;
  }

  /** Returns the original text of a substituted node; null if it is unchanged. */
  @Nullable String original(Node n) {
    return originals.get(n);
  }

  boolean takesNullAsAbsent() {
    return nullIsAbsent;
  }

  /** Records the absolute paths that readers derive from relative ones, for {@link #path}. */
  public YamlDocument recordingPaths() {
    paths = new IdentityHashMap<>();
    return this;
  }

  /** Returns the path derived from a scalar by a reader; null if none. */
  @Nullable String path(Node scalar) {
    return paths == null ? null : paths.get(scalar);
  }

  void read(Node scalar, String resolved) {
    if (paths != null) {
      paths.put(scalar, resolved);
    }
  }

  /** Prepares for including the nodes of another document. */
  void include(YamlDocument other) {
    if (other.directory != null) {
      directories.put(other.name, other.directory);
    }
    directories.putAll(other.directories);
  }

  /** Returns the folder of the file a node was read from. */
  @Nullable Path directoryOf(@Nullable Node n) {
    Optional<Mark> mark = n == null ? Optional.empty() : n.getStartMark();
    return mark.map(m -> directories.getOrDefault(m.getName(), directory)).orElse(directory);
  }

  boolean splitsTexts() {
    return commas;
  }

  boolean ignoresUnknownKeys() {
    return lenient;
  }

  /** Returns the top node; a null node if the file is empty. */
  public YamlNode root() {
    return root;
  }

  String name() {
    return name;
  }

  /** Reads a document, or a part of it. */
  @FunctionalInterface
  public interface Reading<T, E extends Exception> {
    T read() throws E;
  }

  /**
   * Reads the document so that an error names all of its errors, each on its line. The reading is
   * repeated if the first one fails; keys, lists and maps are then read to their ends, and so is
   * the argument of {@link YamlNode#attempt}.
   *
   * @throws ConfigException if something in it is invalid
   */
  public <T, E extends Exception> T readWhole(Reading<T, E> reading) throws E {
    if (mistakes != null) {
      return reading.read(); // a part of a document whose mistakes are being collected
    }
    try {
      return reading.read();
    } catch (NotBuiltException e) {
      throw e;
    } catch (ConfigException first) {
      Mistakes found = new Mistakes();
      notBuilt.clear();
      mistakes = found;
      try {
        reading.read();
      } catch (ConfigException e) {
        found.add(e);
      } finally {
        mistakes = null;
      }
      throw found.toException(first, notBuilt);
    }
  }

  /**
   * Reads several documents so that an error names the mistakes of all.
   *
   * @throws ConfigException if something in one of them is invalid
   */
  public static void readEach(List<YamlDocument> documents, Consumer<YamlNode> reading) {
    Mistakes found = new Mistakes();
    List<NotBuiltException.Part> parts = new ArrayList<>();
    ConfigException first = null;
    for (YamlDocument d : documents) {
      try {
        d.readWhole(
            () -> {
              reading.accept(d.root);
              return d;
            });
      } catch (ConfigException e) {
        first = first == null ? e : first;
        found.add(e);
        if (e instanceof NotBuiltException n) {
          parts.addAll(n.parts());
        }
      }
    }
    if (first != null) {
      throw found.toException(first, parts);
    }
  }

  /** Reports errors of this document as errors of another, which names its file. */
  public YamlDocument partOf(YamlDocument other) {
    mistakes = other.mistakes;
    return this;
  }

  @Nullable Mistakes mistakes() {
    return mistakes;
  }

  void addNotBuilt(YamlNode at, String what, String about) {
    notBuilt.add(new NotBuiltException.Part(at.where(), what, about));
  }

  /**
   * Rejects unsupported keys. Called after everything else in the file was found to be valid.
   *
   * @throws NotBuiltException if it contains unsupported keys, with a list of them
   */
  public void refuseNotBuilt() {
    if (!notBuilt.isEmpty()) {
      throw new NotBuiltException(notBuilt);
    }
  }

  static @Nullable Node compose(String name, String text) {
    List<Node> first = compose(name, text, 1, false);
    return first.isEmpty() ? null : first.getFirst();
  }

  private static List<Node> composeAll(String name, String text) {
    return compose(name, text, MAX_DOCUMENTS, true);
  }

  /**
   * @param whole whether further documents are an error; otherwise they are not read
   */
  private static List<Node> compose(String name, String text, int most, boolean whole) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(name)
            .setCodePointLimit(MAX_BYTES)
            .setMaxAliasesForCollections(MAX_ALIASES)
            .setVersionFunction(v -> v)
            .build();
    try {
      Parser parser =
          new BoundedParser(
              new ParserImpl(settings, new StreamReader(settings, text)),
              MAX_DEPTH,
              e -> new ConfigException(where(name, e.getStartMark()), TOO_DEEP));
      Iterator<Node> documents = new Composer(settings, parser);
      List<Node> out = new ArrayList<>();
      while (out.size() < most && documents.hasNext()) {
        out.add(documents.next());
      }
      if (whole && documents.hasNext()) {
        throw new ConfigException(
            where(name, parser.peekEvent().getStartMark()),
            most == 1
                ? "yaml: a second document begins here; only one is read: remove this line and all after it"
                : "yaml: more than " + most + " documents");
      }
      for (Node n : out) {
        new AliasCount(name).check(n);
      }
      return out;
    } catch (MarkedYamlEngineException e) {
      throw new ConfigException(
          where(name, e.getProblemMark()),
          "yaml: " + (e.getContext() == null ? "" : e.getContext() + ", ") + e.getProblem());
    } catch (YamlEngineException e) {
      throw new ConfigException(
          name, "yaml: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    } catch (StackOverflowError e) {
      throw new ConfigException(name, TOO_DEEP);
    }
  }

  private static String where(String name, Optional<Mark> mark) {
    return mark.map(m -> where(name, m.getLine(), m.getColumn())).orElse(name);
  }

  /**
   * Formats a source position.
   *
   * @param line zero-based line; negative if the source has no lines, such as a flag
   */
  static String where(String name, int line, int column) {
    return line < 0 ? name : String.format(Locale.ROOT, "%s:%d:%d", name, line + 1, column + 1);
  }
}
