package dev.tethys.codec.tdengine;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.GoJson;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads responses of {@code /rest/sql} of TDengine 3 (docs.tdengine.com, "REST API"): a code, an
 * error description, columns, rows.
 */
public final class TdResponse {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxDocumentLength(-1) // bounded by who reads
                  .maxNestingDepth(16)
                  .build())
          .build();

  private TdResponse() {}

  /** Receives the rows of a response. */
  public interface Rows {
    /** Rows follow: they have these columns. */
    void columns(List<String> names);

    /**
     * Receives a row: numbers, times and text as strings, null for no value. Valid until the next.
     */
    void row(@Nullable String[] values);
  }

  /** Rejection of a statement. */
  public static final class Refused extends CodecException {
    private static final long serialVersionUID = 1L;

    private final int code;

    Refused(int code, String reason) {
      super("TDengine says " + String.format("0x%04X", code) + ": " + reason);
      this.code = code;
    }

    /** Returns TDengine's error code. */
    public int code() {
      return code;
    }
  }

  /**
   * Reads a whole response.
   *
   * @throws Refused if the response reports an error
   * @throws CodecException if the response is not JSON of this form
   */
  public static void read(InputStream in, Rows to) {
    int code = 0;
    String reason = "";
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), in)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new CodecException("TDengine's response is not an object");
      }
      @Nullable String[] row = {};
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        JsonToken t = p.nextToken();
        switch (key) {
          case "code" -> code = p.getIntValue() & 0xffff;
          case "desc" -> reason = p.getString();
          case "column_meta" -> {
            List<String> names = columns(p);
            row = new String[names.size()];
            to.columns(names);
          }
          case "data" -> {
            if (t == JsonToken.START_ARRAY) {
              rows(p, row, to);
            }
          }
          default -> p.skipChildren();
        }
      }
    } catch (JacksonException e) {
      throw new CodecException("TDengine's answer: " + JsonFailures.describe(e), e);
    }
    if (code != 0) {
      throw new Refused(code, reason);
    }
  }

  /** Parses the columns, each a list of name, type and length. */
  private static List<String> columns(JsonParser p) {
    List<String> names = new ArrayList<>();
    while (p.nextToken() == JsonToken.START_ARRAY) {
      p.nextToken();
      names.add(p.getString());
      while (p.nextToken() != JsonToken.END_ARRAY) {
        p.skipChildren();
      }
    }
    return names;
  }

  /** Serializes a flat object again. */
  private static String object(JsonParser p) {
    StringBuilder sb = new StringBuilder();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      GoJson.append(sb.append(sb.isEmpty() ? "{" : ","), p.currentName()).append(':');
      p.nextToken();
      GoJson.append(sb, p.getString());
    }
    return sb.append(sb.isEmpty() ? "{}" : "}").toString();
  }

  private static void rows(JsonParser p, @Nullable String[] row, Rows to) {
    while (p.nextToken() == JsonToken.START_ARRAY) {
      int i = 0;
      for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
        String v = null;
        if (t == JsonToken.START_OBJECT) { // a tag of type JSON
          v = object(p);
        } else if (t != JsonToken.VALUE_NULL) {
          v = p.getString();
        }
        if (i < row.length) {
          row[i++] = v;
        }
      }
      to.row(row);
    }
  }
}
