package dev.tethys.collect.database.mongodb;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Table of alternative metric names. A line of its file has one of these forms:
 *
 * <pre>
 * = OTHER NAME [LABEL=OTHER,...] [VALUE=OTHER,...]      labels and their values are renamed too
 * * OTHER BEGIN LABEL END=VALUE,...                     the end of the name becomes the one label
 * </pre>
 */
final class Renaming {
  /** Operations grouped into one metric with a label. */
  static final Renaming REGROUPED = read("regrouped.txt");

  /** Metric names of mongodb_exporter 0.1x. */
  static final Renaming OLD = read("old-names.txt");

  private record Whole(String name, Map<String, String> labels, Map<String, String> values) {}

  private record Grouped(String name, String label, String value) {}

  private final Map<String, List<Whole>> whole = new HashMap<>();
  private final Map<String, List<Grouped>> grouped = new HashMap<>();

  private Renaming() {}

  private static Renaming read(String file) {
    Renaming r = new Renaming();
    try (InputStream in = Objects.requireNonNull(Renaming.class.getResourceAsStream(file), file)) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .map(l -> l.split(" +"))
          .forEach(r::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return r;
  }

  private void add(String... words) {
    if (words[0].equals("=")) {
      whole
          .computeIfAbsent(words[2], k -> new ArrayList<>())
          .add(
              new Whole(
                  words[1],
                  pairs(words.length > 3 ? words[3] : ""),
                  pairs(words.length > 4 ? words[4] : "")));
    } else {
      pairs(words[4])
          .forEach(
              (end, value) ->
                  grouped
                      .computeIfAbsent(words[2] + "_" + end, k -> new ArrayList<>())
                      .add(new Grouped(words[1], words[3], value)));
    }
  }

  private static Map<String, String> pairs(String text) {
    Map<String, String> out = new HashMap<>();
    for (String pair : text.split(",")) {
      int is = pair.indexOf('=');
      if (is > 0) {
        out.put(pair.substring(0, is), pair.substring(is + 1));
      }
    }
    return out;
  }

  /** Returns the metric under its other names; empty if it has none. */
  List<NamedValue> of(NamedValue v) {
    List<NamedValue> out = new ArrayList<>();
    for (Whole w : whole.getOrDefault(v.name(), List.of())) {
      Map<String, String> labels = new LinkedHashMap<>();
      v.labels()
          .forEach(
              (name, value) ->
                  labels.put(
                      w.labels.getOrDefault(name, name), w.values.getOrDefault(value, value)));
      out.add(new NamedValue(w.name, v.help(), v.counter(), v.value(), labels));
    }
    for (Grouped g : grouped.getOrDefault(v.name(), List.of())) {
      out.add(new NamedValue(g.name, g.name, v.counter(), v.value(), Map.of(g.label, g.value)));
    }
    return out;
  }
}
