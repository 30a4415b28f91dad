package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Cases of null in a configuration, compared with the results of the program that defined the file.
 * Null is the value of each key, the item of each list and the value of each map.
 *
 * <p>A line of the data file is {@code section | document | keys it needs | refused: … | unknown:
 * …}; {@code @} in the document is replaced by the keys of the section. {@code key[]} is an item of
 * a list, {@code key{}} a value of a map. Keys that neither list names are accepted; unknown ones
 * are not compared.
 */
public final class NullKeys {
  private static final Pattern ROW =
      Pattern.compile("\\| `([^`]+)` \\| ([^|]*(?:\\\\\\|[^|]*)*) \\|");
  private static final Pattern PLACE = Pattern.compile("\\.yml:\\d+:\\d+: ");

  /** A reader of a configuration, which throws if it rejects the text. */
  @FunctionalInterface
  public interface Reader {
    void read(String text) throws IOException;
  }

  private static final class Row {
    private final String name;
    private final String document;
    private final String needs;
    private final Set<String> refused;
    private final Set<String> unknown;

    private Row(String line) {
      String[] cells = line.split("\\|", -1);
      assertThat(cells).as(line).hasSize(5);
      name = cells[0].strip();
      document = cells[1].strip();
      needs = cells[2].strip();
      refused = words(cells[3].strip(), "refused:");
      unknown = words(cells[4].strip(), "unknown:");
    }

    private static Set<String> words(String cell, String head) {
      assertThat(cell).startsWith(head);
      String rest = cell.substring(head.length()).strip();
      return new LinkedHashSet<>(rest.isEmpty() ? List.of() : Arrays.asList(rest.split(" +")));
    }

    /** Returns the document with a key in the given form. */
    private String with(String form) {
      String key = form.replaceAll("[\\[{].*", "");
      List<String> kept = new ArrayList<>();
      for (String need : needs.isEmpty() ? new String[0] : needs.split(" ; ")) {
        if (!need.strip().startsWith(key + ":")) {
          kept.add(need.strip());
        }
      }
      kept.add(
          key
              + ": "
              + (form.endsWith("[]") ? "[null]" : form.endsWith("{}") ? "{foo: null}" : "null"));
      return document.replace("@", String.join(", ", kept)) + "\n";
    }

    private String line() {
      return "%s | %s | %s | refused: %s | unknown: %s"
          .formatted(name, document, needs, String.join(" ", refused), String.join(" ", unknown))
          .replace("  ", " ")
          .replaceAll(" +$", "");
    }
  }

  private NullKeys() {}

  /**
   * Compares a reader with the decisions in a file.
   *
   * @param reference the reference of all keys, from which the cases are derived
   * @param elsewhere sections of the reference that other files contain
   * @param reader the reader under test
   * @return the differences, as {@code section.key: …}
   */
  public static List<String> differences(
      String reference, Path file, Set<String> elsewhere, Reader reader) throws IOException {
    Map<String, List<String>> sections = forms(reference);
    List<String> out = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>();
    for (String line : Files.readAllLines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Row row = new Row(line);
      seen.add(row.name);
      for (String form : sections.getOrDefault(row.name, List.of())) {
        if (!row.unknown.contains(form)) {
          String difference = difference(row, form, reader);
          if (difference != null) {
            out.add(row.name + "." + form + ": " + difference + " :: " + row.with(form).strip());
          }
        }
      }
    }
    sections.keySet().stream()
        .filter(s -> !seen.contains(s) && !elsewhere.contains(s))
        .forEach(s -> out.add(s + ": no line in " + file.getFileName()));
    return out;
  }

  private static @Nullable String difference(Row row, String form, Reader reader) {
    Throwable t = catchThrowable(() -> reader.read(row.with(form)));
    if (row.refused.contains(form)) {
      return t == null ? "is accepted, the original refuses it" : placed(t);
    }
    return t == null ? null : "is refused, the original accepts it: " + t;
  }

  private static @Nullable String placed(Throwable t) {
    return PLACE.matcher(String.valueOf(t.getMessage())).find()
        ? null
        : "error without a place: " + t;
  }

  /** Returns the names of all sections of a reference. */
  public static Set<String> sections(String reference) {
    return forms(reference).keySet();
  }

  /** Sections and the forms of null of their keys. */
  private static Map<String, List<String>> forms(String reference) {
    Map<String, List<String>> out = new LinkedHashMap<>();
    List<String> forms = new ArrayList<>();
    for (String line : reference.split("\n")) {
      if (line.startsWith("## ")) {
        forms = out.computeIfAbsent(line.substring(3).strip(), k -> new ArrayList<>());
        continue;
      }
      Matcher m = ROW.matcher(line);
      if (m.lookingAt() && !forms.contains(m.group(1))) {
        forms.add(m.group(1));
        if (m.group(2).startsWith("list of")) {
          forms.add(m.group(1) + "[]");
        } else if (m.group(2).startsWith("map of")) {
          forms.add(m.group(1) + "{}");
        }
      }
    }
    return out;
  }

  /**
   * Writes the decisions of the original program into the file; keys recorded as unknown are not
   * queried again.
   *
   * @param command the program and its arguments; the name of a file is added
   */
  public static void record(String reference, Path verdicts, List<String> command)
      throws IOException, InterruptedException {
    Map<String, List<String>> sections = forms(reference);
    List<String> out = new ArrayList<>();
    Path file = Files.createTempFile("nulls", ".yml");
    for (String line : Files.readAllLines(verdicts)) {
      if (line.isBlank() || line.startsWith("#")) {
        out.add(line);
        continue;
      }
      Row row = new Row(line);
      row.refused.clear();
      for (String form : sections.getOrDefault(row.name, List.of())) {
        if (row.unknown.contains(form)) {
          continue;
        }
        Files.writeString(file, row.with(form));
        List<String> all = new ArrayList<>(command);
        all.add(file.toString());
        Process p = new ProcessBuilder(all).redirectErrorStream(true).start();
        String message = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (p.waitFor() != 0) {
          boolean unknown = message.contains("not found in type") || message.contains("panic:");
          (unknown ? row.unknown : row.refused).add(form);
        }
      }
      out.add(row.line());
    }
    Files.delete(file);
    Files.write(verdicts, out);
  }
}
