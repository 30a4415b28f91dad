package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Batch;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Encodes batches as requests of one destination. Thread-safe. */
@FunctionalInterface
public interface Encoder {
  /**
   * Encodes a batch; the result is empty if it contains nothing that the destination supports.
   *
   * @throws NotEncodableException if the batch is malformed: it is dropped and its source notified
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
     * Creates a result with drops for one reason.
     *
     * @param reason "" without drops
     */
    public Encoded(List<EncodedRequest> requests, int dropped, String reason) {
      this(requests, dropped == 0 ? Map.of() : Map.of(reason, dropped));
    }

    /** Returns the number of dropped items. */
    public int dropped() {
      return drops.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Returns the reason; several are joined. */
    public String reason() {
      return String.join(", ", new TreeSet<>(drops.keySet()));
    }

    /** Creates a result with a single request. */
    public static Encoded of(EncodedRequest request) {
      return new Encoded(List.of(request), Map.of());
    }

    /** Creates a result with several requests. */
    public static Encoded of(List<EncodedRequest> requests) {
      return new Encoded(requests, Map.of());
    }
  }
}
