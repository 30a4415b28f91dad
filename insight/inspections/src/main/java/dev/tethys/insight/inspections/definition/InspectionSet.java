package dev.tethys.insight.inspections.definition;

import dev.tethys.config.ConfigException;
import dev.tethys.config.FilePattern;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.insight.inspections.definition.ThresholdOverrides.ScopedThreshold;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Set of all evaluated inspections.
 *
 * @param inspections inspections in file order
 * @param requests PromQL of requests a second by service; null for none
 */
public record InspectionSet(
    List<Inspection> inspections, ThresholdOverrides overrides, @Nullable String requests) {
  /** The most inspections of all files. */
  public static final int MAX_INSPECTIONS = 1_000;

  /** The most files. */
  static final int MAX_FILES = 1_000;

  /** The largest file. */
  static final long MAX_BYTES = 4 << 20;

  /** Definition of requests a second by service. */
  private static final String REQUESTS = "request_rate";

  private static final List<String> BUILT_IN =
      List.of(
          "definitions",
          "requests",
          "instances",
          "cpu",
          "memory",
          "storage",
          "network",
          "logs",
          "kubernetes",
          "nodes",
          "postgres",
          "mysql",
          "redis",
          "mongodb",
          "queues",
          "runtimes",
          "certificates");

  /** Files of risks; the first has the definitions. */
  private static final List<String> RISKS = List.of("definitions", "risks");

  /** Joins files; later ones replace inspections of earlier ones. */
  private static final class Joined {
    InspectionDefinitions definitions = new InspectionDefinitions(Map.of());
    final Map<String, Inspection> inspections = new LinkedHashMap<>();
    final List<ScopedThreshold> overrides = new ArrayList<>();
    final List<YamlNode> disabled = new ArrayList<>();

    /**
     * @param seen ids of the user's files; null for built-in ones
     */
    void add(InspectionReader.Contents c, Map<String, Inspection> seen) {
      for (Inspection i : c.inspections()) {
        Inspection before = seen.putIfAbsent(i.id(), i);
        if (before != null) {
          throw new ConfigException(
              i.where(),
              "inspection \""
                  + i.id()
                  + "\" is also at "
                  + before.where()
                  + "; ids must be unique, remove one");
        }
        inspections.put(i.id(), i);
      }
      if (inspections.size() > MAX_INSPECTIONS) {
        throw new ConfigException(
            c.inspections().getLast().where(),
            inspections.size()
                + " inspections with those that are built in; at most "
                + MAX_INSPECTIONS
                + " are evaluated");
      }
      overrides.addAll(c.overrides());
      disabled.addAll(c.disabled());
    }

    InspectionSet set() {
      Set<String> known = new HashSet<>(inspections.keySet());
      for (YamlNode n : disabled) {
        if (inspections.remove(n.asString()) == null && !known.contains(n.asString())) {
          throw n.error(
              "there is no inspection \""
                  + n.asString()
                  + "\"; there are: "
                  + String.join(", ", known.stream().sorted().toList()));
        }
      }
      for (ScopedThreshold o : overrides) {
        if (!known.contains(o.inspection())) {
          throw new ConfigException(
              o.where(),
              "there is no inspection \""
                  + o.inspection()
                  + "\"; there are: "
                  + String.join(", ", known.stream().sorted().toList()));
        }
      }
      return new InspectionSet(
          List.copyOf(inspections.values()),
          new ThresholdOverrides(overrides),
          definitions.texts().containsKey(REQUESTS) ? definitions.fill("$" + REQUESTS) : null);
    }
  }

  /** Returns the built-in inspections. */
  public static InspectionSet defaults() {
    return builtIn(BUILT_IN).set();
  }

  private static Joined builtIn(List<String> names) {
    Joined out = new Joined();
    Map<String, Inspection> seen = new LinkedHashMap<>();
    for (String name : names) {
      YamlDocument d = YamlDocument.parse(name + ".yml", null, resource(name + ".yml"));
      InspectionReader.Contents c = d.readWhole(() -> InspectionReader.read(d, out.definitions));
      out.definitions = out.definitions.with(c.definitions().texts());
      out.add(c, seen);
    }
    return out;
  }

  /**
   * Reads the built-in inspections and those in files. An inspection in a file replaces the
   * built-in one with the same ID.
   *
   * @param patterns paths whose last part may be a pattern
   * @throws ConfigException if a file is missing or not valid
   * @throws IOException if a file cannot be read
   */
  public static InspectionSet read(List<String> patterns) throws IOException {
    return read(builtIn(BUILT_IN), patterns);
  }

  /**
   * The built-in risks and those of files, in the same grammar.
   *
   * @param patterns paths whose last part may be a pattern
   * @throws ConfigException if a file is missing or not valid
   * @throws IOException if a file cannot be read
   */
  public static InspectionSet risks(List<String> patterns) throws IOException {
    return read(builtIn(RISKS), patterns);
  }

  private static InspectionSet read(Joined out, List<String> patterns) throws IOException {
    Map<String, Inspection> seen = new LinkedHashMap<>();
    for (Path file : files(patterns)) {
      YamlDocument d = document(file);
      out.add(d.readWhole(() -> InspectionReader.read(d, out.definitions)), seen);
    }
    return out.set();
  }

  /**
   * Reads the inspections of only one file, with the built-in definitions.
   *
   * @throws ConfigException if it is not valid
   * @throws IOException if it cannot be read
   */
  public static InspectionSet readAlone(Path file) throws IOException {
    Joined out = new Joined();
    out.definitions = builtIn(BUILT_IN).definitions;
    YamlDocument d = document(file);
    InspectionReader.Contents c = d.readWhole(() -> InspectionReader.read(d, out.definitions));
    out.add(c, new LinkedHashMap<>());
    out.overrides.clear(); // they may name inspections of other files
    out.disabled.clear();
    return out.set();
  }

  private static YamlDocument document(Path file) throws IOException {
    if (Files.exists(file) && Files.size(file) > MAX_BYTES) {
      throw new ConfigException(
          file.toString(),
          "the file has "
              + Files.size(file)
              + " bytes; at most "
              + MAX_BYTES
              + " are read, divide it");
    }
    return YamlDocument.read(file);
  }

  /**
   * Files of patterns.
   *
   * @throws ConfigException if a pattern matches no file, or too many
   */
  public static List<Path> files(List<String> patterns) throws IOException {
    List<Path> out = new ArrayList<>();
    for (String p : patterns) {
      out.addAll(FilePattern.existing(p, "inspections"));
      if (out.size() > MAX_FILES) {
        throw new ConfigException(
            p, "matches " + out.size() + " files; at most " + MAX_FILES + " are read");
      }
    }
    return out;
  }

  private static String resource(String name) {
    try (InputStream in = InspectionSet.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing in the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(name + " cannot be read", e);
    }
  }
}
