package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/**
 * Mapping of response fields to labels, from a table next to this class. Each line has the kind of
 * object, the label without {@code __meta_}, the field, and {@code time} for times, whose fractions
 * of a second are removed.
 */
final class AwsFields {
  private record Field(String of, String label, String[] path, boolean time) {}

  private final List<Field> fields = new ArrayList<>();

  AwsFields(String table) {
    try (InputStream in =
        Objects.requireNonNull(AwsFields.class.getResourceAsStream(table), table)) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          String[] p = line.split(" ");
          fields.add(new Field(p[0], "__meta_" + p[1], p[2].split("\\."), p.length > 3));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds the labels of the same kind of object. */
  void add(MetaLabels to, String of, Element object) {
    for (Field f : fields) {
      if (f.of.equals(of)) {
        Element e = XmlReader.child(object, f.path);
        // A list is shown with commas.
        String v =
            e != null && !XmlReader.children(e).isEmpty()
                ? String.join(
                    ",",
                    XmlReader.children(e).stream().map(c -> c.getTextContent().strip()).toList())
                : XmlReader.text(object, f.path);
        to.set(f.label, f.time ? v.replaceFirst("\\.[0-9]+", "") : v);
      }
    }
  }

  /** Adds the tags of a response. */
  static void addTags(MetaLabels to, String prefix, @Nullable Element tagList) {
    for (Element t : XmlReader.children(tagList, "Tag")) {
      to.set(prefix + MetaLabels.sanitized(XmlReader.text(t, "Key")), XmlReader.text(t, "Value"));
    }
  }

  /** Returns all items of a paged list. */
  static List<Element> all(
      AwsApi api,
      String action,
      String version,
      Map<String, String> parameters,
      String mark,
      String... list)
      throws IOException, InterruptedException {
    Map<String, String> p = new LinkedHashMap<>(parameters);
    List<Element> out = new ArrayList<>();
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      Element result = XmlReader.child(api.query(action, version, p), action + "Result");
      out.addAll(XmlReader.children(XmlReader.child(result, list)));
      String next = XmlReader.text(result, mark);
      if (next.isEmpty()) {
        return out;
      }
      p.put(mark, next);
    }
    throw new IOException("aws: " + action + " has more than " + RestClient.MAX_PAGES + " pages");
  }
}
