package dev.tethys.codec.elastic;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.text.NonFiniteText;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads search responses for {@link SampleDocuments}: pages of a scroll, and aggregations whose
 * innermost hits are such documents. Every {@code _source} is a document, at any depth.
 */
public final class SampleHits {
  private static final JsonFactory JSON = JsonFactory.builder().build();

  /** Receives documents. */
  @FunctionalInterface
  public interface Documents {
    /**
     * @param time Unix milliseconds; 0 if the document has no sample
     * @param value null if the document has no sample
     */
    void document(Labels labels, long time, @Nullable Double value);
  }

  private final LabelsBuilder builder = new LabelsBuilder();
  private @Nullable String scroll;
  private @Nullable String after;
  private final List<String> keys = new ArrayList<>();
  private int hits;
  private boolean isPartial;

  /**
   * Reads one response.
   *
   * @throws CodecException if the response is not JSON or not a document of this form
   */
  public void read(InputStream in, Documents to) {
    scroll = null;
    after = null;
    keys.clear();
    hits = 0;
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), in)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new CodecException("the response to a search is not an object");
      }
      for (JsonToken t = p.nextToken(); t != null; t = p.nextToken()) {
        if (t != JsonToken.PROPERTY_NAME) {
          continue;
        }
        switch (p.currentName()) {
          case "_source" -> {
            p.nextToken();
            document(p, to);
            hits++;
          }
          case "_scroll_id" -> {
            p.nextToken();
            scroll = p.getString();
          }
          case "after_key" -> {
            p.nextToken();
            while (p.nextToken() == JsonToken.PROPERTY_NAME) {
              p.nextToken();
              after = p.getString();
            }
          }
          case "key" -> {
            if (p.nextToken() == JsonToken.START_OBJECT) {
              while (p.nextToken() == JsonToken.PROPERTY_NAME) {
                p.nextToken();
                keys.add(p.getString());
              }
            }
          }
          case "timed_out" -> isPartial |= p.nextToken() == JsonToken.VALUE_TRUE;
          case "failed" ->
              isPartial |= p.nextToken() == JsonToken.VALUE_NUMBER_INT && p.getIntValue() > 0;
          default -> {}
        }
      }
    } catch (JacksonException e) {
      throw new CodecException("the response to a search: " + JsonFailures.describe(e), e);
    }
  }

  private void document(JsonParser p, Documents to) {
    builder.clear();
    long time = 0;
    Double value = null;
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case SampleDocuments.TIME -> time = time(p, t);
        case SampleDocuments.METRIC -> {
          if (!p.getString().isEmpty()) {
            builder.set(Labels.METRIC_NAME, p.getString());
          }
        }
        case SampleDocuments.VALUE, SampleDocuments.COUNTER ->
            value = t == JsonToken.START_OBJECT ? mean(p) : Double.valueOf(p.getString());
        case SampleDocuments.TEXT -> value = NonFiniteText.parse(p.getString());
        case SampleDocuments.LABELS -> {
          if (t == JsonToken.START_OBJECT) {
            labels(p, "");
          }
        }
        default -> p.skipChildren();
      }
    }
    to.document(builder.build(), time, value);
  }

  /** A source synthesized from indexed fields has times as text. */
  private static long time(JsonParser p, JsonToken t) {
    if (t != JsonToken.VALUE_STRING) {
      return p.getLongValue();
    }
    String text = p.getString();
    try {
      return text.matches("-?\\d+") ? Long.parseLong(text) : Instant.parse(text).toEpochMilli();
    } catch (DateTimeException | NumberFormatException e) {
      throw new CodecException("the time of a document: " + text, e);
    }
  }

  /** Average of a gauge in a document written by downsampling. */
  private static Double mean(JsonParser p) {
    double sum = 0;
    double count = 0;
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      p.nextToken();
      if (key.equals("sum")) {
        sum = p.getDoubleValue();
      } else if (key.equals("value_count")) {
        count = p.getDoubleValue();
      }
    }
    return sum / count;
  }

  /** Dots in names may have become nested objects in a synthesized source. */
  private void labels(JsonParser p, String before) {
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = before + p.currentName();
      if (p.nextToken() == JsonToken.START_OBJECT) {
        labels(p, name + ".");
      } else {
        builder.set(name, p.getString());
      }
    }
  }

  /** Number of documents in the response. */
  public int hits() {
    return hits;
  }

  /** Scroll ID of the next page; null on the last page. */
  public @Nullable String scroll() {
    return scroll;
  }

  /** Returns the sort key after which the next page starts; null on the last page. */
  public @Nullable String after() {
    return after;
  }

  /** Fields shared by the groups of an aggregation, in order of arrival. */
  public List<String> keys() {
    return List.copyOf(keys);
  }

  /** Whether some shards did not respond, or not in time. */
  public boolean isPartial() {
    return isPartial;
  }
}
