package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder.Encoded;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowIndex;
import dev.tethys.pipeline.naming.BoundedNames;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Encodes each record as a document. The id of a document is generated with its request, so a retry
 * writes nothing twice.
 */
record DocumentRequestEncoder(
    BoundedNames index, LineRequestEncoder lines, int maxItems, int maxBytes, String action) {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Documents that are created, as data streams require. */
  DocumentRequestEncoder(BoundedNames index, LineRequestEncoder lines, int maxItems, int maxBytes) {
    this(index, lines, maxItems, maxBytes, "create");
  }

  /** Writes a record as a document, in one line that ends. */
  @FunctionalInterface
  interface Document<T extends Item<T>> {
    void write(Attributes resource, ScopeGroup<T> scope, T item, TextBuffer to);
  }

  <T extends Item<T>> Encoded encode(
      Batch batch, List<ResourceGroup<T>> groups, Document<T> document) {
    Requests out = requests(batch);
    for (ResourceGroup<T> g : groups) {
      Attributes resource = g.resource().attributes();
      String name = index.of(k -> AttributeText.text(resource.get(k)));
      for (ScopeGroup<T> s : g.scopes()) {
        for (T r : s.items()) {
          out.create(name);
          document.write(resource, s, r, out.text());
          out.ended();
        }
      }
    }
    return Encoded.of(out.finished());
  }

  /** Starts the requests of a batch. */
  Requests requests(Batch batch) {
    return new Requests(batch);
  }

  /**
   * Builds the requests for one batch. For each document, call {@link #create} and write its line;
   * after the last document of an item, call {@link #ended}.
   */
  final class Requests {
    private final Batch batch;
    private final Map<String, String> headers;
    private final List<EncodedRequest> out = new ArrayList<>();
    private final TextBuffer text = new TextBuffer();
    private final String prefix;
    private final RowIndex.Writer rows = new RowIndex.Writer();
    private int number; // documents so far
    private int inItems; // those of items that ended
    private int inRequests; // items in completed requests
    private int items;

    private Requests(Batch batch) {
      this.batch = batch;
      this.headers = lines.headers(batch);
      byte[] drawn = new byte[12];
      RANDOM.nextBytes(drawn);
      this.prefix = Base64.getUrlEncoder().withoutPadding().encodeToString(drawn);
    }

    /** Returns the buffer for the current document. */
    TextBuffer text() {
      return text;
    }

    void create(String name) {
      create(name, "", "");
    }

    /**
     * Starts a document.
     *
     * @param id "" to generate one
     * @param pipeline ingest pipeline; "" for the request's
     */
    void create(String name, String id, String pipeline) {
      text.put('{').json(action).put(":{\"_index\":").json(name).put(",\"_id\":");
      if (id.isEmpty()) {
        text.put('"').put(prefix).put('-').number(number).put('"');
      } else {
        text.json(id);
      }
      if (!pipeline.isEmpty()) {
        text.put(",\"pipeline\":").json(pipeline);
      }
      text.put("}}\n");
      number++;
    }

    /**
     * Starts a document of a time series data stream, which derives its id from dimensions and time
     * and accepts none. An ordinary index generates a new id per attempt, so a retry writes the
     * document again.
     *
     * @param field created from a template if it is new
     */
    void createSample(String name, String field, String template) {
      text.put("{\"create\":{\"_index\":").json(name).put(",\"dynamic_templates\":{");
      text.json(field).put(':').json(template).put("}}}\n");
      number++;
    }

    /**
     * Marks the end of an item: all documents since the previous item belong to it and stay in one
     * request.
     */
    void ended() {
      rows.item(number - inItems);
      inItems = number;
      items++;
      if (number - inRequests >= maxItems || text.size() >= maxBytes) {
        seal();
      }
    }

    List<EncodedRequest> finished() {
      if (items > 0) {
        seal();
      }
      return out;
    }

    private void seal() {
      Map<String, String> all = headers;
      String several = rows.take();
      if (!several.isEmpty()) {
        all = new LinkedHashMap<>(headers);
        all.put(RowIndex.HEADER, several);
      }
      out.add(new EncodedRequest(batch.signal(), lines.seal(text.take()), items, 0, all));
      inRequests = number;
      items = 0;
    }
  }

  /** Formats a time accepted by both, with nine decimals if needed. */
  static String time(long nanos) {
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .toString();
  }

  /** Keyword type; a value longer than a term is stored but not searchable. */
  static final String WORD = "{\"type\":\"keyword\",\"ignore_above\":8191}";

  /** Returns the field type for objects with any number of keys. */
  static String flat(boolean openSearch) {
    return openSearch
        ? "{\"type\":\"flat_object\"}"
        : "{\"type\":\"flattened\",\"ignore_above\":1024}";
  }
}
