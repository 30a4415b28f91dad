package dev.tethys.collect.discovery;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads lists of targets as programs write them: plain JSON, with strings where strings belong. A
 * list of a hundred thousand targets is read with a tenth of the time and memory of the
 * configuration reader, which records the position of every token. Any other form is left to that
 * reader, which alone reports errors, and supports all other syntax.
 */
final class PlainGroups {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private PlainGroups() {}

  /** The groups of a text, without sources; null if it is not plain. */
  static @Nullable List<TargetGroup> read(String text) {
    try (JsonParser p = JSON.createParser(text)) {
      return read(p);
    } catch (JacksonException | IllegalArgumentException e) {
      return null;
    }
  }

  /** Variant for a UTF-8 text, which is not decoded as a whole. */
  static @Nullable List<TargetGroup> read(byte[] text) {
    try (JsonParser p = JSON.createParser(text)) {
      return read(p);
    } catch (JacksonException | IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable List<TargetGroup> read(JsonParser p) {
    if (p.nextToken() != JsonToken.START_ARRAY) {
      return null;
    }
    List<TargetGroup> out = new ArrayList<>();
    while (p.nextToken() == JsonToken.START_OBJECT) {
      TargetGroup g = group(p);
      if (g == null) {
        return null;
      }
      out.add(g);
    }
    return p.currentToken() == JsonToken.END_ARRAY && p.nextToken() == null ? out : null;
  }

  private static @Nullable TargetGroup group(JsonParser p) {
    List<Labels> targets = new ArrayList<>(1);
    LabelsBuilder labels = new LabelsBuilder();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      JsonToken value = p.nextToken();
      boolean plain =
          key.equals("targets") && value == JsonToken.START_ARRAY
              ? targets(p, targets)
              : key.equals("labels") && value == JsonToken.START_OBJECT && labels(p, labels);
      if (!plain) {
        return null;
      }
    }
    return p.currentToken() == JsonToken.END_OBJECT
        ? new TargetGroup("", targets, labels.build())
        : null;
  }

  private static boolean targets(JsonParser p, List<Labels> to) {
    while (p.nextToken() == JsonToken.VALUE_STRING) {
      to.add(Labels.of(TargetGroups.ADDRESS, p.getString()));
    }
    return p.currentToken() == JsonToken.END_ARRAY;
  }

  private static boolean labels(JsonParser p, LabelsBuilder to) {
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      if (name.isEmpty() || p.nextToken() != JsonToken.VALUE_STRING) {
        return false;
      }
      to.set(name, p.getString());
    }
    return p.currentToken() == JsonToken.END_OBJECT;
  }
}
