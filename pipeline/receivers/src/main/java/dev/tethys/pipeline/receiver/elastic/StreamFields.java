package dev.tethys.pipeline.receiver.elastic;

import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Document fields that identify a stream. They become resource attributes named by their path with
 * {@code _} as separator, so that a log store creates labels from them.
 *
 * @param paths such as {@code host.name}
 * @param hasIndex whether the index is one too, as {@code index}
 */
public record StreamFields(List<String> paths, boolean hasIndex) {
  /** No fields: all documents have one resource. */
  public static final StreamFields NONE = new StreamFields(List.of(), false);

  /** Fields of Beats, Logstash, Fluent Bit and Vector that identify a source. */
  public static final StreamFields DEFAULT =
      new StreamFields(
          List.of(
              "service.name",
              "data_stream.dataset",
              "host.name",
              "kubernetes.namespace",
              "kubernetes.namespace_name",
              "kubernetes.container.name",
              "kubernetes.container_name"),
          true);

  private static final int MAX_PATHS = 30;

  /** Fields that hold the line of documents without {@code message}, in order. */
  private static final List<String> LINES = List.of("log", "msg", "_msg", "event.original");

  public StreamFields {
    paths = List.copyOf(paths);
  }

  /** Returns the fields of a comma-separated list, or these fields if the list is empty. */
  StreamFields or(@Nullable String list) {
    if (list == null || list.isBlank()) {
      return this;
    }
    List<String> out = new ArrayList<>();
    for (String path : list.split(",", MAX_PATHS + 1)) {
      if (!path.isBlank() && out.size() < MAX_PATHS) {
        out.add(path.strip());
      }
    }
    return new StreamFields(out, hasIndex);
  }

  /** Values of a document, "" for those that it does not have. */
  List<String> values(Attributes document, String index) {
    List<String> out = new ArrayList<>(paths.size() + 1);
    if (hasIndex) {
      out.add(index);
    }
    for (String path : paths) {
      Object v = find(document, path);
      out.add(v == null || v instanceof Attributes ? "" : AttributeText.text(v));
    }
    return out;
  }

  /** Removes the fields from a document: as labels of its stream they already exist. */
  void removeFrom(Attributes document) {
    paths.forEach(path -> remove(document, path));
  }

  private static void remove(Attributes from, String path) {
    if (from.contains(path)) {
      if (!(from.get(path) instanceof Attributes)) {
        from.remove(path);
      }
      return;
    }
    for (int dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
      if (from.get(path.substring(0, dot)) instanceof Attributes nested) {
        remove(nested, path.substring(dot + 1));
      }
    }
  }

  /** Sets the attributes of a resource. */
  void put(List<String> values, Attributes into) {
    int at = 0;
    if (hasIndex) {
      into.put("index", values.get(at++));
    }
    for (String path : paths) {
      String v = values.get(at++);
      if (!v.isEmpty()) {
        into.put(path.replace('.', '_').replace('-', '_'), v);
      }
    }
  }

  /** Returns the value at a path, whose parts may be joined in a single key. */
  private static @Nullable Object find(Attributes document, String path) {
    Object direct = document.get(path);
    if (direct != null) {
      return direct;
    }
    for (int dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
      if (document.get(path.substring(0, dot)) instanceof Attributes nested) {
        Object v = find(nested, path.substring(dot + 1));
        if (v != null) {
          return v;
        }
      }
    }
    return null;
  }

  /**
   * Returns the line of a document without {@code message}: another field that contains it, or the
   * document.
   */
  static String line(Attributes document) {
    for (String name : LINES) {
      if (find(document, name) instanceof String s) {
        return s;
      }
    }
    return AttributeText.text(document);
  }
}
