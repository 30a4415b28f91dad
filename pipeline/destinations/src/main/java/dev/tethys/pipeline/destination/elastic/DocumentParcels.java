package dev.tethys.pipeline.destination.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.Encoder.Encoded;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.destination.rows.LineParcels;
import dev.tethys.pipeline.naming.BoundedNames;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Requests that create a document for each record. The id of a document is drawn when its request
 * is made, so that sending the request again writes nothing twice.
 */
record DocumentParcels(BoundedNames index, LineParcels lines, int maxItems, int maxBytes) {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Writes a record as a document, in one line that ends. */
  @FunctionalInterface
  interface Document<T extends Item<T>> {
    void write(Attributes resource, ScopeGroup<T> scope, T item, TextBuffer to);
  }

  <T extends Item<T>> Encoded encode(
      Batch batch, List<ResourceGroup<T>> groups, Document<T> document) {
    Map<String, String> headers = lines.headers(batch);
    List<Parcel> out = new ArrayList<>();
    TextBuffer text = new TextBuffer();
    byte[] drawn = new byte[12];
    RANDOM.nextBytes(drawn);
    String prefix = Base64.getUrlEncoder().withoutPadding().encodeToString(drawn);
    int number = 0;
    int items = 0;
    for (ResourceGroup<T> g : groups) {
      Attributes resource = g.resource().attributes();
      String name = index.of(k -> AttributeText.text(resource.get(k)));
      for (ScopeGroup<T> s : g.scopes()) {
        for (T r : s.items()) {
          text.put("{\"create\":{\"_index\":").json(name).put(",\"_id\":\"").put(prefix);
          text.put('-').number(number++).put("\"}}\n");
          document.write(resource, s, r, text);
          items++;
          if (items >= maxItems || text.size() >= maxBytes) {
            out.add(parcel(batch, text, items, headers));
            items = 0;
          }
        }
      }
    }
    if (items > 0) {
      out.add(parcel(batch, text, items, headers));
    }
    return Encoded.of(out);
  }

  private Parcel parcel(Batch b, TextBuffer text, int items, Map<String, String> headers) {
    return new Parcel(b.signal(), lines.seal(text.take()), items, 0, headers);
  }

  /** A time as both take it, with nine decimals where it has them. */
  static String time(long nanos) {
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .toString();
  }

  /** The type of a word; one that is longer than a term may be is kept and not searched. */
  static final String WORD = "{\"type\":\"keyword\",\"ignore_above\":8191}";

  /** The type of a field with any number of keys. */
  static String flat(boolean openSearch) {
    return openSearch
        ? "{\"type\":\"flat_object\"}"
        : "{\"type\":\"flattened\",\"ignore_above\":1024}";
  }
}
