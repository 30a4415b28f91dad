package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Batch;
import java.util.List;

/** Turns batches into requests of one destination. Safe for any number of threads. */
@FunctionalInterface
public interface Encoder {
  /**
   * The parcels that carry a batch; none when there is nothing in it that the destination takes.
   *
   * @throws NotEncodableException when the batch is malformed: it is dropped and its source told
   */
  Encoded encode(Batch batch);

  /**
   * What became of a batch.
   *
   * @param parcels in the order in which they are to be sent
   * @param dropped items that the destination's form cannot carry
   * @param reason why, one of few words: it becomes a label; "" when nothing was dropped
   */
  record Encoded(List<Parcel> parcels, int dropped, String reason) {
    public Encoded {
      parcels = List.copyOf(parcels);
    }

    /** All of it in one. */
    public static Encoded of(Parcel parcel) {
      return new Encoded(List.of(parcel), 0, "");
    }

    /** All of it in several. */
    public static Encoded of(List<Parcel> parcels) {
      return new Encoded(parcels, 0, "");
    }
  }
}
