package dev.tethys.control.source;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.text.Texts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Documents of a resource file, each read separately, so that an invalid document does not hide the
 * others.
 *
 * @param good documents that were read
 * @param bad documents that were not
 */
record SourceDocuments(List<Document> good, List<Bad> bad) {
  /**
   * Document.
   *
   * @param id kind and name of its resource
   * @param text document text, padded with empty lines so that positions match the file
   * @param manifests MDAI manifests
   */
  record Document(String id, String text, List<SourceResource> resources, Manifests manifests) {}

  /**
   * Document with an error.
   *
   * @param kind "" if it cannot be read
   * @param name "" if it cannot be read
   */
  record Bad(String kind, String name, String error) {
    private boolean mayBe(String id) {
      return kind.isEmpty() || name.isEmpty() || id.equals(kind + "/" + name);
    }
  }

  /** Reads the documents of a file. */
  static SourceDocuments of(SourceFiles.File f) {
    List<Document> good = new ArrayList<>();
    List<Bad> bad = new ArrayList<>();
    if (!f.problem().isEmpty()) {
      return new SourceDocuments(List.of(), List.of(new Bad("", "", f.problem())));
    }
    boolean ofMdai = f.text().contains(ManifestReader.GROUP);
    for (String text : split(f.text())) {
      String[] id = {"", ""};
      try {
        if (read(f.path(), text, id)) {
          good.add(
              new Document(
                  id[0] + "/" + id[1],
                  text,
                  SourceResource.parse(f.path(), text),
                  ofMdai ? ManifestReader.parse(f.path(), text) : Manifests.NONE));
        }
      } catch (ConfigException e) {
        bad.add(new Bad(id[0], id[1], String.valueOf(e.getMessage())));
      }
    }
    return new SourceDocuments(List.copyOf(good), List.copyOf(bad));
  }

  /** Reads kind and name of a document; returns whether there is one. */
  private static boolean read(String path, String text, String[] id) {
    List<YamlDocument> all = YamlDocument.parseAll(path, text);
    if (all.isEmpty()) {
      return false;
    }
    YamlNode root = all.getFirst().root();
    if (root.isMap()) {
      Map<String, YamlNode.Entry> entries = root.entries();
      id[0] = text(entries.get("kind"));
      YamlNode.Entry meta = entries.get("metadata");
      id[1] = meta == null || !meta.value().isMap() ? "" : text(meta.value().entries().get("name"));
    }
    return true;
  }

  private static String text(YamlNode.@Nullable Entry e) {
    return e == null || !e.value().isScalar() ? "" : Texts.shortened(e.value().asString(), 80);
  }

  /**
   * Documents of a text. A line that begins with {@code ---} begins one wherever it is, also within
   * a text of several lines.
   */
  private static List<String> split(String text) {
    List<String> out = new ArrayList<>();
    StringBuilder one = new StringBuilder();
    int lines = 0;
    for (String line : text.split("\n", -1)) {
      if (line.matches("---(\\s.*)?") && lines > 0) {
        out.add(one.toString());
        one.setLength(0);
        one.append("\n".repeat(lines));
      }
      one.append(line).append('\n');
      lines++;
    }
    out.add(one.toString());
    return out;
  }

  /**
   * Documents with invalid ones replaced by their former content.
   *
   * @param former last valid documents of the file
   */
  SourceDocuments keeping(SourceDocuments former) {
    Set<String> now = new HashSet<>();
    good.forEach(d -> now.add(d.id));
    List<Document> all = new ArrayList<>(good);
    for (Document d : former.good) {
      if (!now.contains(d.id) && bad.stream().anyMatch(b -> b.mayBe(d.id))) {
        all.add(d);
      }
    }
    return new SourceDocuments(List.copyOf(all), bad);
  }

  /** Returns the text of the valid documents. */
  String text() {
    StringBuilder out = new StringBuilder();
    for (Document d : good) {
      String own = d.text.strip();
      out.append(own.startsWith("---") ? "" : "---\n").append(own).append('\n');
    }
    return out.toString();
  }
}
