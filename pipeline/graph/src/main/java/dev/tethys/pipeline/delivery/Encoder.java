package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Batch;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Turns batches into requests of one destination. Safe for any number of threads. */
@FunctionalInterface
public interface Encoder {
  /**
   * The requests that carry a batch; none when there is nothing in it that the destination takes.
   *
   * @throws NotEncodableException when the batch is malformed: it is dropped and its source told
   */
  Encoded encode(Batch batch);

  /**
   * Result of encoding a batch.
   *
   * @param requests requests in sending order
   * @param drops items that the protocol cannot represent, by reason; reasons are short because
   *     they become label values
   */
  record Encoded(List<EncodedRequest> requests, Map<String, Integer> drops) {
    public Encoded {
      requests = List.copyOf(requests);
      drops = Map.copyOf(drops);
    }

    /**
     * With drops of one reason.
     *
     * @param reason "" when nothing was dropped
     */
    public Encoded(List<EncodedRequest> requests, int dropped, String reason) {
      this(requests, dropped == 0 ? Map.of() : Map.of(reason, dropped));
    }

    /** How many items were dropped. */
    public int dropped() {
      return drops.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Why, when there is one reason; several joined. */
    public String reason() {
      return String.join(", ", new TreeSet<>(drops.keySet()));
    }

    /** All of it in one. */
    public static Encoded of(EncodedRequest request) {
      return new Encoded(List.of(request), Map.of());
    }

    /** All of it in several. */
    public static Encoded of(List<EncodedRequest> requests) {
      return new Encoded(requests, Map.of());
    }
  }
}
