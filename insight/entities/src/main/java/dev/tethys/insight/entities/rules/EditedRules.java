package dev.tethys.insight.entities.rules;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.insight.entities.kind.EntityKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Text of the file of rules that a page edits: it adds and removes merges, categories and names,
 * and leaves all other lines as they are. Immutable.
 */
public final class EditedRules {
  /** Largest text in bytes. */
  public static final int MAX_BYTES = 256 << 10;

  /** Most entries of all sections. */
  public static final int MAX_ENTRIES = 1_000;

  /** Longest expression or name in characters. */
  private static final int MAX_TEXT = 500;

  /** Name of the file in errors. */
  private final String name;

  private final String text;

  /** Section of entries. */
  public enum Section {
    MERGES,
    CATEGORIES,
    NAMES;

    /** Key in files and in the API. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Merge, category or name.
   *
   * @param line in the file, from 1
   * @param kind "" for all kinds
   * @param match RE2 expression of names
   * @param as name or category
   */
  public record EditedEntry(Section section, int line, String kind, String match, String as) {}

  /**
   * @param name of the file in errors
   */
  public EditedRules(String name, String text) {
    this.name = name;
    this.text = text;
  }

  public String text() {
    return text;
  }

  /** Identity of the text, by which a change of another person is noticed. */
  public String version() {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }

  /** Entries in the order of the file. */
  public List<EditedEntry> entries() {
    List<EditedEntry> out = new ArrayList<>();
    YamlNode root = YamlDocument.parse(name, null, text).root();
    if (root.isNull()) {
      return out;
    }
    Map<String, YamlNode.Entry> sections = root.entries();
    for (Section s : Section.values()) {
      YamlNode.Entry list = sections.get(s.key());
      if (list == null || list.value().isNull()) {
        continue;
      }
      for (YamlNode item : list.value().items()) {
        Map<String, YamlNode.Entry> fields = item.entries();
        out.add(
            new EditedEntry(
                s, line(item), field(fields, "kind"), field(fields, "match"), field(fields, "as")));
      }
    }
    return List.copyOf(out);
  }

  private static String field(Map<String, YamlNode.Entry> fields, String key) {
    YamlNode.Entry e = fields.get(key);
    return e == null ? "" : e.value().asString();
  }

  /** Line of a node; its position is {@code file:line:column}. */
  private static int line(YamlNode node) {
    String[] parts = node.where().split(":", -1);
    return Integer.parseInt(parts[parts.length - 2]);
  }

  /**
   * Adds an entry at the end of its section.
   *
   * @param kind null for all kinds
   * @throws IllegalArgumentException if a text is empty or too long, or there are too many entries
   */
  public EditedRules add(Section section, @Nullable EntityKind kind, String match, String as) {
    for (String s : List.of(match, as)) {
      if (s.isEmpty() || s.length() > MAX_TEXT) {
        throw new IllegalArgumentException(
            "match and as must have 1 to " + MAX_TEXT + " characters");
      }
    }
    if (entries().size() >= MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "the file has " + MAX_ENTRIES + " entries, the limit; remove some");
    }
    String entry =
        "  - {"
            + (kind == null ? "" : "kind: " + kind.text() + ", ")
            + "match: "
            + quoted(match)
            + ", as: "
            + quoted(as)
            + "}";
    List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    int at = lines.indexOf(section.key() + ":");
    if (at < 0) {
      lines.add(section.key() + ":");
      lines.add(entry);
    } else {
      at++;
      while (at < lines.size() && isWithin(lines.get(at))) {
        at++;
      }
      lines.add(at, entry);
    }
    return new EditedRules(name, String.join("\n", lines) + "\n");
  }

  /** Whether a line continues a section. */
  private static boolean isWithin(String line) {
    return line.startsWith(" ") || line.startsWith("-");
  }

  /**
   * Removes the entry of a line.
   *
   * @throws IllegalArgumentException if no entry begins there, or it has several lines
   */
  public EditedRules remove(int line) {
    EditedEntry found =
        entries().stream()
            .filter(e -> e.line() == line)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no entry in line " + line));
    List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
    String removed = lines.get(line - 1).strip();
    if (!removed.startsWith("- {") || !removed.endsWith("}")) {
      throw new IllegalArgumentException(
          "the entry in line " + line + " has several lines; remove it in the file " + name);
    }
    lines.remove(line - 1);
    boolean isLast = entries().stream().filter(e -> e.section() == found.section()).count() == 1;
    if (isLast) {
      lines.remove(found.section().key() + ":");
    }
    return new EditedRules(name, String.join("\n", lines));
  }

  /** Text in double quotes as YAML and JSON write it. */
  private static String quoted(String s) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == 0x2028 || c == 0x2029) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /**
   * Rules of this file over others.
   *
   * @throws ConfigException if the text is not valid
   */
  public RuleSet over(RuleSet others) {
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new ConfigException(
          name, "the file has more than " + MAX_BYTES + " bytes; remove entries");
    }
    return RuleSet.of(YamlDocument.parse(name, null, text), others);
  }
}
