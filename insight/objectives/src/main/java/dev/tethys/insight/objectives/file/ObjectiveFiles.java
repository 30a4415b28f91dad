package dev.tethys.insight.objectives.file;

import dev.tethys.config.ConfigException;
import dev.tethys.config.FilePattern;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.insight.objectives.ObjectiveSet;
import dev.tethys.insight.objectives.TargetOverride;
import dev.tethys.model.file.IoFailures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads files with objectives. The format is that of each document: Sloth's ({@code version:
 * prometheus/v1}), OpenSLO's ({@code apiVersion: openslo/v1}) or the grammar of Tethys. An error
 * names the mistakes of all files.
 */
public final class ObjectiveFiles {
  /** Maximum size of a file in bytes. */
  public static final long MAX_BYTES = 4 << 20;

  /** Maximum number of files. */
  public static final int MAX_FILES = 1000;

  /** Maximum number of documents of all files. */
  static final int MAX_DOCUMENTS = 10_000;

  private static final String API_VERSION = "apiVersion";

  /** A document and the path of its file. */
  private record Source(YamlDocument document, String file) {}

  private final List<Source> sources = new ArrayList<>();
  private final int maxObjectives;

  private ObjectiveFiles(int maxObjectives) {
    this.maxObjectives = maxObjectives;
  }

  /**
   * Returns the files currently matching a pattern.
   *
   * @param pattern path whose last part may have {@code *}, {@code ?} and {@code [a-z]}
   * @throws IllegalArgumentException if it is not a valid pattern
   * @throws IOException if the folder cannot be listed
   */
  public static List<Path> find(String pattern) throws IOException {
    return FilePattern.of(pattern).files();
  }

  /**
   * Reads files.
   *
   * @param maxObjectives maximum number of objectives
   * @throws ConfigException if something in them is not valid
   * @throws IOException if a file cannot be read, or is too large
   */
  public static ObjectiveSet read(List<Path> files, int maxObjectives) throws IOException {
    if (files.size() > MAX_FILES) {
      throw new IOException(
          files.size() + " files of objectives; at most " + MAX_FILES + " are read: join some");
    }
    ObjectiveFiles reading = new ObjectiveFiles(maxObjectives);
    for (Path f : files) {
      check(f);
      reading.add(f.toString(), YamlDocument.text(f));
    }
    return reading.set();
  }

  /** Whether a path is a file of at most {@link #MAX_BYTES}. */
  public static boolean isReadable(Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES;
    } catch (IOException e) {
      return false;
    }
  }

  /** Reads one text. */
  public static ObjectiveSet parse(String name, String text, int maxObjectives) {
    ObjectiveFiles reading = new ObjectiveFiles(maxObjectives);
    reading.add(name, text);
    return reading.set();
  }

  /** Rejects files that could not be read to their end or in memory. */
  private static void check(Path file) throws IOException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new IOException(
            file + (Files.exists(file) ? ": not a regular file" : ": file not found"));
      }
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new IOException(
            file + ": " + size + " bytes; a file of objectives has at most " + MAX_BYTES);
      }
    } catch (IOException e) {
      throw IoFailures.named(file, e);
    }
  }

  private void add(String name, String text) {
    if (text.length() > MAX_BYTES) {
      throw new ConfigException(
          name, text.length() + " characters; a file of objectives has at most " + MAX_BYTES);
    }
    for (YamlDocument d : YamlDocument.parseAll(name, text)) {
      sources.add(new Source(d, name));
    }
    if (sources.size() > MAX_DOCUMENTS) {
      throw new ConfigException(
          name, "more than " + MAX_DOCUMENTS + " YAML documents of objectives");
    }
  }

  private ObjectiveSet set() {
    OpenSloReader openSlo = new OpenSloReader();
    Map<YamlNode, Source> byRoot = new IdentityHashMap<>();
    sources.forEach(s -> byRoot.put(s.document.root(), s));
    List<YamlDocument> documents = sources.stream().map(Source::document).toList();
    YamlDocument.readEach(
        documents,
        root -> {
          if (isOpenSlo(root)) {
            openSlo.register(root);
          }
        });
    // Keyed by document: one with a mistake is read twice.
    Map<YamlNode, OwnReader.Contents> read = new LinkedHashMap<>();
    YamlDocument.readEach(
        documents,
        root -> {
          String file = fileOf(byRoot, root);
          read.put(root, contents(root, file, openSlo));
          documentOf(byRoot, root).refuseNotBuilt();
        });
    List<Objective> objectives = new ArrayList<>();
    List<TargetOverride> overrides = new ArrayList<>();
    read.values()
        .forEach(
            c -> {
              objectives.addAll(c.objectives());
              overrides.addAll(c.overrides());
            });
    check(objectives);
    return new ObjectiveSet(objectives, overrides, openSlo.notices());
  }

  private static String fileOf(Map<YamlNode, Source> all, YamlNode root) {
    Source s = all.get(root);
    return s == null ? "" : s.file;
  }

  private static YamlDocument documentOf(Map<YamlNode, Source> all, YamlNode root) {
    Source s = all.get(root);
    if (s == null) {
      throw new IllegalStateException("document of " + root.where() + " is not known");
    }
    return s.document;
  }

  private static String text(YamlNode root, String key) {
    YamlNode.Entry e = root.isMap() ? root.entries().get(key) : null;
    return e != null && e.value().isScalar() ? e.value().asString() : "";
  }

  private static boolean isOpenSlo(YamlNode root) {
    if (root.isList()) {
      List<YamlNode> items = root.items();
      return !items.isEmpty()
          && items.stream().allMatch(n -> text(n, API_VERSION).startsWith("openslo/"));
    }
    return text(root, API_VERSION).startsWith("openslo/");
  }

  private static OwnReader.Contents contents(YamlNode root, String file, OpenSloReader openSlo) {
    if (isOpenSlo(root)) {
      return new OwnReader.Contents(openSlo.read(root, file), List.of());
    }
    String api = text(root, API_VERSION);
    if (!api.isEmpty()) {
      throw root.error(
          "apiVersion is \""
              + api
              + "\"; supported are openslo/v1, files of Sloth with version: prometheus/v1, and"
              + " the grammar of Tethys with objectives:");
    }
    String version = text(root, "version");
    if (version.equals(SlothReader.VERSION)) {
      return new OwnReader.Contents(SlothReader.read(root, file), List.of());
    }
    if (!version.isEmpty()) {
      throw root.error(
          "version is \"" + version + "\"; of Sloth's, only prometheus/v1 is supported");
    }
    return OwnReader.read(root, file);
  }

  private void check(List<Objective> all) {
    if (all.size() > maxObjectives) {
      throw new ConfigException(
          all.get(maxObjectives).where(),
          "this is objective "
              + (maxObjectives + 1)
              + " of "
              + all.size()
              + "; at most "
              + maxObjectives
              + " are allowed: raise --insight.objectives-limit or remove some");
    }
    Map<String, Objective> ids = new HashMap<>();
    List<String> problems = new ArrayList<>();
    for (Objective o : all) {
      Objective before = ids.putIfAbsent(o.id(), o);
      if (before != null) {
        problems.add(
            o.where()
                + ": another objective has the identity \""
                + o.id()
                + "\" (service and name), at "
                + before.where()
                + "; give one of them another name");
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException("", String.join("\n", problems));
    }
  }
}
