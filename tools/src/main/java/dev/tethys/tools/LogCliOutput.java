package dev.tethys.tools;

import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.store.archive.Json;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Prints log entries as logcli does: with time and labels, as lines only, or as JSON. */
final class LogCliOutput {
  /** Log entry of a response. */
  record Entry(long time, Labels labels, String line) {
    /** Returns the text that distinguishes entries; starts with the time and a space. */
    String identity() {
      return time + " " + labels + " " + line;
    }
  }

  /** Output formats. */
  enum Form {
    DEFAULT,
    RAW,
    JSONL
  }

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssXXX");

  private final Form form;
  private final ZoneId zone;
  private final boolean noLabels;
  private final int labelsLength;
  private final PrintStream out;
  private final PrintStream err;
  private final boolean quiet;
  private final Set<String> include;
  private final Set<String> exclude;
  private final boolean keepsCommon;
  private Labels common = Labels.EMPTY;

  LogCliOutput(Form form, ZoneId zone, boolean noLabels, int labelsLength, PrintStream out) {
    this(form, zone, noLabels, labelsLength, out, out, true, Set.of(), Set.of(), true);
  }

  private LogCliOutput(
      Form form,
      ZoneId zone,
      boolean noLabels,
      int labelsLength,
      PrintStream out,
      PrintStream err,
      boolean quiet,
      Set<String> include,
      Set<String> exclude,
      boolean keepsCommon) {
    this.form = form;
    this.zone = zone;
    this.noLabels = noLabels;
    this.labelsLength = labelsLength;
    this.out = out;
    this.err = err;
    this.quiet = quiet;
    this.include = include;
    this.exclude = exclude;
    this.keepsCommon = keepsCommon;
  }

  static LogCliOutput of(Command.Arguments a, Console console) {
    String name = a.flags().get("output");
    Form form =
        switch (name) {
          case "default" -> Form.DEFAULT;
          case "raw" -> Form.RAW;
          case "jsonl" -> Form.JSONL;
          default ->
              throw new CommandLineException(
                  "enum value must be one of default,raw,jsonl, got '" + name + "'");
        };
    return new LogCliOutput(
        form,
        LogCli.zone(a.flags().get("timezone")),
        a.flags().bool("no-labels"),
        (int) a.flags().integer("labels-length"),
        console.out(),
        console.err(),
        a.flags().bool("quiet"),
        Set.copyOf(a.flags().list("include-label")),
        Set.copyOf(a.flags().list("exclude-label")),
        a.flags().bool("include-common-labels"));
  }

  /** Entries of streams in the order of their times. */
  static List<Entry> entries(@Nullable Object streams, boolean forward) {
    List<Entry> all = new ArrayList<>();
    for (Object s : ApiText.list(streams)) {
      Map<String, @Nullable Object> o = Json.asObject(s);
      Labels labels = ApiText.labels(o.get("stream"));
      for (Object v : ApiText.values(o, "values")) {
        List<?> pair = ApiText.list(v);
        all.add(
            new Entry(
                Long.parseLong(String.valueOf(pair.get(0))), labels, String.valueOf(pair.get(1))));
      }
    }
    Comparator<Entry> byTime = Comparator.comparingLong(Entry::time);
    all.sort(forward ? byTime : byTime.reversed());
    return all;
  }

  /** Leaves out the labels that all entries have, and prints them once. */
  void common(List<Entry> entries) {
    if (keepsCommon || entries.isEmpty()) {
      return;
    }
    Map<String, String> shared = new TreeMap<>(entries.getFirst().labels().toMap());
    for (Entry e : entries) {
      shared.entrySet().removeIf(l -> !e.labels().get(l.getKey()).equals(l.getValue()));
    }
    common = Labels.of(shared);
    if (!quiet && !common.isEmpty()) {
      err.println("Common labels: " + common);
    }
  }

  void print(List<Entry> entries) {
    entries.forEach(this::print);
    out.flush();
  }

  private Labels shown(Labels labels) {
    Map<String, String> m = new TreeMap<>();
    labels
        .toMap()
        .forEach(
            (name, value) -> {
              boolean left =
                  common.get(name).equals(value)
                      || exclude.contains(name)
                      || !include.isEmpty() && !include.contains(name);
              if (!left) {
                m.put(name, value);
              }
            });
    return Labels.of(m);
  }

  void print(Entry e) {
    String time = TIME.format(Instant.ofEpochSecond(0, e.time()).atZone(zone));
    switch (form) {
      case RAW -> out.print(e.line().endsWith("\n") ? e.line() : e.line() + "\n");
      case JSONL -> out.print(json(e, time));
      case DEFAULT -> {
        String labels = noLabels ? "" : " " + padded(shown(e.labels()).toString());
        out.print(time + labels + " " + e.line() + "\n");
      }
    }
  }

  private String padded(String labels) {
    return labels + " ".repeat(Math.max(0, labelsLength - labels.length()));
  }

  private String json(Entry e, String time) {
    StringBuilder sb = new StringBuilder("{");
    if (!noLabels) {
      sb.append("\"labels\":{");
      String sep = "";
      for (String name : new TreeSet<>(shown(e.labels()).toMap().keySet())) {
        GoJson.append(sb.append(sep), name).append(':');
        GoJson.append(sb, e.labels().get(name));
        sep = ",";
      }
      sb.append("},");
    }
    GoJson.append(sb.append("\"line\":"), e.line());
    return sb.append(",\"timestamp\":\"").append(time).append("\"}\n").toString();
  }
}
